// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {TraceHash} from "../libraries/TraceHash.sol";
import {JobState} from "../types/MarketStates.sol";
import {Job, JobFlags, JobHead, JobRun} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";

/// @title Traces: the commitments of all tensors of one inference
library Traces {
    using JobFlags for JobHead;

    /// @notice Refuses commitments from a position on that aren't below the scalar field's order.
    function checkCommitments(bytes32[] calldata commitments, uint256 from) internal pure {
        for (uint256 i = from; i < commitments.length; ++i) {
            if (uint256(commitments[i]) >= Bn254.SCALAR_FIELD) {
                revert IMarketErrors.CommitmentOutOfRange(i, commitments[i]);
            }
        }
    }

    /// @notice The hash of some commitments, one after the other.
    function hashOf(bytes32[] calldata commitments) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            // Free memory is used and not kept.
            let scratch := mload(0x40)
            let size := shl(5, commitments.length)
            calldatacopy(scratch, commitments.offset, size)
            digest := keccak256(scratch, size)
        }
    }

    /// @notice Checks a trace against the job, stores its hash and starts the time for proofs.
    /// @param requestId Of the job's request: with the trace's inputs it makes the job's id, which no others do.
    function accept(
        bytes32 jobId,
        bytes32 requestId,
        Job storage job,
        address executor,
        bytes32[] calldata trace,
        bytes32 traceDigest
    ) internal {
        (, uint256 inputs, , uint256 tensors, ) = ModelStore.headerOf(job.place.modelStore);
        if (trace.length != tensors) revert IMarketErrors.TraceLengthMismatch(trace.length, tensors);
        if (JobRecords.idOf(requestId, hashOf(trace[:inputs])) != jobId) {
            revert IMarketErrors.TraceInputsMismatch(jobId);
        }
        // The inputs were checked at post.
        checkCommitments(trace, inputs);

        bytes32 traceHash = TraceHash.hashOf(trace);
        job.offerOrTrace = traceHash;
        JobHead memory head = job.head;
        head.state = JobState.Traced;
        job.head = head;
        JobRun memory run = job.run;
        run.tracedAt = uint40(block.timestamp);
        run.deadline = uint40(block.timestamp + job.origin.jobSeconds);
        job.run = run;
        if (head.has(JobFlags.DRAW_PENDING)) job.changes.anchor = uint64(block.number + 1);
        emit IMarketEvents.TraceCommitted(jobId, executor, traceHash, traceDigest, run.deadline, trace);
    }

    /// @notice Refuses an array that isn't the job's trace.
    function requireTrace(bytes32 jobId, Job storage job, bytes32[] calldata trace) internal view {
        open(jobId, job, trace, type(uint256).max);
    }

    /// @notice Refuses chunks that aren't the job's trace's. See {TraceHash-open}.
    /// @return opened Where in memory the commitments are.
    function open(
        bytes32 jobId,
        Job storage job,
        bytes32[] calldata given,
        uint256 shown
    ) internal view returns (uint256 opened) {
        bytes32 digest;
        (digest, opened) = TraceHash.open(given, shown);
        // Before there is a trace, its hash's place is that of the offer for the execution.
        bool known = job.run.tracedAt != 0 && digest == job.offerOrTrace;
        if (!known) revert IMarketErrors.TraceMismatch(jobId);
    }
}
