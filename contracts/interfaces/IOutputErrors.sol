// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @title What is wrong with outputs that are shown for their commitments
interface IOutputErrors {
    /// @notice Thrown when there are more or fewer openings than the model has outputs.
    error OutputCountMismatch(uint256 count, uint256 expected);
    /// @notice Thrown when an output comes with another number of words than its values take.
    error OutputLengthMismatch(uint256 output, uint256 words, uint256 expected);
    /// @notice Thrown when a word of an output has bits above its values: one of them is outside its range.
    error OutputWordOutOfRange(uint256 output, uint256 position, uint256 word);
    /// @notice Thrown when an output's salt isn't below the scalar field's order.
    error SaltOutOfRange(uint256 output, uint256 salt);
    /// @notice Thrown when an output doesn't open its commitment.
    error OutputMismatch(uint256 output, bytes32 commitment, bytes32 opened);
}
