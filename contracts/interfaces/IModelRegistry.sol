// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {ICircuitRegistry} from "./ICircuitRegistry.sol";

/// @title Models as acyclic graphs of slices over tensors, open to all
/// @notice Tensors 0..inputCount-1 are the model's inputs; every other tensor is written by exactly one slice, and
/// slices come in an order in which each reads only what is there already.
/// @dev Slices are packed words of {SliceSpecs}, tensors of {TensorSpecs}. The model is kept as the code of a small
/// contract of its own (its *model store*), which {ISliceMarket} reads without a call.
interface IModelRegistry {
    /// @notice What is known of a model.
    /// @param publisher Who registered it.
    /// @param store Contract whose code holds tensors, slices and outputs.
    /// @param manifestDigest sha-256 of the manifest, under which it is fetched from the artifact store.
    struct ModelInfo {
        address publisher;
        address store;
        bytes32 manifestDigest;
        uint16 inputCount;
        uint16[] outputs;
        uint64[] tensors;
        uint256[] slices;
    }

    /// @notice A model was registered. Carries everything.
    event ModelRegistered(
        bytes32 indexed modelId,
        address indexed publisher,
        bytes32 indexed manifestDigest,
        address store,
        uint16 inputCount,
        uint16[] outputs,
        uint64[] tensors,
        uint256[] slices,
        uint256 provable
    );

    /// @notice Thrown when no model has this id.
    error UnknownModel(bytes32 modelId);
    /// @notice Thrown when the number of slices is 0 or above `most`.
    error SliceCountOutOfRange(uint256 count, uint256 most);
    /// @notice Thrown when the number of tensors is 0 or above `most`.
    error TensorCountOutOfRange(uint256 count, uint256 most);
    /// @notice Thrown when the number of model inputs is 0 or above the number of tensors.
    error InputCountOutOfRange(uint256 count, uint256 most);
    /// @notice Thrown when a model names no output or more than it has tensors.
    error OutputCountOutOfRange(uint256 count, uint256 most);
    /// @notice Thrown when a tensor's word describes no values, no bits, more than 252, or has unused bits set.
    error InvalidTensorSpec(uint256 tensor, uint64 spec);
    /// @notice Thrown when a slice's word is malformed: no input, no output, more than eleven together, an unused id
    /// that isn't zero, a circuit without weight or a weight without circuit.
    error InvalidSliceSpec(uint256 slice, uint256 spec);
    /// @notice Thrown when a circuit's number of signals isn't the slice's inputs + outputs + 1.
    error SignalCountMismatch(uint256 slice, uint256 circuit, uint256 signals, uint256 wanted);
    /// @notice Thrown when a slice reads a tensor that is neither a model input nor written by an earlier slice.
    error TensorNotAvailable(uint256 slice, uint256 tensor);
    /// @notice Thrown when a slice writes a tensor that has a producer already or is a model input.
    error TensorHasProducer(uint256 slice, uint256 tensor);
    /// @notice Thrown when a tensor is written by no slice and isn't a model input.
    error TensorWithoutProducer(uint256 tensor);
    /// @notice Thrown when an id names no tensor of the model.
    error UnknownTensor(uint256 tensor, uint256 count);

    /// @notice Registers a model.
    /// @dev Idempotent for one publisher: the same model has one id. `modelId` is keccak256 of the ABI encoding of
    /// (chain id, this registry, publisher, manifestDigest, inputCount, outputs, tensors, slices, key digests), the
    /// last an array with one word a slice: the digest of its circuit's key, or zero. Circuit numbers alone could
    /// name other keys after a reorganisation of the chain.
    /// @return modelId The model's id.
    function registerModel(
        bytes32 manifestDigest,
        uint64[] calldata tensors,
        uint16 inputCount,
        uint16[] calldata outputs,
        uint256[] calldata slices
    ) external returns (bytes32 modelId);

    /// @notice Everything known of a model. Reverts with {UnknownModel}.
    function modelInfo(bytes32 modelId) external view returns (ModelInfo memory);

    /// @notice Where a model's store is; zero: no such model.
    function modelStore(bytes32 modelId) external view returns (address);

    /// @notice The registry that slices' circuits are numbered in.
    function circuitRegistry() external view returns (ICircuitRegistry);
}
