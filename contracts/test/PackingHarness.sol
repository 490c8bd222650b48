// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CodeStore} from "../libraries/CodeStore.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {Weights} from "../market/Weights.sol";
import {SliceSpec, SliceSpecs} from "../types/SliceSpec.sol";
import {TensorSpec, TensorSpecs} from "../types/TensorSpec.sol";

/// @title Internal libraries made callable, for tests
contract PackingHarness {
    /// @notice See {SliceSpecs-pack}.
    function packSlice(SliceSpec memory spec) external pure returns (uint256) {
        return SliceSpecs.pack(spec);
    }

    /// @notice See {SliceSpecs-unpack}.
    function unpackSlice(uint256 word) external pure returns (SliceSpec memory) {
        return SliceSpecs.unpack(word);
    }

    /// @notice See {TensorSpecs-pack}.
    function packTensor(TensorSpec memory spec) external pure returns (uint64) {
        return TensorSpecs.pack(spec);
    }

    /// @notice See {TensorSpecs-unpack}.
    function unpackTensor(uint64 word) external pure returns (TensorSpec memory) {
        return TensorSpecs.unpack(word);
    }

    /// @notice See {Pricing-ramp}.
    function ramp(uint256 low, uint256 high, uint256 elapsed, uint256 span) external pure returns (uint256) {
        return Pricing.ramp(low, high, elapsed, span);
    }

    /// @notice See {Pricing-collateral}.
    function collateral(uint256 maxPrice, uint256 collateralBps) external pure returns (uint256) {
        return Pricing.collateral(maxPrice, collateralBps);
    }

    /// @notice See {Pricing-lapseShares}.
    function lapseShares(uint256 amount) external pure returns (uint256, uint256, uint256) {
        return Pricing.lapseShares(amount);
    }

    /// @notice See {Pricing-undercut}.
    function undercut(uint256 old, uint256 minUndercutBps) external pure returns (bool, uint256) {
        return Pricing.undercut(old, minUndercutBps);
    }

    /// @notice The weight of the slices of `named` and of the heaviest `most` of `others`, at most as many as these are,
    /// of a model that has them as a registered one does. See {Weights}.
    function weigh(
        uint32[] calldata weights,
        uint256 named,
        uint256 others,
        uint256 most
    ) external returns (uint256 weight) {
        uint256[] memory slices = new uint256[](weights.length);
        uint256 provable;
        for (uint256 i = 0; i < weights.length; ++i) {
            slices[i] = uint256(weights[i]) << 40;
            if (weights[i] != 0) provable |= 1 << i;
        }
        bytes memory content = ModelStore.encode(
            0,
            0,
            address(0),
            provable,
            1,
            new uint64[](1),
            new uint16[](1),
            slices
        );
        weight = Weights.sum(CodeStore.write(content), named, others, most);
    }

    /// @notice See {Masks}.
    function mask(uint256 word) external pure returns (uint256 count, uint256 lowest) {
        return (Masks.count(word), word == 0 ? 0 : Masks.lowest(word));
    }
}
