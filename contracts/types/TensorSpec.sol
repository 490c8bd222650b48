// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice The shape of a tensor as its commitment sees it: how many values, of how many bits, with a sign or not.
struct TensorSpec {
    uint32 count;
    uint8 bits;
    bool signed;
}

/// @title A tensor's description, packed into 64 bits
/// @notice Bits 0..31 count, 32..39 bits, 40 signed; the others are zero.
library TensorSpecs {
    /// @notice Packs a tensor's description.
    function pack(TensorSpec memory spec) internal pure returns (uint64 word) {
        return uint64(spec.count) | (uint64(spec.bits) << 32) | (spec.signed ? uint64(1) << 40 : 0);
    }

    /// @notice The description that a word holds.
    function unpack(uint64 word) internal pure returns (TensorSpec memory spec) {
        spec = TensorSpec({count: uint32(word), bits: uint8(word >> 32), signed: (word >> 40) & 1 == 1});
    }

    /// @notice Whether a word describes a tensor: some values, 1 to 252 bits each, nothing beyond bit 40.
    function isValid(uint64 word) internal pure returns (bool) {
        uint256 bits = uint8(word >> 32);
        return uint32(word) != 0 && bits != 0 && bits <= 252 && word >> 41 == 0;
    }
}
