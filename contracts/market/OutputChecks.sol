// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {ITensorHasher} from "../interfaces/ITensorHasher.sol";
import {Openings} from "../libraries/Openings.sol";
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
        Openings.requireOutputs(job.place.modelStore, trace, outputs, hasher);
        bytes32 digest = digestOf(outputs);
        job.outputDigest = digest;
        emit IMarketEvents.OutputRevealed(jobId, digest, outputs);
    }

    /// @notice What is kept of revealed outputs.
    function digestOf(OutputOpening[] calldata outputs) internal pure returns (bytes32) {
        return keccak256(abi.encode(outputs));
    }
}
