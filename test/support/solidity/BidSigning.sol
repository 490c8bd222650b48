// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignedBid} from "../../../contracts/types/SignedBid.sol";
import {RequestSigning} from "./RequestSigning.sol";

/// @title What is signed of a bid, worked out apart from the market by the rules of EIP-712
library BidSigning {
    bytes32 private constant BID =
        keccak256(
            "SignedBid(address prover,address signer,bytes32 jobId,bytes32 traceHash,uint256 slices,uint64 unitPrice,"
            "uint256 nonce,uint40 validUntil)"
        );

    /// @notice The digest of a bid for one market on one chain.
    function digest(SignedBid memory bid, address market) internal view returns (bytes32) {
        bytes32[9] memory words;
        words[0] = BID;
        words[1] = bytes32(uint256(uint160(bid.prover)));
        words[2] = bytes32(uint256(uint160(bid.signer)));
        words[3] = bid.jobId;
        words[4] = bid.traceHash;
        words[5] = bytes32(bid.slices);
        words[6] = bytes32(uint256(bid.unitPrice));
        words[7] = bytes32(bid.nonce);
        words[8] = bytes32(uint256(bid.validUntil));
        return keccak256(abi.encodePacked(hex"1901", RequestSigning.domainOf(market), keccak256(abi.encode(words))));
    }
}
