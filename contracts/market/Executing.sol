// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Job, JobExecution} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Posting} from "./Posting.sol";

/// @title Claiming a job's execution and committing to its trace
abstract contract Executing is Posting {
    /// @inheritdoc ISliceMarket
    function claimExecution(bytes32 jobId) external returns (uint256 price, uint256 bond) {
        Job storage job = _jobOf(jobId);
        if (job.head.state == JobState.Claimed) _bookExecutionLapse(jobId, job);
        if (job.head.state != JobState.Posted) revert WrongJobState(jobId, job.head.state);
        uint256 claimEnd = block.timestamp + job.executionOffer.commitSeconds;
        uint256 commitBy = JobRecords.commitBy(job);
        if (claimEnd > commitBy) revert ClaimTooLate(jobId, claimEnd, commitBy);

        price = JobRecords.executionPrice(job);
        // Nothing is spent before the trace, so what is escrowed now is what was escrowed at post.
        bond = JobRecords.bondFor(job.executionOffer.maxPrice, job.money.escrow);
        _reserve(msg.sender, bond);
        job.head.state = JobState.Claimed;
        job.clock.claimEnd = uint40(claimEnd);
        job.execution = JobExecution({executor: msg.sender, price: uint96(price)});
        emit ExecutionClaimed(jobId, msg.sender, price, bond, uint40(claimEnd));
    }

    /// @inheritdoc ISliceMarket
    function commitTrace(bytes32 jobId, bytes32[] calldata trace, bytes32 traceDigest) external {
        Job storage job = _jobOf(jobId);
        if (job.head.state != JobState.Claimed) revert WrongJobState(jobId, job.head.state);
        address executor = job.execution.executor;
        if (msg.sender != executor) revert NotExecutor(jobId, msg.sender, executor);
        uint256 claimEnd = job.clock.claimEnd;
        if (block.timestamp > claimEnd) revert TraceTooLate(jobId, block.timestamp, claimEnd);
        _acceptTrace(jobId, trace, traceDigest);
    }

    /// @inheritdoc ISliceMarket
    function slashExecution(bytes32 jobId) external {
        Job storage job = _jobOf(jobId);
        if (job.head.state != JobState.Claimed) revert WrongJobState(jobId, job.head.state);
        _bookExecutionLapse(jobId, job);
    }

    /// @inheritdoc ISliceMarket
    function executionPriceNow(bytes32 jobId) external view returns (uint96) {
        return uint96(JobRecords.executionPrice(_jobOf(jobId)));
    }

    /// @dev Takes the bond of a claimant who brought no trace in time: 90% burned, 10% to the caller. Reverts while
    /// the claim has time.
    function _bookExecutionLapse(bytes32 jobId, Job storage job) internal {
        uint256 claimEnd = job.clock.claimEnd;
        if (block.timestamp <= claimEnd) revert ClaimRunning(jobId, claimEnd);
        address executor = job.execution.executor;
        uint256 bond = JobRecords.bondFor(job.executionOffer.maxPrice, job.money.escrow);
        uint256 reward = bond / 10;
        job.head.state = JobState.Posted;
        job.clock.executionLapsed = true;
        job.clock.claimEnd = 0;
        delete job.execution;
        _seize(executor, bond);
        _credit(BURN_ACCOUNT, bond - reward);
        _credit(msg.sender, reward);
        emit ExecutionLapsed(jobId, executor, bond - reward, reward, msg.sender);
    }
}
