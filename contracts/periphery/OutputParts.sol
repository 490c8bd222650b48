// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOutputParts} from "../interfaces/IOutputParts.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {PackedValues} from "../libraries/PackedValues.sol";
import {TraceHash} from "../libraries/TraceHash.sol";
import {InferenceResult} from "../types/InferenceResult.sol";

/// @title Outputs that don't fit one transaction, shown in parts
/// @notice See {IOutputParts}. Keeps of an output that is under way one hash an account.
/// @dev {ITensorHasher-hashWords} hashes 16 words, then its hash with 15 more, and so on: the hash of (hash so far, next words) is the
/// next hash of the chain, as long as there are enough of them that it takes them for a chain.
contract OutputParts is IOutputParts {
    /// @dev Words of a commitment before the output's: domain and salt.
    uint256 private constant HEAD = 2;
    /// @dev Words of the first hash of a chain; each further one takes one less, and the hash before it.
    uint256 private constant CHAIN = 16;
    /// @dev With fewer words {ITensorHasher-hashWords} makes no chain. Zeros at the end of one change nothing.
    uint256 private constant LEAST_CHAIN = 6;

    /// @dev What an account's parts come to: the hash, the place of the next word, the salt.
    struct Progress {
        uint256 hash;
        uint256 next;
        uint256 salt;
    }

    /// @inheritdoc IOutputParts
    mapping(ISliceMarket market => mapping(bytes32 jobId => mapping(uint256 output => bool))) public shown;
    mapping(bytes32 place => Progress progress) private _progress;

    /// @inheritdoc IOutputParts
    function show(
        ISliceMarket market,
        bytes32 jobId,
        bytes32[] calldata trace,
        Part calldata part
    ) external returns (bool whole) {
        uint256 output = part.output;
        (uint64 spec, bytes32 commitment) = _outputOf(market, jobId, trace, output);
        bytes32 place = _placeOf(market, jobId, output, msg.sender);
        Progress memory progress = _progress[place];
        if (part.from == 0) progress = Progress({hash: 0, next: 0, salt: part.salt});
        if (part.from != progress.next || part.salt != progress.salt) {
            revert PartOutOfTurn(part.from, progress.next);
        }
        if (part.salt >= Bn254.SCALAR_FIELD) revert SaltOutOfRange(output, part.salt);
        whole = _checkWords(spec, part);
        progress.hash = _hashOf(market, spec, progress, part.words);
        progress.next += part.words.length;
        emit PartShown(market, jobId, msg.sender, part);
        if (!whole) {
            _progress[place] = progress;
            return false;
        }
        if (bytes32(progress.hash) != commitment) {
            revert OutputMismatch(output, commitment, bytes32(progress.hash));
        }
        delete _progress[place];
        shown[market][jobId][output] = true;
        emit OutputShown(market, jobId, msg.sender, output);
    }

    /// @inheritdoc IOutputParts
    function nextOf(
        ISliceMarket market,
        bytes32 jobId,
        uint256 output,
        address account
    ) external view returns (uint256) {
        return _progress[_placeOf(market, jobId, output, account)].next;
    }

    /// @dev Where the parts of an account for an output are kept.
    function _placeOf(
        ISliceMarket market,
        bytes32 jobId,
        uint256 output,
        address account
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(market, jobId, output, account));
    }

    /// @dev The shape of an output of a finalized job, and its commitment.
    function _outputOf(
        ISliceMarket market,
        bytes32 jobId,
        bytes32[] calldata trace,
        uint256 output
    ) private view returns (uint64 spec, bytes32 commitment) {
        InferenceResult memory result = market.resultOf(jobId);
        if (TraceHash.hashOf(trace) != result.traceHash) revert TraceDiffers(jobId);
        address store = market.modelRegistry().modelStore(result.modelId);
        (, , uint256 outputs, uint256 tensors, uint256 slices) = ModelStore.headerOf(store);
        if (output >= outputs) revert NoSuchOutput(output, outputs);
        uint256 id = ModelStore.outputsOf(store, slices, tensors, outputs)[output];
        return (ModelStore.tensorOf(store, slices, id), trace[id]);
    }

    /// @dev Whether these words are the last. A part that isn't ends with a hash of the chain.
    function _checkWords(uint64 spec, Part calldata part) private pure returns (bool last) {
        uint256[] calldata words = part.words;
        uint256 count = PackedValues.wordCount(spec);
        uint256 end = part.from + words.length;
        if (words.length == 0 || end > count) revert OutputLengthMismatch(part.output, end, count);
        last = end == count;
        if (!last && (end + HEAD - 1) % (CHAIN - 1) != 0) revert PartUnaligned(words.length);
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 position = part.from + i;
            if (words[i] >> PackedValues.bitsOf(spec, position) != 0) {
                revert OutputWordOutOfRange(part.output, position, words[i]);
            }
        }
    }

    /// @dev The hash of the chain after some words.
    function _hashOf(
        ISliceMarket market,
        uint64 spec,
        Progress memory progress,
        uint256[] calldata words
    ) private view returns (uint256) {
        bool begins = progress.next == 0;
        uint256 before = begins ? HEAD : 1;
        uint256 count = before + words.length;
        uint256[] memory hashed = new uint256[](begins || count > LEAST_CHAIN ? count : LEAST_CHAIN);
        hashed[0] = begins ? PackedValues.domainOf(spec) : progress.hash;
        if (begins) hashed[1] = progress.salt;
        for (uint256 i = 0; i < words.length; ++i) hashed[before + i] = words[i];
        return market.tensorHasher().hashWords(hashed);
    }
}
