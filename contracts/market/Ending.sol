// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Masks} from "../libraries/Masks.sol";
import {Job, JobClock, JobExecution, JobHead, JobTerms, SliceRecord} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Settling} from "./Settling.sol";

/// @title How jobs end
abstract contract Ending is Settling {
    using Masks for uint256;

    /// @inheritdoc ISliceMarket
    function cancel(bytes32 jobId) external {
        Job storage job = _jobOf(jobId);
        JobHead memory head = job.head;
        if (msg.sender != head.requester) revert NotRequester(msg.sender, head.requester);
        if (head.state == JobState.Claimed) {
            _bookExecutionLapse(jobId, job);
            head.state = JobState.Posted;
        }
        if (head.state == JobState.Posted) {
            _closeUntraced(jobId, job, CloseReason.Cancelled);
            return;
        }
        if (head.state != JobState.Traced) revert WrongJobState(jobId, head.state);
        if (head.cancelled) revert AlreadyCancelled(jobId);
        if (head.settledCount == head.dueCount) revert AllSlicesProved(jobId);
        uint256 deadline = job.clock.deadline;
        if (block.timestamp > deadline) revert CancelTooLate(jobId, deadline);

        uint256 end = block.timestamp + job.terms.proveSeconds;
        if (end < deadline) deadline = end;
        job.head.cancelled = true;
        job.clock.deadline = uint40(deadline);
        emit CancelAnnounced(jobId, uint40(deadline));
    }

    /// @inheritdoc ISliceMarket
    function finalize(bytes32 jobId) external {
        Job storage job = _jobOf(jobId);
        JobHead memory head = job.head;
        if (head.state != JobState.Traced) revert WrongJobState(jobId, head.state);
        if (head.settledCount != head.dueCount) {
            revert SlicesUnproved(jobId, head.settledCount, head.dueCount);
        }
        JobExecution memory execution = job.execution;
        uint256 challengeSeconds = job.terms.challengeSeconds;
        if (execution.executor != address(0) && challengeSeconds != 0) {
            uint256 end = job.clock.tracedAt + challengeSeconds;
            if (block.timestamp <= end) revert ChallengeTimeRunning(jobId, end);
        }
        job.head.state = JobState.Finalized;
        (uint256 refund, uint256 bond) = _payExecutor(job, execution);
        job.money.escrow = 0;
        _credit(head.requester, refund);
        emit JobFinalized(jobId, JobRecords.executorOf(head, execution), execution.price, refund, bond);
    }

    /// @inheritdoc ISliceMarket
    function expire(bytes32 jobId) external {
        Job storage job = _jobOf(jobId);
        JobState state = job.head.state;
        if (state == JobState.Traced) {
            _expireTraced(jobId, job);
            return;
        }
        if (state != JobState.Posted && state != JobState.Claimed) revert WrongJobState(jobId, state);
        uint256 commitBy = JobRecords.commitBy(job);
        if (block.timestamp <= commitBy) revert JobStillOpen(jobId, commitBy);
        // A claim never runs past commitBy.
        if (state == JobState.Claimed) _bookExecutionLapse(jobId, job);
        _closeUntraced(jobId, job, CloseReason.Expired);
    }

    function _closeUntraced(bytes32 jobId, Job storage job, CloseReason reason) private {
        uint256 refund = job.money.escrow;
        job.head.state = JobState.Closed;
        job.money.escrow = 0;
        _credit(job.head.requester, refund);
        emit JobClosed(jobId, reason, refund, 0, 0, 0);
    }

    /// @dev Ends a job with a trace whose time is over. Loops over the job's own slices only, at most 256.
    function _expireTraced(bytes32 jobId, Job storage job) private {
        JobHead memory head = job.head;
        if (head.settledCount == head.dueCount) revert AllSlicesProved(jobId);
        (uint256 unbooked, bool locked, uint256 end) = _lastChance(job);
        if (block.timestamp <= end) revert JobStillOpen(jobId, end);
        _bookLapses(jobId, job, unbooked);

        job.head.state = JobState.Closed;
        uint256 raises = job.money.raises;
        JobExecution memory execution = job.execution;
        CloseReason reason = head.cancelled && !locked ? CloseReason.Cancelled : CloseReason.Expired;
        uint256 refund = job.money.escrow;
        uint256 bond = 0;
        uint256 price = 0;
        if (execution.executor != address(0)) {
            // A requester that claimed its own job owes nobody but itself.
            if (reason == CloseReason.Cancelled || execution.executor == head.requester) {
                (refund, bond) = _payExecutor(job, execution);
                price = execution.price;
            } else {
                _forfeitBond(jobId, job, execution.executor, refund);
            }
        }
        delete job.money;
        _credit(head.requester, refund);
        _credit(BURN_ACCOUNT, raises);
        emit JobClosed(jobId, reason, refund, raises, price, bond);
    }

    /// @dev The holds that are not booked yet, whether a slice that somebody held is unproved, and the last second in
    /// which anything can still be proved: bookings that are due count as if they had been made.
    function _lastChance(
        Job storage job
    ) private view returns (uint256 unbooked, bool locked, uint256 end) {
        JobTerms memory terms = job.terms;
        JobClock memory clock = job.clock;
        end = JobRecords.closing(clock);
        uint256 due = JobRecords.dueOf(job);
        while (due != 0) {
            uint256 slice = due.lowest();
            due &= due - 1;
            SliceRecord memory record = job.slices[slice];
            if (record.state == SliceState.Lapsed) locked = true;
            if (record.state != SliceState.Held) continue;
            locked = true;
            unbooked |= 1 << slice;
            uint256 lapseEnd = JobRecords.windowEnd(clock, record) + 2 * uint256(terms.proveSeconds);
            if (lapseEnd > end) end = lapseEnd;
        }
    }

    /// @dev Pays the executor from the escrow and releases its bond; nothing of either if the requester executed.
    function _payExecutor(
        Job storage job,
        JobExecution memory execution
    ) private returns (uint256 refund, uint256 bond) {
        refund = job.money.escrow;
        if (execution.executor == address(0)) return (refund, 0);
        refund -= execution.price;
        bond = JobRecords.bondFor(job.executionOffer.maxPrice, JobRecords.initialEscrow(job));
        _release(execution.executor, bond, execution.price);
    }

    /// @dev Shares the bond of an executor that left a slice unproved: first what the job cost the requester, of the
    /// rest 10% to the caller, the remainder burned.
    function _forfeitBond(bytes32 jobId, Job storage job, address executor, uint256 unspent) private {
        uint256 initial = JobRecords.initialEscrow(job);
        uint256 bond = JobRecords.bondFor(job.executionOffer.maxPrice, initial);
        uint256 madeWhole = initial - unspent;
        uint256 reward = (bond - madeWhole) / 10;
        uint256 burned = bond - madeWhole - reward;
        _seize(executor, bond);
        _credit(job.head.requester, madeWhole);
        _credit(msg.sender, reward);
        _credit(BURN_ACCOUNT, burned);
        emit BondForfeited(jobId, executor, madeWhole, reward, burned, msg.sender);
    }
}
