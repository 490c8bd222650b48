// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice A bid that anybody may bring.
/// @dev What is signed (EIP-712, type SignedBid) is all but the signature. The job's id binds its window and its
/// time for proofs, so a hold ends by `validUntil`, the window and `proveSeconds` at the latest.
/// @param prover Whose balance it binds. @param signer Who signed: the prover or, within its limits, an operator of it.
/// @param jobId The job. @param traceHash Its trace, which the signer has checked.
/// @param slices Bit i bids on slice i. @param unitPrice In 10^-18 of the asset a constraint.
/// @param nonce The signer's, in any order, of those that its requests have too: used up as soon as the bid takes something.
/// @param validUntil The last second to bring it in.
/// @param signature 65 bytes of the signer's key, or what a contract takes by ERC-1271.
struct SignedBid {
    address prover;
    address signer;
    bytes32 jobId;
    bytes32 traceHash;
    uint256 slices;
    uint64 unitPrice;
    uint256 nonce;
    uint40 validUntil;
    bytes signature;
}
