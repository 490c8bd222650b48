// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceConsumer} from "../interfaces/IInferenceConsumer.sol";
import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {ITensorHasher} from "../interfaces/ITensorHasher.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {InferenceResult} from "../types/InferenceResult.sol";
import {JobState} from "../types/MarketStates.sol";
import {OutputOpening} from "../types/OutputOpening.sol";
import {Job, JobConsumer, MarketState} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {OutputChecks} from "./OutputChecks.sol";
import {Traces} from "./Traces.sol";

/// @title Results of finalized jobs: revealing outputs, calling consumers
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
library Results {
    /// @notice The most bytes of a consumer's answer that are looked at.
    uint256 private constant MAX_ANSWER = 256;
    /// @notice What the market itself needs after the call: a word stored, an event.
    uint256 private constant TAIL_GAS = 40_000;

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

    /// @notice See {ISliceMarket-deliver}.
    function deliver(MarketState storage market, bytes32 jobId, OutputOpening[] calldata outputs) external {
        Job storage job = _finalized(market, jobId);
        JobConsumer memory taker = job.consumer;
        if (taker.consumer == address(0)) revert IMarketErrors.NoConsumer(jobId);
        if (taker.delivered) revert IMarketErrors.AlreadyDelivered(jobId);
        bytes32 digest = job.outputDigest;
        bool known = digest == 0 ? outputs.length == 0 : OutputChecks.digestOf(outputs) == digest;
        if (!known) revert IMarketErrors.OutputDigestMismatch(jobId, digest);

        // Marked before the call, so that the consumer can't have it twice by calling back.
        job.consumer.delivered = true;
        bytes memory data = abi.encodeCall(
            IInferenceConsumer.onInferenceResult,
            (_resultOf(jobId, job), outputs)
        );
        (bool taken, bytes memory answer) = _call(taker.consumer, taker.gasLimit, data);
        if (taken) {
            emit IMarketEvents.ResultDelivered(jobId, taker.consumer);
        } else {
            job.consumer.delivered = false;
            emit IMarketEvents.DeliveryFailed(jobId, taker.consumer, answer);
        }
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
        result.traceHash = job.traceHash;
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

    /// @dev Calls with all the gas that was promised, or reverts: nobody makes a consumer fail by bringing too little.
    function _call(
        address consumer,
        uint256 gasLimit,
        bytes memory data
    ) private returns (bool taken, bytes memory answer) {
        // The EVM keeps back a 64th of what is left when it calls.
        uint256 needed = gasLimit + gasLimit / 63 + TAIL_GAS;
        if (gasleft() < needed) revert IMarketErrors.TooLittleGas(gasleft(), needed);
        // An account without code would take anything.
        if (consumer.code.length == 0) return (false, "");
        uint256 size;
        assembly ("memory-safe") {
            // Nothing is copied back by the call itself, however much the consumer returns.
            taken := call(gasLimit, consumer, 0, add(data, 32), mload(data), 0, 0)
            size := returndatasize()
        }
        if (taken) return (true, "");
        answer = new bytes(size < MAX_ANSWER ? size : MAX_ANSWER);
        assembly ("memory-safe") {
            // `answer` has room for just what is copied, which is not more than was returned.
            returndatacopy(add(answer, 32), 0, mload(answer))
        }
    }
}
