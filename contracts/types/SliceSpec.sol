// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice What the chain knows of one slice of a model.
/// @dev `circuit` 0: the slice is executed and can't be proved; its weight is 0 then. `weight`: the
/// circuit's constraints, which prices are reckoned by. Tensor ids: at least one input and one output, at most eleven together.
struct SliceSpec {
    uint40 circuit;
    uint32 weight;
    uint16[] inputs;
    uint16[] outputs;
}

/// @title A slice's description, packed into one word
/// @notice Bits 0..39 circuit, 40..71 weight, 72..75 number of inputs, 76..79 number of outputs, 80..255 eleven
/// tensor ids of 16 bits, inputs first, then outputs; unused ids are zero.
library SliceSpecs {
    /// @notice The most inputs and outputs that a slice has together.
    uint256 internal constant MAX_TENSORS = 11;

    /// @notice Thrown when a slice has more tensors than a word holds.
    error TooManySliceTensors(uint256 count, uint256 most);

    /// @notice Packs a slice's description.
    function pack(SliceSpec memory spec) internal pure returns (uint256 word) {
        uint256 inputs = spec.inputs.length;
        uint256 count = inputs + spec.outputs.length;
        if (count > MAX_TENSORS) revert TooManySliceTensors(count, MAX_TENSORS);
        word = uint256(spec.circuit) | (uint256(spec.weight) << 40) | (inputs << 72) | ((count - inputs) << 76);
        for (uint256 i = 0; i < count; ++i) {
            uint256 id = i < inputs ? spec.inputs[i] : spec.outputs[i - inputs];
            word |= id << (80 + 16 * i);
        }
    }

    /// @notice The description that a word holds.
    function unpack(uint256 word) internal pure returns (SliceSpec memory spec) {
        spec.circuit = uint40(word);
        spec.weight = uint32(word >> 40);
        spec.inputs = new uint16[](inputCount(word));
        spec.outputs = new uint16[](outputCount(word));
        for (uint256 i = 0; i < spec.inputs.length; ++i) spec.inputs[i] = uint16(tensorAt(word, i));
        for (uint256 i = 0; i < spec.outputs.length; ++i) {
            spec.outputs[i] = uint16(tensorAt(word, spec.inputs.length + i));
        }
    }

    /// @notice The number of the slice's circuit; 0: not provable.
    function circuit(uint256 word) internal pure returns (uint256) {
        return uint40(word);
    }

    /// @notice What the slice's price is reckoned by: its circuit's constraints.
    function weight(uint256 word) internal pure returns (uint256) {
        return uint32(word >> 40);
    }

    /// @notice How many tensors the slice reads.
    function inputCount(uint256 word) internal pure returns (uint256) {
        return (word >> 72) & 0xf;
    }

    /// @notice How many tensors the slice writes.
    function outputCount(uint256 word) internal pure returns (uint256) {
        return (word >> 76) & 0xf;
    }

    /// @notice The id at a position, inputs first, then outputs.
    function tensorAt(uint256 word, uint256 position) internal pure returns (uint256) {
        return (word >> (80 + 16 * position)) & 0xffff;
    }
}
