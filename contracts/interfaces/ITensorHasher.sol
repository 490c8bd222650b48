// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @title The hash that tensors are committed with
/// @notice Poseidon over BN254's scalar field, with circomlib's constants, as the circuits compute it.
interface ITensorHasher {
    /// @notice Thrown when a table of constants isn't the one that the hash needs.
    error WrongTable(uint256 table, bytes32 codeHash, bytes32 expected);
    /// @notice Thrown when there are fewer words than a commitment has: domain, salt and one of values.
    error TooFewWords(uint256 count, uint256 least);
    /// @notice Thrown when a word isn't below the scalar field's order.
    error WordOutOfRange(uint256 position, uint256 word);

    /// @notice The hash of words: up to five in one Poseidon of as many inputs; more: h of the first 16 (zeros at the
    /// end), then h of h and the next 15 (zeros at the end), and so on.
    function hashWords(uint256[] calldata words) external view returns (uint256 hash);
}
