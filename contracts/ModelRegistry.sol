// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICircuitRegistry} from "./interfaces/ICircuitRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {CodeStore} from "./libraries/CodeStore.sol";
import {ModelStore} from "./libraries/ModelStore.sol";
import {SliceSpecs} from "./types/SliceSpec.sol";
import {TensorSpecs} from "./types/TensorSpec.sol";

/// @title Models as acyclic graphs of slices over tensors, open to all
/// @notice See {IModelRegistry}.
contract ModelRegistry is IModelRegistry {
    using SliceSpecs for uint256;

    /// @notice The most slices of a model: masks of slices are one word.
    uint256 public constant MAX_SLICES = 256;
    /// @notice The most tensors of a model: its store stays within the size of a contract.
    uint256 public constant MAX_TENSORS = 1024;

    /// @inheritdoc IModelRegistry
    ICircuitRegistry public immutable circuitRegistry;
    /// @inheritdoc IModelRegistry
    mapping(bytes32 modelId => address store) public modelStore;

    /// @param registry Where the slices' circuits are registered.
    constructor(ICircuitRegistry registry) {
        circuitRegistry = registry;
    }

    /// @inheritdoc IModelRegistry
    function registerModel(
        bytes32 manifestDigest,
        uint64[] calldata tensors,
        uint16 inputCount,
        uint16[] calldata outputs,
        uint256[] calldata slices
    ) external returns (bytes32 modelId) {
        _checkTensors(tensors, inputCount, outputs);
        (uint256 provable, bytes32[] memory keyDigests) = _checkSlices(slices, tensors.length, inputCount);
        modelId = keccak256(
            abi.encode(
                block.chainid,
                address(this),
                msg.sender,
                manifestDigest,
                inputCount,
                outputs,
                tensors,
                slices,
                keyDigests
            )
        );
        if (modelStore[modelId] != address(0)) return modelId;

        address store = CodeStore.write(
            ModelStore.encode(
                modelId,
                manifestDigest,
                msg.sender,
                provable,
                inputCount,
                tensors,
                outputs,
                slices
            )
        );
        modelStore[modelId] = store;
        emit ModelRegistered(
            modelId,
            msg.sender,
            manifestDigest,
            store,
            inputCount,
            outputs,
            tensors,
            slices,
            provable
        );
    }

    /// @inheritdoc IModelRegistry
    function modelInfo(bytes32 modelId) external view returns (ModelInfo memory info) {
        address store = modelStore[modelId];
        if (store == address(0)) revert UnknownModel(modelId);
        (
            address publisher,
            uint256 inputs,
            uint256 outputCount,
            uint256 tensorCount,
            uint256 sliceCount
        ) = ModelStore.headerOf(store);
        info.publisher = publisher;
        info.store = store;
        info.manifestDigest = ModelStore.manifestDigestOf(store);
        info.inputCount = uint16(inputs);
        info.outputs = ModelStore.outputsOf(store, sliceCount, tensorCount, outputCount);
        info.tensors = ModelStore.tensorsOf(store, sliceCount, tensorCount);
        info.slices = ModelStore.slicesFrom(store, 0, sliceCount);
    }

    function _checkTensors(
        uint64[] calldata tensors,
        uint256 inputCount,
        uint16[] calldata outputs
    ) private pure {
        uint256 count = tensors.length;
        if (count == 0 || count > MAX_TENSORS) revert TensorCountOutOfRange(count, MAX_TENSORS);
        if (inputCount == 0 || inputCount > count) revert InputCountOutOfRange(inputCount, count);
        if (outputs.length == 0 || outputs.length > count) revert OutputCountOutOfRange(outputs.length, count);
        for (uint256 i = 0; i < count; ++i) {
            if (!TensorSpecs.isValid(tensors[i])) revert InvalidTensorSpec(i, tensors[i]);
        }
        for (uint256 i = 0; i < outputs.length; ++i) {
            if (outputs[i] >= count) revert UnknownTensor(outputs[i], count);
        }
    }

    /// @dev Walks the slices in their order with the set of tensors that are there, so a cycle, a second producer or a
    /// tensor from nowhere can't be registered.
    function _checkSlices(
        uint256[] calldata slices,
        uint256 tensorCount,
        uint256 inputCount
    ) private view returns (uint256 provable, bytes32[] memory keyDigests) {
        uint256 count = slices.length;
        if (count == 0 || count > MAX_SLICES) revert SliceCountOutOfRange(count, MAX_SLICES);
        bool[] memory available = new bool[](tensorCount);
        for (uint256 t = 0; t < inputCount; ++t) available[t] = true;
        keyDigests = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 spec = slices[i];
            _checkWord(i, spec);
            _checkEdges(i, spec, available);
            uint256 circuit = spec.circuit();
            if (circuit == 0) continue;
            provable |= 1 << i;
            ICircuitRegistry.CircuitInfo memory info = circuitRegistry.circuitInfo(circuit);
            uint256 wanted = spec.inputCount() + spec.outputCount() + 1;
            if (info.signals != wanted) revert SignalCountMismatch(i, circuit, info.signals, wanted);
            keyDigests[i] = info.keyDigest;
        }
        for (uint256 t = 0; t < tensorCount; ++t) {
            if (!available[t]) revert TensorWithoutProducer(t);
        }
    }

    function _checkWord(uint256 index, uint256 spec) private pure {
        uint256 inputs = spec.inputCount();
        uint256 tensors = inputs + spec.outputCount();
        bool wellFormed = inputs != 0 &&
            tensors != inputs &&
            tensors <= SliceSpecs.MAX_TENSORS &&
            (spec.circuit() == 0) == (spec.weight() == 0) &&
            spec >> (80 + 16 * tensors) == 0;
        if (!wellFormed) revert InvalidSliceSpec(index, spec);
    }

    function _checkEdges(uint256 index, uint256 spec, bool[] memory available) private pure {
        uint256 inputs = spec.inputCount();
        uint256 tensors = inputs + spec.outputCount();
        for (uint256 k = 0; k < tensors; ++k) {
            uint256 tensor = spec.tensorAt(k);
            if (tensor >= available.length) revert UnknownTensor(tensor, available.length);
            if (k < inputs) {
                if (!available[tensor]) revert TensorNotAvailable(index, tensor);
            } else {
                if (available[tensor]) revert TensorHasProducer(index, tensor);
                available[tensor] = true;
            }
        }
    }
}
