// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Sets of slices as the bits of a word
library Masks {
    /// @notice How many bits are set.
    function count(uint256 mask) internal pure returns (uint256 bits) {
        for (; mask != 0; mask &= mask - 1) ++bits;
    }

    /// @notice The position of the lowest bit set. The mask must not be zero.
    function lowest(uint256 mask) internal pure returns (uint256 position) {
        uint256 bit = mask & (~mask + 1);
        for (uint256 step = 128; step != 0; step >>= 1) {
            if (bit >> step != 0) {
                bit >>= step;
                position += step;
            }
        }
    }

    /// @notice Whether a bit is set. Positions above 255 are not.
    function has(uint256 mask, uint256 position) internal pure returns (bool) {
        return (mask >> position) & 1 == 1;
    }
}
