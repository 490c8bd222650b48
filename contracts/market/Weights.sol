// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";

/// @title Sums of slices' weights
library Weights {
    using Masks for uint256;

    /// @notice The weight of some slices of a model together, and of the heaviest `most` of some others.
    /// @return weight The sum. @return candidates How many the others are.
    function sum(
        address store,
        uint256 mask,
        uint256 others,
        uint256 most
    ) internal view returns (uint256 weight, uint256 candidates) {
        (, , , , uint256 count) = ModelStore.headerOf(store);
        uint256[] memory slices = ModelStore.slicesOf(store, count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 units = SliceSpecs.weight(slices[i]);
            if (mask.has(i)) weight += units;
            // Candidates move to the front; what stood there was looked at before.
            if (others.has(i)) slices[candidates++] = units;
        }
        if (most == 0 || most > candidates) return (weight, candidates);
        assembly ("memory-safe") {
            // Shortens the array to the candidates.
            mstore(slices, candidates)
        }
        Arrays.sort(slices);
        for (uint256 k = 0; k < most; ++k) weight += slices[candidates - 1 - k];
    }
}
