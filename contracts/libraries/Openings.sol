// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOutputErrors} from "../interfaces/IOutputErrors.sol";
import {ITensorHasher} from "../interfaces/ITensorHasher.sol";
import {OutputOpening} from "../types/OutputOpening.sol";
import {Bn254} from "./Bn254.sol";
import {ModelStore} from "./ModelStore.sol";
import {PackedValues} from "./PackedValues.sol";

/// @title What opens the commitments of a model's outputs
library Openings {
    /// @notice Checks that each of a model's outputs is shown, and is what its commitment binds.
    /// @param store The model's.
    /// @param trace Commitments of all its tensors.
    function requireOutputs(
        address store,
        bytes32[] calldata trace,
        OutputOpening[] calldata outputs,
        ITensorHasher hasher
    ) internal view {
        (, , uint256 outputCount, uint256 tensorCount, uint256 sliceCount) = ModelStore.headerOf(store);
        if (outputs.length != outputCount) {
            revert IOutputErrors.OutputCountMismatch(outputs.length, outputCount);
        }
        uint16[] memory ids = ModelStore.outputsOf(store, sliceCount, tensorCount, outputCount);
        for (uint256 i = 0; i < outputCount; ++i) {
            uint64 spec = ModelStore.tensorOf(store, sliceCount, ids[i]);
            bytes32 opened = bytes32(_commitmentOf(i, spec, outputs[i], hasher));
            if (opened != trace[ids[i]]) revert IOutputErrors.OutputMismatch(i, trace[ids[i]], opened);
        }
    }

    /// @dev The commitment that an opening belongs to. Every value is in its range by the way it is packed, once no word
    /// has bits above its values.
    function _commitmentOf(
        uint256 output,
        uint64 spec,
        OutputOpening calldata opening,
        ITensorHasher hasher
    ) private view returns (uint256) {
        if (opening.salt >= Bn254.SCALAR_FIELD) revert IOutputErrors.SaltOutOfRange(output, opening.salt);
        uint256 count = PackedValues.wordCount(spec);
        if (opening.words.length != count) {
            revert IOutputErrors.OutputLengthMismatch(output, opening.words.length, count);
        }
        uint256[] memory words = new uint256[](count + 2);
        words[0] = PackedValues.domainOf(spec);
        words[1] = opening.salt;
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = opening.words[i];
            if (word >> PackedValues.bitsOf(spec, i) != 0) {
                revert IOutputErrors.OutputWordOutOfRange(output, i, word);
            }
            words[i + 2] = word;
        }
        return hasher.hashWords(words);
    }
}
