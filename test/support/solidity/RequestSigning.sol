// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {JobRequest} from "../../../contracts/types/JobRequest.sol";

/// @title What a requester signs, worked out apart from the market by the rules of EIP-712
library RequestSigning {
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant ADMISSION = keccak256("Admission(address hook,bytes32 data)");
    bytes32 private constant EXECUTION =
        keccak256("ExecutionOffer(uint96 minPrice,uint96 maxPrice,uint32 rampSeconds,uint32 commitSeconds)");
    bytes32 private constant OFFER =
        keccak256(
            "Offer(uint64 minUnitPrice,uint64 maxUnitPrice,uint32 rampSeconds,uint32 bidWindow,uint32 proveSeconds,"
            "uint16 minUndercutBps,uint16 collateralBps,uint96 settleTip)"
        );
    bytes32 private constant REQUEST =
        keccak256(
            "JobRequest(address requester,uint256 nonce,bytes32 modelId,bytes32[] inputs,bytes32 inputDigest,"
            "uint256 required,uint16 audits,uint256 contestable,Offer offer,ExecutionOffer execution,uint32 jobSeconds,"
            "uint32 challengeSeconds,uint16 maxFeeBps,uint40 validUntil,"
            "bool outputCommitmentOnly,Admission admission)"
            "Admission(address hook,bytes32 data)"
            "ExecutionOffer(uint96 minPrice,uint96 maxPrice,uint32 rampSeconds,uint32 commitSeconds)"
            "Offer(uint64 minUnitPrice,uint64 maxUnitPrice,uint32 rampSeconds,uint32 bidWindow,uint32 proveSeconds,"
            "uint16 minUndercutBps,uint16 collateralBps,uint96 settleTip)"
        );

    /// @notice The digest of a request for one market on one chain.
    function digest(JobRequest memory request, address market) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainOf(market), _structHash(request)));
    }

    /// @notice The hash of what binds a signature to one market on one chain.
    function domainOf(address market) internal view returns (bytes32) {
        (, string memory name, string memory version, uint256 chainId, address contract_, , ) = IERC5267(market)
            .eip712Domain();
        return
            keccak256(
                abi.encode(DOMAIN, keccak256(bytes(name)), keccak256(bytes(version)), chainId, contract_)
            );
    }

    function _structHash(JobRequest memory request) private pure returns (bytes32) {
        bytes32[16] memory words;
        words[0] = bytes32(uint256(uint160(request.requester)));
        words[1] = bytes32(request.nonce);
        words[2] = request.modelId;
        words[3] = keccak256(abi.encodePacked(request.inputs));
        words[4] = request.inputDigest;
        words[5] = bytes32(request.required);
        words[6] = bytes32(uint256(request.audits));
        words[7] = bytes32(request.contestable);
        words[8] = keccak256(abi.encode(OFFER, request.offer));
        words[9] = keccak256(abi.encode(EXECUTION, request.execution));
        words[10] = bytes32(uint256(request.jobSeconds));
        words[11] = bytes32(uint256(request.challengeSeconds));
        words[12] = bytes32(uint256(request.maxFeeBps));
        words[13] = bytes32(uint256(request.validUntil));
        words[14] = bytes32(uint256(request.outputCommitmentOnly ? 1 : 0));
        words[15] = keccak256(abi.encode(ADMISSION, request.admission));
        return keccak256(abi.encode(REQUEST, words));
    }
}
