// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Sets of slices as the bits of a word
library Masks {
    // Every other run of 1, 2, 4, 8, … bits, from the second run on: those positions that have bit 0, 1, 2, 3, … set.
    uint256 private constant ODD_1 = 0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;
    uint256 private constant ODD_2 = 0xcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc;
    uint256 private constant ODD_4 = 0xf0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0;
    uint256 private constant ODD_8 = 0xff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00;
    uint256 private constant ODD_16 = 0xffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000;
    uint256 private constant ODD_32 = 0xffffffff00000000ffffffff00000000ffffffff00000000ffffffff00000000;
    uint256 private constant ODD_64 = 0xffffffffffffffff0000000000000000ffffffffffffffff0000000000000000;
    uint256 private constant ODD_128 = 0xffffffffffffffffffffffffffffffff00000000000000000000000000000000;
    // A one in each 16 bits.
    uint256 private constant ONES_16 = 0x0001000100010001000100010001000100010001000100010001000100010001;

    /// @notice How many bits are set.
    function count(uint256 mask) internal pure returns (uint256 bits) {
        // Sums of neighbours, in fields of 2, 4, 8 and 16 bits that each have room for what their bits can count; then all
        // sixteen of the last, which the product has in its highest field: at most 256.
        unchecked {
            mask -= (mask & ODD_1) >> 1;
            mask = (mask & ~ODD_2) + ((mask & ODD_2) >> 2);
            mask = (mask & ~ODD_4) + ((mask & ODD_4) >> 4);
            mask = (mask & ~ODD_8) + ((mask & ODD_8) >> 8);
            bits = (mask * ONES_16) >> 240;
        }
    }

    /// @notice The position of the lowest bit set. The mask must not be zero.
    function lowest(uint256 mask) internal pure returns (uint256 position) {
        assembly ("memory-safe") {
            // The bit alone is in one of each pair of runs, which says one bit of its position.
            let bit := and(mask, sub(0, mask))
            position := gt(and(bit, ODD_1), 0)
            position := or(position, shl(1, gt(and(bit, ODD_2), 0)))
            position := or(position, shl(2, gt(and(bit, ODD_4), 0)))
            position := or(position, shl(3, gt(and(bit, ODD_8), 0)))
            position := or(position, shl(4, gt(and(bit, ODD_16), 0)))
            position := or(position, shl(5, gt(and(bit, ODD_32), 0)))
            position := or(position, shl(6, gt(and(bit, ODD_64), 0)))
            position := or(position, shl(7, gt(and(bit, ODD_128), 0)))
        }
    }

    /// @notice Whether a bit is set. Positions above 255 are not.
    function has(uint256 mask, uint256 position) internal pure returns (bool) {
        return (mask >> position) & 1 == 1;
    }
}
