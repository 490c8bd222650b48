// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";

/// @title Sums of slices' weights
library Weights {
    using Masks for uint256;

    /// @notice The weight of some slices of a model together.
    function of_(address store, uint256 mask) internal view returns (uint256 weight) {
        if (mask == 0) return 0;
        // What most jobs ask for, and most bids.
        if (mask == ModelStore.provableOf(store)) return ModelStore.weightOf(store);
        uint256 first = mask.lowest();
        mask >>= first;
        uint256[] memory slices = ModelStore.slicesFrom(store, first, Math.log2(mask) + 1);
        assembly ("memory-safe") {
            // An entry for each bit up to the highest; weights as {SliceSpecs} has them.
            for {
                let here := add(slices, 32)
            } mask {
                here := add(here, 32)
            } {
                weight := add(weight, mul(and(shr(40, mload(here)), 0xffffffff), and(mask, 1)))
                mask := shr(1, mask)
            }
        }
    }

    /// @notice The weight of some slices of a model together, and of the heaviest `most` of some others.
    /// @param others Slices of the model. @param most At most as many as they are.
    function sum(
        address store,
        uint256 mask,
        uint256 others,
        uint256 most
    ) internal view returns (uint256 weight) {
        weight = of_(store, mask);
        if (most == 0) return weight;
        (bytes memory order, uint256[] memory slices) = ModelStore.byWeight(store);
        assembly ("memory-safe") {
            // A byte a slice, read as the lowest of a word that starts before the bytes do. Each is the number of a word of the
            // other array; weights are where {SliceSpecs} has them.
            for {
                let place := add(order, 1)
                let end := add(place, mload(order))
            } and(gt(most, 0), lt(place, end)) {
                place := add(place, 1)
            } {
                let slice := and(mload(place), 0xff)
                let wanted := and(shr(slice, others), 1)
                let word := mload(add(add(slices, 32), shl(5, slice)))
                weight := add(weight, mul(wanted, and(shr(40, word), 0xffffffff)))
                most := sub(most, wanted)
            }
        }
    }
}
