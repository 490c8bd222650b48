// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice What opens the commitment of one output tensor.
/// @dev `words` are the values as the commitment packs them: ⌊253 / bits⌋ values a word, the first in the lowest bits, a
/// signed v as v + 2^(bits − 1), zeros after the last value. {PackedValues} reads single values out of them.
struct OutputOpening {
    uint256 salt;
    uint256[] words;
}
