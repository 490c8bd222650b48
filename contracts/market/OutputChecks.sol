// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {ITensorHasher} from "../interfaces/ITensorHasher.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {PackedValues} from "../libraries/PackedValues.sol";
import {OutputOpening} from "../types/OutputOpening.sol";
import {Job} from "./JobRecord.sol";

/// @title Checking a model's outputs against their commitments
library OutputChecks {
    /// @notice Checks an opening for each output of the model and keeps their digest.
    function accept(
        bytes32 jobId,
        Job storage job,
        bytes32[] calldata trace,
        OutputOpening[] calldata outputs,
        ITensorHasher hasher
    ) internal {
        address store = job.place.modelStore;
        (, , uint256 outputCount, uint256 tensorCount, uint256 sliceCount) = ModelStore.headerOf(store);
        if (outputs.length != outputCount) {
            revert IMarketErrors.OutputCountMismatch(outputs.length, outputCount);
        }
        uint16[] memory ids = ModelStore.outputsOf(store, sliceCount, tensorCount, outputCount);
        for (uint256 i = 0; i < outputCount; ++i) {
            uint64 spec = ModelStore.tensorOf(store, sliceCount, ids[i]);
            bytes32 opened = bytes32(_commitmentOf(i, spec, outputs[i], hasher));
            if (opened != trace[ids[i]]) revert IMarketErrors.OutputMismatch(i, trace[ids[i]], opened);
        }
        bytes32 digest = digestOf(outputs);
        job.outputDigest = digest;
        emit IMarketEvents.OutputRevealed(jobId, digest, outputs);
    }

    /// @notice What is kept of revealed outputs.
    function digestOf(OutputOpening[] calldata outputs) internal pure returns (bytes32) {
        return keccak256(abi.encode(outputs));
    }

    /// @dev The commitment that an opening belongs to. Every value is in its range by the way it is packed, once no word
    /// has bits above its values.
    function _commitmentOf(
        uint256 output,
        uint64 spec,
        OutputOpening calldata opening,
        ITensorHasher hasher
    ) private view returns (uint256) {
        if (opening.salt >= Bn254.SCALAR_FIELD) revert IMarketErrors.SaltOutOfRange(output, opening.salt);
        uint256 count = PackedValues.wordCount(spec);
        if (opening.words.length != count) {
            revert IMarketErrors.OutputLengthMismatch(output, opening.words.length, count);
        }
        uint256[] memory words = new uint256[](count + 2);
        words[0] = PackedValues.domainOf(spec);
        words[1] = opening.salt;
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = opening.words[i];
            if (word >> PackedValues.bitsOf(spec, i) != 0) {
                revert IMarketErrors.OutputWordOutOfRange(output, i, word);
            }
            words[i + 2] = word;
        }
        return hasher.hashWords(words);
    }
}
