// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice What a finalized job says.
/// @dev `traceHash` binds the commitments of all tensors, `outputDigest` is keccak256 of the ABI encoding of the revealed
/// outputs ({OutputOpening}[]; zero: not revealed). Bit i of `proved`: slice i was proved. `fullyProved`: every slice of
/// the model was. Warning: what isn't proved rests on the executor, and where the requester chose it, on the requester:
/// who doesn't trust that one asks for `fullyProved`.
struct InferenceResult {
    bytes32 jobId;
    bytes32 modelId;
    address requester;
    address executor;
    bytes32 traceHash;
    bytes32 outputDigest;
    uint256 proved;
    bool fullyProved;
}
