// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {Admission, ExecutionOffer, JobRequest, Offer} from "../types/JobRequest.sol";
import {MarketState} from "./JobRecord.sol";
import {Nonces} from "./Nonces.sol";

/// @title Requests that somebody else posts
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
library SignedRequests {
    bytes private constant ADMISSION_TYPE = "Admission(address hook,bytes32 data)";
    bytes private constant EXECUTION_TYPE =
        "ExecutionOffer(uint96 minPrice,uint96 maxPrice,uint32 rampSeconds,uint32 commitSeconds)";
    bytes private constant OFFER_TYPE =
        "Offer(uint64 minUnitPrice,uint64 maxUnitPrice,uint32 rampSeconds,uint32 bidWindow,uint32 proveSeconds,"
        "uint16 minUndercutBps,uint16 collateralBps,uint96 settleTip)";
    bytes private constant REQUEST_TYPE =
        "JobRequest(address requester,uint256 nonce,bytes32 modelId,bytes32[] inputs,bytes32 inputDigest,"
        "uint256 required,uint16 audits,uint256 contestable,Offer offer,ExecutionOffer execution,uint32 jobSeconds,"
        "uint32 challengeSeconds,uint16 maxFeeBps,uint40 validUntil,"
        "bool outputCommitmentOnly,Admission admission)";

    bytes32 private constant ADMISSION_HASH = keccak256(ADMISSION_TYPE);
    bytes32 private constant EXECUTION_HASH = keccak256(EXECUTION_TYPE);
    bytes32 private constant OFFER_HASH = keccak256(OFFER_TYPE);
    bytes32 private constant REQUEST_HASH =
        keccak256(bytes.concat(REQUEST_TYPE, ADMISSION_TYPE, EXECUTION_TYPE, OFFER_TYPE));

    /// @notice Refuses a request that its requester didn't sign, and uses up its nonce.
    function accept(
        MarketState storage market,
        JobRequest calldata request,
        bytes calldata signature,
        bytes32 domainSeparator
    ) external {
        Nonces.use(market, request.requester, request.nonce);
        bytes32 digest = MessageHashUtils.toTypedDataHash(domainSeparator, _hashOf(request));
        if (!SignatureChecker.isValidSignatureNowCalldata(request.requester, digest, signature)) {
            revert IMarketErrors.InvalidSignature(request.requester);
        }
    }

    function _hashOf(JobRequest calldata request) private pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    abi.encode(
                        REQUEST_HASH,
                        request.requester,
                        request.nonce,
                        request.modelId,
                        keccak256(abi.encodePacked(request.inputs)),
                        request.inputDigest,
                        request.required,
                        request.audits,
                        request.contestable
                    ),
                    abi.encode(
                        _hashOf(request.offer),
                        _hashOf(request.execution),
                        request.jobSeconds,
                        request.challengeSeconds,
                        request.maxFeeBps,
                        request.validUntil,
                        request.outputCommitmentOnly,
                        _hashOf(request.admission)
                    )
                )
            );
    }

    function _hashOf(Offer calldata offer) private pure returns (bytes32) {
        return keccak256(abi.encode(OFFER_HASH, offer));
    }

    function _hashOf(ExecutionOffer calldata execution) private pure returns (bytes32) {
        return keccak256(abi.encode(EXECUTION_HASH, execution));
    }

    function _hashOf(Admission calldata admission) private pure returns (bytes32) {
        return keccak256(abi.encode(ADMISSION_HASH, admission));
    }
}
