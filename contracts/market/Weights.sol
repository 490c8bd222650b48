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
    /// @param most At most as many as the others are.
    function sum(
        address store,
        uint256 mask,
        uint256 others,
        uint256 most
    ) internal view returns (uint256 weight) {
        if (most == 0) return of_(store, mask);
        uint256 candidates;
        (, , , , uint256 count) = ModelStore.headerOf(store);
        uint256[] memory slices = ModelStore.slicesFrom(store, 0, count);
        assembly ("memory-safe") {
            // Weights as {SliceSpecs} has them: 32 bits from the 40th on, of at most 256 slices. Candidates move to the front
            // of the array; what stands there was looked at before.
            let here := add(slices, 32)
            let front := here
            for {
                let end := add(here, shl(5, count))
            } lt(here, end) {
                here := add(here, 32)
            } {
                let units := and(shr(40, mload(here)), 0xffffffff)
                weight := add(weight, mul(units, and(mask, 1)))
                mask := shr(1, mask)
                mstore(front, units)
                front := add(front, shl(5, and(others, 1)))
                others := shr(1, others)
            }
            candidates := shr(5, sub(sub(front, 32), slices))
        }
        weight += _heaviest(slices, candidates, most);
    }

    /// @dev The sum of the `most` largest of the first `count` values, which it puts in another order: quickselect. Values
    /// like the pivot are counted and not looked at again, so equal weights, which the tiles of a layer have, take one
    /// pass.
    function _heaviest(
        uint256[] memory values,
        uint256 count,
        uint256 most
    ) private pure returns (uint256 total) {
        uint256 low = 0;
        uint256 high = count;
        unchecked {
            while (true) {
                uint256 pivot = _median(values[low], values[(low + high) / 2], values[high - 1]);
                (uint256 above, uint256 larger, uint256 smaller) = _part(values, low, high, pivot);
                if (most < larger - low) {
                    high = larger;
                    continue;
                }
                total += above;
                most -= larger - low;
                uint256 equal = smaller - larger;
                if (most <= equal) return total + most * pivot;
                total += equal * pivot;
                most -= equal;
                low = smaller;
            }
        }
    }

    /// @dev Orders the values from `low` up to `high`: those above the pivot, the equal ones from `larger` on, the others
    /// from `smaller` on. `above` is the sum of the first.
    function _part(
        uint256[] memory values,
        uint256 low,
        uint256 high,
        uint256 pivot
    ) private pure returns (uint256 above, uint256 larger, uint256 smaller) {
        assembly ("memory-safe") {
            // Positions are within the array; `here` looks at each value once.
            let base := add(values, 32)
            let first := add(base, shl(5, low))
            let end := add(base, shl(5, high))
            let here := first
            for {

            } lt(here, end) {

            } {
                let value := mload(here)
                switch lt(value, pivot)
                case 1 {
                    end := sub(end, 32)
                    mstore(here, mload(end))
                    mstore(end, value)
                }
                default {
                    if gt(value, pivot) {
                        above := add(above, value)
                        mstore(here, mload(first))
                        mstore(first, value)
                        first := add(first, 32)
                    }
                    here := add(here, 32)
                }
            }
            larger := shr(5, sub(first, base))
            smaller := shr(5, sub(end, base))
        }
    }

    function _median(uint256 a, uint256 b, uint256 c) private pure returns (uint256) {
        if (a > b) (a, b) = (b, a);
        if (b > c) b = c;
        return a > b ? a : b;
    }
}
