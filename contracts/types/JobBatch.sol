// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice The part of a settlement that belongs to one job.
/// @dev `trace` is the whole array of the job's tensor commitments, as it was emitted. The proofs are in the order of the
/// groups, and of the slices in each, lowest first.
struct JobBatch {
    bytes32 jobId;
    bytes32[] trace;
    ProvedSlices[] groups;
}

/// @notice Slices of a job that proofs of one prover are of.
/// @param prover Whom the proofs' tags name.
/// @param bid The place of the prover's bid that has the slices; any number if it has none that does.
/// @param slices Bit i is slice i; at least one.
struct ProvedSlices {
    address prover;
    uint16 bid;
    uint256 slices;
}
