// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice The part of a settlement that belongs to one job.
/// @dev `trace` is the whole array of the job's tensor commitments, as it was emitted. Each claim is one packed word
/// (see {SliceClaim}): which slice is proved, and whom the proof names.
struct JobBatch {
    bytes32 jobId;
    bytes32[] trace;
    uint256[] claims;
}

/// @title One proved slice of a settlement, packed into a word
/// @notice Bits 0..159: the prover whom the proof's tag names. Bits 160..167: the slice. The others are zero.
library SliceClaim {
    /// @notice Packs a slice's number and its prover.
    function pack(uint8 slice, address prover) internal pure returns (uint256 claim) {
        return (uint256(slice) << 160) | uint160(prover);
    }

    /// @notice The slice of a packed claim. Not checked to be below 256: compare it with the model's slice count.
    function sliceOf(uint256 claim) internal pure returns (uint256 slice) {
        return claim >> 160;
    }

    /// @notice The prover of a packed claim.
    function proverOf(uint256 claim) internal pure returns (address prover) {
        return address(uint160(claim));
    }
}
