// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CodeStore} from "../../contracts/libraries/CodeStore.sol";
import {Masks} from "../../contracts/libraries/Masks.sol";
import {ModelStore} from "../../contracts/libraries/ModelStore.sol";
import {Pricing} from "../../contracts/libraries/Pricing.sol";
import {Weights} from "../../contracts/market/Weights.sol";
import {SliceSpec, SliceSpecs} from "../../contracts/types/SliceSpec.sol";
import {TensorSpec, TensorSpecs} from "../../contracts/types/TensorSpec.sol";

/// @title The market's pure libraries, on every input up to small widths
/// @notice What test/contracts/libraries.test.ts draws at random from all widths, here without a gap.
contract SmallWidths {
    using Masks for uint256;

    uint256 private constant BPS = 10_000;

    /// @notice Every pattern of 9 bits, wherever it stands in the word.
    function test_masks() external pure {
        for (uint256 pattern = 1; pattern < 512; ++pattern) {
            uint256 bits = 0;
            uint256 first = 9;
            for (uint256 i = 9; i > 0; --i) {
                if ((pattern >> (i - 1)) & 1 == 0) continue;
                ++bits;
                first = i - 1;
            }
            for (uint256 shift = 0; shift <= 247; ++shift) {
                uint256 mask = pattern << shift;
                require(mask.count() == bits && (~mask).count() == 256 - bits, "count");
                require(mask.lowest() == first + shift, "lowest");
                require(mask.has(first + shift) && !mask.has(first + shift + 256), "has");
            }
        }
    }

    /// @notice The highest bid that undercuts: below the old one, by the share, rounded up.
    function test_undercut() external pure {
        for (uint256 old = 0; old <= 24; ++old) {
            for (uint256 bps = 0; bps <= 5_000; ++bps) {
                (bool possible, uint256 most) = Pricing.undercut(old, bps);
                require(possible == (old != 0), "possible");
                if (!possible) continue;
                require(_undercuts(most, old, bps) && !_undercuts(most + 1, old, bps), "most");
            }
        }
    }

    /// @notice Collateral is the least that covers its part of the price.
    function test_collateral() external pure {
        for (uint256 price = 0; price <= 64; ++price) {
            for (uint256 bps = 20_000; bps <= 60_000; bps += 13) {
                uint256 amount = Pricing.collateral(price, bps);
                require(amount * BPS >= price * bps, "too little");
                require(amount == 0 || (amount - 1) * BPS < price * bps, "too much");
            }
        }
    }

    /// @notice All of a lapse is shared, at most half of it burned, a tenth the caller's.
    function test_lapseShares() external pure {
        for (uint256 amount = 0; amount <= 20_000; ++amount) {
            (uint256 burned, uint256 raise, uint256 reward) = Pricing.lapseShares(amount);
            require(burned + raise + reward == amount, "shared");
            require(burned == amount / 2 && reward == amount / 10, "parts");
        }
    }

    /// @notice A ramp begins low, ends high, and never falls.
    function test_ramp() external pure {
        for (uint256 low = 0; low <= 8; ++low) {
            for (uint256 high = low; high <= 12; ++high) {
                for (uint256 span = 0; span <= 12; ++span) {
                    uint256 before = low;
                    for (uint256 elapsed = 0; elapsed <= 14; ++elapsed) {
                        uint256 price = Pricing.ramp(low, high, elapsed, span);
                        require(price >= before && price <= high, "monotone");
                        require(elapsed != 0 || span == 0 || price == low, "begins low");
                        require(elapsed < span || price == high, "ends high");
                        before = price;
                    }
                }
            }
        }
    }

    /// @notice Slices of every number of tensors, at the ends of what their fields hold, come back as they were packed.
    function test_slices() external pure {
        for (uint256 inputs = 0; inputs <= SliceSpecs.MAX_TENSORS; ++inputs) {
            for (uint256 outputs = 0; inputs + outputs <= SliceSpecs.MAX_TENSORS; ++outputs) {
                for (uint256 ends = 0; ends < 8; ++ends) _slice(inputs, outputs, ends);
            }
        }
    }

    /// @notice Tensors of every number of bits.
    function test_tensors() external pure {
        for (uint256 bits = 0; bits < 256; ++bits) {
            for (uint256 ends = 0; ends < 4; ++ends) {
                TensorSpec memory spec = TensorSpec({
                    count: ends & 1 == 0 ? 1 : type(uint32).max,
                    bits: uint8(bits),
                    signed: ends & 2 != 0
                });
                uint64 word = TensorSpecs.pack(spec);
                TensorSpec memory again = TensorSpecs.unpack(word);
                require(again.count == spec.count && again.bits == bits && again.signed == spec.signed, "tensor");
                require(TensorSpecs.isValid(word) == (bits != 0 && bits <= 252), "valid");
                require(!TensorSpecs.isValid(word | (1 << 41)), "beyond");
            }
        }
    }

    /// @notice Models of four slices with every weight up to 2: the sum of any, and of the heaviest of any others.
    function test_weights() external {
        for (uint256 code = 0; code < 81; ++code) {
            uint256[] memory slices = new uint256[](4);
            uint256 provable = 0;
            uint256 rest = code;
            for (uint256 i = 0; i < 4; ++i) {
                slices[i] = (rest % 3) << 40;
                if (rest % 3 != 0) provable |= 1 << i;
                rest /= 3;
            }
            bytes memory content = ModelStore.encode(
                0,
                0,
                address(1),
                provable,
                1,
                new uint64[](1),
                new uint16[](1),
                slices
            );
            address store = CodeStore.write(content);
            for (uint256 mask = 0; mask < 16; ++mask) {
                uint256 weight = _weight(slices, mask, 4);
                require(Weights.of_(store, mask) == weight, "of");
                for (uint256 others = 0; others < 16; ++others) {
                    for (uint256 most = 0; most <= others.count(); ++most) {
                        uint256 both = Weights.sum(store, mask, others, most);
                        require(both == weight + _weight(slices, others, most), "sum");
                    }
                }
            }
        }
    }

    function _undercuts(uint256 price, uint256 old, uint256 bps) private pure returns (bool) {
        return price < old && price * BPS < old * (BPS - bps) + BPS;
    }

    function _slice(uint256 inputs, uint256 outputs, uint256 ends) private pure {
        SliceSpec memory spec;
        spec.circuit = ends & 1 == 0 ? 0 : type(uint40).max;
        spec.weight = ends & 2 == 0 ? 0 : type(uint32).max;
        spec.inputs = new uint16[](inputs);
        spec.outputs = new uint16[](outputs);
        uint16 id = ends & 4 == 0 ? 0 : type(uint16).max;
        for (uint256 i = 0; i < inputs; ++i) spec.inputs[i] = id;
        for (uint256 i = 0; i < outputs; ++i) spec.outputs[i] = id ^ uint16(i);
        uint256 word = SliceSpecs.pack(spec);
        SliceSpec memory again = SliceSpecs.unpack(word);
        require(keccak256(abi.encode(spec)) == keccak256(abi.encode(again)), "slice");
        require(SliceSpecs.circuit(word) == spec.circuit && SliceSpecs.weight(word) == spec.weight, "fields");
        require(word >> (80 + 16 * (inputs + outputs)) == 0, "beyond");
    }

    /// @dev The `most` largest weights of a mask, by taking the largest that is left so often.
    function _weight(uint256[] memory slices, uint256 mask, uint256 most) private pure returns (uint256 sum) {
        for (uint256 taken = 0; taken < most && mask != 0; ++taken) {
            uint256 best = mask.lowest();
            for (uint256 i = 0; i < slices.length; ++i) {
                if (mask.has(i) && slices[i] > slices[best]) best = i;
            }
            sum += slices[best] >> 40;
            mask &= ~(1 << best);
        }
    }
}
