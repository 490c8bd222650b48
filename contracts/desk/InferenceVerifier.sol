// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICircuitRegistry} from "../interfaces/ICircuitRegistry.sol";
import {IGroth16BatchVerifier} from "../interfaces/IGroth16BatchVerifier.sol";
import {IInferenceVerifier} from "../interfaces/IInferenceVerifier.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ITensorHasher} from "../interfaces/ITensorHasher.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Openings} from "../libraries/Openings.sol";
import {OutputOpening} from "../types/OutputOpening.sol";
import {SliceProof} from "../types/SliceProof.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {G1Point} from "../types/VerifyingKey.sol";

/// @title Inferences of one model, checked by any contract without a market
/// @notice See {IInferenceVerifier}.
/// @dev What a settler adds up for {IGroth16BatchVerifier} is added up here: some 7,000 gas a proof more, and the same calldata
/// holds on every chain and at every address.
contract InferenceVerifier is IInferenceVerifier {
    using SliceSpecs for uint256;

    bytes32 private constant DOMAIN = keccak256("sliceproof desk 1");
    /// @dev Whoever brings an inference, the challenges are the same: it is a statement, not a claim to pay.
    address private constant SETTLER = address(0);
    uint256 private constant CIRCUIT_BITS = 40;

    /// @dev A batch as it is put together. Positions are of words in `proofs`.
    struct Batch {
        uint256[] statements;
        uint256[] proofs;
        uint256[] circuitOf;
        uint256 circuits;
        uint256 commitments;
        uint256 proved;
    }

    /// @inheritdoc IInferenceVerifier
    IModelRegistry public immutable modelRegistry;
    /// @inheritdoc IInferenceVerifier
    IGroth16BatchVerifier public immutable batchVerifier;
    /// @inheritdoc IInferenceVerifier
    ITensorHasher public immutable tensorHasher;
    /// @inheritdoc IInferenceVerifier
    bytes32 public immutable modelId;
    /// @inheritdoc IInferenceVerifier
    bytes32 public immutable manifestDigest;
    /// @inheritdoc IInferenceVerifier
    bytes32 public immutable contentDigest;
    address private immutable _store;

    /// @param registry Where the model is registered.
    /// @param verifier Of the same circuits.
    /// @param hasher What commitments are hashed with.
    /// @param modelId_ The model's id there.
    /// @param expected The content digest that the model must have: ids depend on chain, registry and publisher.
    constructor(
        IModelRegistry registry,
        IGroth16BatchVerifier verifier,
        ITensorHasher hasher,
        bytes32 modelId_,
        bytes32 expected
    ) {
        ICircuitRegistry circuits = registry.circuitRegistry();
        address verified = address(verifier.circuitRegistry());
        if (verified != address(circuits)) revert WrongRegistry(verified, address(circuits));
        IModelRegistry.ModelInfo memory info = registry.modelInfo(modelId_);
        bytes32 digest = _contentOf(info, circuits);
        if (digest != expected) revert WrongModel(digest, expected);
        modelRegistry = registry;
        batchVerifier = verifier;
        tensorHasher = hasher;
        modelId = modelId_;
        manifestDigest = info.manifestDigest;
        contentDigest = digest;
        _store = info.store;
    }

    /// @inheritdoc IInferenceVerifier
    function verify(
        bytes32[] calldata trace,
        SliceProof[] calldata proofs,
        OutputOpening[] calldata outputs
    ) external view returns (uint256 proved, bool fullyProved) {
        (, , , uint256 tensorCount, uint256 sliceCount) = ModelStore.headerOf(_store);
        if (trace.length != tensorCount) revert TraceLengthMismatch(trace.length, tensorCount);
        Openings.requireOutputs(_store, trace, outputs, tensorHasher);
        if (proofs.length != 0) {
            Batch memory batch = _statementsOf(trace, proofs, sliceCount);
            _layOut(proofs, batch);
            _addUp(proofs, batch);
            batchVerifier.verify(SETTLER, batch.statements, abi.encodePacked(batch.proofs));
            proved = batch.proved;
        }
        fullyProved = proved == type(uint256).max >> (256 - sliceCount);
    }

    /// @inheritdoc IInferenceVerifier
    function tagOf(bytes32[] calldata trace, uint256 slice) external view returns (uint256 tag) {
        return _tagOf(keccak256(abi.encodePacked(trace)), slice);
    }

    /// @inheritdoc IInferenceVerifier
    function outputSpecs() external view returns (uint64[] memory specs) {
        (, , uint256 outputCount, uint256 tensorCount, uint256 sliceCount) = ModelStore.headerOf(_store);
        uint16[] memory ids = ModelStore.outputsOf(_store, sliceCount, tensorCount, outputCount);
        specs = new uint64[](outputCount);
        for (uint256 i = 0; i < outputCount; ++i) {
            specs[i] = ModelStore.tensorOf(_store, sliceCount, ids[i]);
        }
    }

    function _contentOf(
        IModelRegistry.ModelInfo memory info,
        ICircuitRegistry registry
    ) private view returns (bytes32) {
        uint256 count = info.slices.length;
        uint256[] memory slices = new uint256[](count);
        bytes32[] memory keyDigests = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 circuit = info.slices[i].circuit();
            slices[i] = info.slices[i] ^ circuit;
            if (circuit != 0) keyDigests[i] = registry.circuitInfo(circuit).keyDigest;
        }
        return
            keccak256(
                abi.encode(
                    info.manifestDigest,
                    info.inputCount,
                    info.outputs,
                    info.tensors,
                    slices,
                    keyDigests
                )
            );
    }

    function _tagOf(bytes32 traceHash, uint256 slice) private view returns (uint256) {
        return
            uint256(keccak256(abi.encode(DOMAIN, manifestDigest, traceHash, slice))) % Bn254.SCALAR_FIELD;
    }

    /// @dev The statements of all proofs, and what the batch consists of. The trace has an entry for each tensor, and tensors'
    /// ids were checked when the model was registered.
    function _statementsOf(
        bytes32[] calldata trace,
        SliceProof[] calldata proofs,
        uint256 sliceCount
    ) private view returns (Batch memory batch) {
        uint256 count = proofs.length;
        uint256[] memory words = new uint256[](count * (SliceSpecs.MAX_TENSORS + 2));
        uint256 end = 0;
        uint256 last = 0;
        bytes32 traceHash = keccak256(abi.encodePacked(trace));
        batch.circuitOf = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 slice = proofs[i].slice;
            if (slice >= sliceCount) revert UnknownSlice(slice, sliceCount);
            if ((batch.proved >> slice) & 1 == 1) revert SliceProvedTwice(slice);
            batch.proved |= 1 << slice;
            uint256 spec = ModelStore.sliceOf(_store, slice);
            uint256 circuit = spec.circuit();
            if (circuit == 0) revert SliceNotProvable(slice);
            if (circuit < last) revert ProofsNotInOrder(i);
            if (circuit != last) ++batch.circuits;
            last = circuit;
            batch.circuitOf[i] = circuit;
            if (_isCommitted(proofs[i])) ++batch.commitments;
            words[end++] = circuit;
            uint256 tensors = spec.inputCount() + spec.outputCount();
            for (uint256 k = 0; k < tensors; ++k) words[end++] = uint256(trace[spec.tensorAt(k)]);
            words[end++] = _tagOf(traceHash, slice);
        }
        assembly ("memory-safe") {
            // No longer than it was.
            mstore(words, end)
        }
        batch.statements = words;
    }

    /// @dev Words in {IGroth16BatchVerifier}'s layout, with zeros where sums go.
    function _layOut(SliceProof[] calldata proofs, Batch memory batch) private pure {
        uint256 count = proofs.length;
        uint256 commitments = batch.commitments;
        uint256 pairsAt = 1 + 3 * batch.circuits;
        uint256 commitmentsAt = pairsAt + 6 * count;
        uint256[] memory words = new uint256[](commitmentsAt + (commitments == 0 ? 0 : 2 * commitments + 2));
        words[0] = count | (batch.circuits << 32) | (commitments << 64);
        uint256 circuits = 0;
        for (uint256 i = 0; i < count; ++i) {
            SliceProof calldata proof = proofs[i];
            uint256 circuit = batch.circuitOf[i];
            if (i == 0 || circuit != batch.circuitOf[i - 1]) words[++circuits] = circuit;
            uint256 place = pairsAt + 6 * i;
            (words[place], words[place + 1]) = (proof.a.x, proof.a.y);
            (words[place + 2], words[place + 3]) = (proof.b.x[0], proof.b.x[1]);
            (words[place + 4], words[place + 5]) = (proof.b.y[0], proof.b.y[1]);
            if (!_isCommitted(proof)) continue;
            (words[commitmentsAt], words[commitmentsAt + 1]) = (proof.d.x, proof.d.y);
            commitmentsAt += 2;
        }
        batch.proofs = words;
    }

    /// @dev Adds up the points C of each circuit and the points K of all, weighted by the batch's challenges.
    function _addUp(SliceProof[] calldata proofs, Batch memory batch) private view {
        uint256[] memory words = batch.proofs;
        uint256[] memory r = batchVerifier.challenges(
            address(this),
            SETTLER,
            batch.statements,
            abi.encodePacked(words)
        );
        // Where the next sum goes: one behind the circuits' numbers at first.
        uint256 place = 1 + batch.circuits;
        uint256[5] memory sum;
        uint256[5] memory knowledge;
        for (uint256 i = 0; i < r.length; ++i) {
            if (i != 0 && batch.circuitOf[i] != batch.circuitOf[i - 1]) {
                (words[place], words[place + 1]) = (sum[0], sum[1]);
                place += 2;
                (sum[0], sum[1]) = (0, 0);
            }
            if (!_add(sum, proofs[i].c, r[i])) revert PointNotOnCurve(i);
            if (_isCommitted(proofs[i]) && !_add(knowledge, proofs[i].k, r[i])) revert PointNotOnCurve(i);
        }
        (words[place], words[place + 1]) = (sum[0], sum[1]);
        if (batch.commitments == 0) return;
        (words[words.length - 2], words[words.length - 1]) = (knowledge[0], knowledge[1]);
    }

    /// @dev A commitment of circuits with lookups is a point other than zero, but by a chance that nobody has.
    function _isCommitted(SliceProof calldata proof) private pure returns (bool) {
        return proof.d.x | proof.d.y != 0;
    }

    /// @dev sum += scalar · point. `sum` is a point and room for three words.
    function _add(uint256[5] memory sum, G1Point calldata point, uint256 scalar) private view returns (bool ok) {
        (sum[2], sum[3], sum[4]) = (point.x, point.y, scalar);
        assembly ("memory-safe") {
            // Within the five words: the product over the point, the sum over the sum. The precompiles refuse what is no point.
            let term := add(sum, 64)
            ok := staticcall(gas(), 7, term, 96, term, 64)
            ok := and(ok, staticcall(gas(), 6, sum, 128, sum, 64))
        }
    }
}
