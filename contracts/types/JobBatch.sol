// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice The part of a settlement that belongs to one job.
/// @dev The proofs are in the order of the groups, and of the slices in each, lowest first.
/// @param shown Which chunks of 16 of the job's tensor commitments are shown, bit c chunk c: at least those with the tensors that the slices
/// read and write. All bits: the trace is whole.
/// @param trace Each chunk in its order: its commitments if it is shown, else their hash; see {TraceHash}.
struct JobBatch {
    bytes32 jobId;
    uint256 shown;
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
