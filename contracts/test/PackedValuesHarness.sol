// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedValues} from "../libraries/PackedValues.sol";

/// @title {PackedValues} made callable, for tests
contract PackedValuesHarness {
    /// @notice See {PackedValues-valueAt}.
    function valueAt(uint64 spec, uint256[] memory words, uint256 index) external pure returns (int256) {
        return PackedValues.valueAt(spec, words, index);
    }

    /// @notice The domain word, the number of words, and the bits of each word that hold values.
    function shapeOf(uint64 spec) external pure returns (uint256 domain, uint256[] memory bits) {
        domain = PackedValues.domainOf(spec);
        bits = new uint256[](PackedValues.wordCount(spec));
        for (uint256 i = 0; i < bits.length; ++i) bits[i] = PackedValues.bitsOf(spec, i);
    }
}
