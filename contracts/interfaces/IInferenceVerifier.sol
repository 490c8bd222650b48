// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {OutputOpening} from "../types/OutputOpening.sol";
import {SliceProof} from "../types/SliceProof.sol";
import {IGroth16BatchVerifier} from "./IGroth16BatchVerifier.sol";
import {IModelRegistry} from "./IModelRegistry.sol";
import {IOutputErrors} from "./IOutputErrors.sol";
import {ITensorHasher} from "./ITensorHasher.sol";

/// @title Inferences of one model, checked by any contract without a market
/// @notice Takes what `sliceproof prove` makes: commitments of all tensors (the trace), proofs of slices, and the outputs in the
/// clear. Each proof turns the commitments that its slice reads into those that it writes; neighbouring slices share them,
/// so proofs of all slices are a proof of the whole.
/// @dev Nothing is kept and nobody is asked for: the same proofs hold again for whoever brings them. A contract that acts on
/// an inference remembers the commitments that it saw, and says itself which inputs it cares for.
interface IInferenceVerifier is IOutputErrors {
    /// @notice Thrown at deployment when the registered model isn't the one that was meant.
    error WrongModel(bytes32 contentDigest, bytes32 expected);
    /// @notice Thrown at deployment when models and keys are of different registries.
    error WrongRegistry(address circuitRegistry, address expected);
    /// @notice Thrown when there isn't one commitment a tensor.
    error TraceLengthMismatch(uint256 length, uint256 expected);
    /// @notice Thrown when no slice has this number.
    error UnknownSlice(uint256 slice, uint256 count);
    /// @notice Thrown when a slice has no circuit.
    error SliceNotProvable(uint256 slice);
    /// @notice Thrown when a slice is proved twice.
    error SliceProvedTwice(uint256 slice);
    /// @notice Thrown when a proof comes after one of a circuit with a higher number.
    error ProofsNotInOrder(uint256 position);
    /// @notice Thrown when a point C or K isn't on the curve.
    error PointNotOnCurve(uint256 position);

    /// @notice Checks an inference and says how much of it is proved; reverts if anything in it is wrong.
    /// @param trace Commitments of all tensors by id: the model's inputs first.
    /// @param proofs Proofs of slices, in ascending order of their circuits' numbers; none is fine too.
    /// @param outputs Each of the model's outputs in the clear.
    /// @return proved Bit i: slice i is proved. Other slices were executed by whoever made this, or not at all.
    /// @return fullyProved Whether every slice of the model is proved.
    function verify(
        bytes32[] calldata trace,
        SliceProof[] calldata proofs,
        OutputOpening[] calldata outputs
    ) external view returns (uint256 proved, bool fullyProved);

    /// @notice The tag that a proof of a slice ends with: keccak256 of the ABI encoding of
    /// (keccak256("sliceproof desk 1"), manifest digest, keccak256 of the trace, slice), modulo r.
    function tagOf(bytes32[] calldata trace, uint256 slice) external view returns (uint256 tag);

    /// @notice How the model's outputs are packed: words of {TensorSpecs}, for {PackedValues-valueAt}.
    function outputSpecs() external view returns (uint64[] memory specs);

    /// @notice The model.
    function modelId() external view returns (bytes32);

    /// @notice sha-256 of the model's manifest.
    function manifestDigest() external view returns (bytes32);

    /// @notice keccak256 of the ABI encoding of (manifest digest, number of inputs, outputs, tensors, slices without their
    /// circuits' numbers, digests of their keys): what is computed and under which keys, wherever it is registered.
    function contentDigest() external view returns (bytes32);

    /// @notice Where the model is registered.
    function modelRegistry() external view returns (IModelRegistry);

    /// @notice What checks the proofs.
    function batchVerifier() external view returns (IGroth16BatchVerifier);

    /// @notice What hashes the outputs.
    function tensorHasher() external view returns (ITensorHasher);
}
