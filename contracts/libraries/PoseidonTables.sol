// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the tables of Poseidon's constants must be
/// @notice Written by scripts/poseidon-tables.ts. Table 0 holds widths 4 and 5, table 1 width 6, tables 2 to 4 width 17.
library PoseidonTables {
    /// @notice Where width 5 begins in table 0.
    uint256 internal constant WIDTH_5 = 8704;
    /// @notice Bytes of width 17 in each of tables 2 and 3.
    uint256 internal constant PART = 24544;

    /// @notice The code hashes of the tables.
    function hashes() internal pure returns (bytes32[5] memory) {
        return [
            bytes32(0x2cf6176aa39c155fa474a1d80492a38d40aa5a3720c2451089142fc653240ab4),
            bytes32(0xe266e3a370333298b7249a4e7ca8c0065a91409a5878fce2108e0ee110039046),
            bytes32(0xce6508cb5b4ce2d74289f63b862d22c90e75b457eb04e1e39392faeec774fce4),
            bytes32(0x5bee687c34e565fee2b97412d68495aab96cc8f13a40810bf0039ee3f2f537fe),
            bytes32(0x4e53e37930a35f32e0385d331b6070cb1822758d078233d43ac968d0faab8566)
        ];
    }
}
