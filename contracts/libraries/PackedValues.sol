// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @title Values of a tensor, packed into words as commitments hash them
/// @notice ⌊253 / bits⌋ values a word, the first in the lowest bits, a signed v as v + 2^(bits − 1), zeros after the last
/// value. `spec` is a packed word of {TensorSpecs}.
library PackedValues {
    uint256 private constant WORD_BITS = 253;
    uint256 private constant TENSOR_PURPOSE = 1;

    /// @notice Thrown when a value is asked for that the tensor doesn't have.
    error NoSuchValue(uint256 index, uint256 count);

    /// @notice The first word that a commitment hashes: purpose + 2^8 · signed + 2^16 · bits + 2^32 · count.
    function domainOf(uint64 spec) internal pure returns (uint256) {
        return
            TENSOR_PURPOSE |
            (((uint256(spec) >> 40) & 1) << 8) |
            (((uint256(spec) >> 32) & 0xff) << 16) |
            ((uint256(spec) & 0xffffffff) << 32);
    }

    /// @notice How many values a word holds.
    function perWord(uint64 spec) internal pure returns (uint256) {
        return WORD_BITS / uint8(spec >> 32);
    }

    /// @notice How many words a tensor's values take.
    function wordCount(uint64 spec) internal pure returns (uint256) {
        uint256 each = perWord(spec);
        return (uint256(uint32(spec)) + each - 1) / each;
    }

    /// @notice How many bits of a word hold values.
    function bitsOf(uint64 spec, uint256 word) internal pure returns (uint256) {
        uint256 each = perWord(spec);
        uint256 left = uint32(spec) - word * each;
        return (left < each ? left : each) * uint8(spec >> 32);
    }

    /// @notice A single value.
    function valueAt(uint64 spec, uint256[] memory words, uint256 index) internal pure returns (int256) {
        if (index >= uint32(spec)) revert NoSuchValue(index, uint32(spec));
        uint256 bits = uint8(spec >> 32);
        uint256 each = perWord(spec);
        uint256 raw = (words[index / each] >> ((index % each) * bits)) & ((1 << bits) - 1);
        // At most 252 bits: both terms fit.
        return (spec >> 40) & 1 == 1 ? int256(raw) - int256(1 << (bits - 1)) : int256(raw);
    }
}
