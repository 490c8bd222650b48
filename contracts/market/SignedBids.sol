// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignedBid} from "../types/SignedBid.sol";

/// @title Whether a bid was signed by who it says
library SignedBids {
    /// @notice What a contract that signs may use at most: it can't make a batch of bids fail.
    uint256 internal constant CONTRACT_GAS = 200_000;

    bytes private constant BID_TYPE =
        "SignedBid(address prover,address signer,bytes32 jobId,bytes32 traceHash,uint256 slices,uint64 unitPrice,"
        "uint256 nonce,uint40 validUntil)";
    bytes32 private constant BID_HASH = keccak256(BID_TYPE);

    /// @notice Whether the signer's key signed a bid, or the signer, a contract, says that it did (ERC-1271).
    function isSigned(SignedBid calldata bid, bytes32 domainSeparator) internal view returns (bool) {
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            domainSeparator,
            keccak256(
                abi.encode(
                    BID_HASH,
                    bid.prover,
                    bid.signer,
                    bid.jobId,
                    bid.traceHash,
                    bid.slices,
                    bid.unitPrice,
                    bid.nonce,
                    bid.validUntil
                )
            )
        );
        (address signer, ECDSA.RecoverError fault, ) = ECDSA.tryRecoverCalldata(digest, bid.signature);
        if (fault == ECDSA.RecoverError.NoError && signer == bid.signer) return true;
        if (bid.signer.code.length == 0) return false;
        (bool answered, bytes memory answer) = bid.signer.staticcall{gas: CONTRACT_GAS}(
            abi.encodeCall(IERC1271.isValidSignature, (digest, bid.signature))
        );
        return
            answered &&
            answer.length >= 32 &&
            abi.decode(answer, (bytes32)) == bytes32(IERC1271.isValidSignature.selector);
    }
}
