// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {ITensorHasher} from "../interfaces/ITensorHasher.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {InferenceResult} from "../types/InferenceResult.sol";
import {JobState} from "../types/MarketStates.sol";
import {OutputOpening} from "../types/OutputOpening.sol";
import {Job, MarketState} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {OutputChecks} from "./OutputChecks.sol";
import {Traces} from "./Traces.sol";

/// @title Results of finalized jobs, and revealing their outputs
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
library Results {
    /// @notice See {ISliceMarket-revealOutput}.
    function reveal(
        MarketState storage market,
        bytes32 jobId,
        bytes32[] calldata trace,
        OutputOpening[] calldata outputs,
        ITensorHasher hasher
    ) external {
        Job storage job = _finalized(market, jobId);
        if (job.outputDigest != 0) revert IMarketErrors.OutputAlreadyRevealed(jobId);
        Traces.requireTrace(jobId, job, trace);
        OutputChecks.accept(jobId, job, trace, outputs, hasher);
    }

    /// @notice See {ISliceMarket-resultOf}.
    function resultOf(
        MarketState storage market,
        bytes32 jobId
    ) external view returns (InferenceResult memory) {
        return _resultOf(jobId, _finalized(market, jobId));
    }

    function _resultOf(bytes32 jobId, Job storage job) private view returns (InferenceResult memory result) {
        address store = job.place.modelStore;
        (, , , , uint256 count) = ModelStore.headerOf(store);
        result.jobId = jobId;
        result.modelId = ModelStore.modelIdOf(store);
        result.requester = job.origin.requester;
        result.executor = JobRecords.executorOf(job);
        result.traceHash = job.offerOrTrace;
        result.outputDigest = job.outputDigest;
        // Every due slice of a finalized job is proved, and no other.
        result.proved = JobRecords.dueOf(job, job.head);
        result.fullyProved = result.proved == type(uint256).max >> (256 - count);
    }

    function _finalized(MarketState storage market, bytes32 jobId) private view returns (Job storage job) {
        job = JobRecords.jobOf(market, jobId);
        JobState state = job.head.state;
        if (state != JobState.Finalized) revert IMarketErrors.NoResult(jobId, state);
    }
}
