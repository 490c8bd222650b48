// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the tables of Poseidon's constants must be
/// @notice Written by scripts/poseidon-tables.ts, which says what the words of the long table are. Table 0 holds widths 4
/// and 5, table 1 width 6, tables 2 to 5 width 17.
library PoseidonTables {
    /// @notice Where width 5 begins in table 0.
    uint256 internal constant WIDTH_5 = 8704;
    /// @notice Bytes of width 17 in each of tables 2 to 4.
    uint256 internal constant PART = 24544;
    /// @notice Bytes of width 17 in all.
    uint256 internal constant LONG = 97376;

    /// @notice The code hashes of the tables.
    function hashes() internal pure returns (bytes32[6] memory) {
        return [
            bytes32(0x2cf6176aa39c155fa474a1d80492a38d40aa5a3720c2451089142fc653240ab4),
            bytes32(0xe266e3a370333298b7249a4e7ca8c0065a91409a5878fce2108e0ee110039046),
            bytes32(0xf7a881410eaf88af4ad86bc252dbf2a4df6dc08149815ef0d683aaf73453a9a2),
            bytes32(0x618a36bee242953fb939c1581407d354c72853080dd2cfc85e8bebe678ec45dd),
            bytes32(0x1df04b3641c1d711c5fa6f4a53a64e91e1e4dea00b26e2c8b990c8535a7bb7ea),
            bytes32(0x5b950bd63e39187fe2cd696497be3da54a146441f02b2d492d8e4c34584660a3)
        ];
    }
}
