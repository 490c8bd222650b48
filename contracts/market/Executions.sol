// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {ITensorHasher} from "../interfaces/ITensorHasher.sol";
import {ExecutionOffer} from "../types/JobRequest.sol";
import {JobState} from "../types/MarketStates.sol";
import {OutputOpening} from "../types/OutputOpening.sol";
import {Accounts} from "./Accounts.sol";
import {Admissions} from "./Admissions.sol";
import {Job, JobFlags, JobHead, JobRun, JobStake, MarketState} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Lapses} from "./Lapses.sol";
import {OutputChecks} from "./OutputChecks.sol";
import {Traces} from "./Traces.sol";

/// @title Claiming a job's execution and committing to its trace
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
library Executions {
    using Accounts for MarketState;
    using JobFlags for JobHead;

    /// @notice See {ISliceMarket-claimExecution}.
    function claim(
        MarketState storage market,
        address executor,
        bytes32 jobId
    ) external returns (uint256 price, uint256 bond) {
        Job storage job = JobRecords.jobOf(market, jobId);
        if (job.head.state == JobState.Claimed) Lapses.bookExecution(market, jobId, job);
        JobHead memory head = job.head;
        if (head.state != JobState.Posted) revert IMarketErrors.WrongJobState(jobId, head.state);
        if (!Admissions.admits(job, head, jobId, executor)) {
            revert IMarketErrors.NotAdmitted(jobId, executor);
        }
        ExecutionOffer memory offer = JobRecords.executionOffer(job);
        uint256 claimEnd = block.timestamp + offer.commitSeconds;
        uint256 commitBy = JobRecords.commitBy(job);
        if (claimEnd > commitBy) revert IMarketErrors.ClaimTooLate(jobId, claimEnd, commitBy);

        price = JobRecords.executionPrice(job, head);
        bond = 2 * uint256(offer.maxPrice);
        if (head.escrow > bond) bond = head.escrow;
        market.stake(executor, msg.sender, bond);
        head.state = JobState.Claimed;
        job.head = head;
        job.run = JobRun({executor: executor, tracedAt: 0, deadline: uint40(claimEnd)});
        job.stake = JobStake({price: uint96(price), bond: uint112(bond), lapseEnd: 0});
        emit IMarketEvents.ExecutionClaimed(jobId, executor, price, bond, uint40(claimEnd));
    }

    /// @notice See {ISliceMarket-commitTrace}.
    function commitTrace(
        MarketState storage market,
        bytes32 jobId,
        bytes32 requestId,
        bytes32[] calldata trace,
        bytes32 traceDigest,
        OutputOpening[] calldata outputs,
        ITensorHasher hasher
    ) external {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        if (head.state != JobState.Claimed) revert IMarketErrors.WrongJobState(jobId, head.state);
        JobRun memory run = job.run;
        address executor = run.executor;
        if (!market.mayActFor(executor, msg.sender)) revert IMarketErrors.NotExecutor(jobId, msg.sender, executor);
        if (block.timestamp > run.deadline) {
            revert IMarketErrors.TraceTooLate(jobId, block.timestamp, run.deadline);
        }
        Traces.accept(jobId, requestId, job, executor, trace, traceDigest);
        if (!head.has(JobFlags.COMMITMENT_ONLY)) {
            OutputChecks.accept(jobId, job, trace, outputs, hasher);
        } else if (outputs.length != 0) {
            revert IMarketErrors.OutputNotWanted(jobId);
        }
    }

    /// @notice The trace of a requester that ran the model itself.
    function commitOwnTrace(
        MarketState storage market,
        bytes32 jobId,
        bytes32 requestId,
        bytes32[] calldata trace,
        bytes32 traceDigest
    ) external {
        Traces.accept(jobId, requestId, market.jobs[jobId], msg.sender, trace, traceDigest);
    }
}
