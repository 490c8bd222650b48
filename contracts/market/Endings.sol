// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {Masks} from "../libraries/Masks.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {CloseReason, JobState, SliceState} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {Job, JobExecution, JobFlags, JobHead, JobMoney, JobTerms, MarketState, SliceRecord} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Lapses} from "./Lapses.sol";

/// @title How jobs end
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
library Endings {
    using Accounts for MarketState;
    using JobFlags for JobHead;
    using Masks for uint256;

    /// @dev What is left unproved at a job's end. `bound`: one of the slices that can't be cancelled.
    struct Leftovers {
        uint256 unbooked;
        uint256 challenged;
        uint256 raises;
        uint256 end;
        bool bound;
    }

    /// @notice See {ISliceMarket-cancel}.
    function cancel(MarketState storage market, bytes32 jobId) external {
        Job storage job = JobRecords.jobOf(market, jobId);
        address requester = job.origin.requester;
        if (msg.sender != requester) revert IMarketErrors.NotRequester(msg.sender, requester);
        if (job.head.state == JobState.Claimed) Lapses.bookExecution(market, jobId, job);
        JobHead memory head = job.head;
        if (head.state == JobState.Posted) {
            _closeUntraced(market, jobId, job, CloseReason.Cancelled);
            return;
        }
        if (head.state != JobState.Traced) revert IMarketErrors.WrongJobState(jobId, head.state);
        if (head.has(JobFlags.CANCELLED)) revert IMarketErrors.AlreadyCancelled(jobId);
        if (head.settledCount == head.dueCount) revert IMarketErrors.AllSlicesProved(jobId);
        if (block.timestamp > head.deadline) revert IMarketErrors.CancelTooLate(jobId, head.deadline);

        uint256 end = block.timestamp + head.proveSeconds;
        if (end > head.deadline) end = head.deadline;
        job.head.flags = head.flags | JobFlags.CANCELLED;
        job.money.cancelSpan = uint32(end - head.tracedAt);
        emit IMarketEvents.CancelAnnounced(jobId, uint40(end));
    }

    /// @notice See {ISliceMarket-finalize}.
    function finalize(MarketState storage market, bytes32 jobId) external {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        if (head.state != JobState.Traced) revert IMarketErrors.WrongJobState(jobId, head.state);
        if (head.has(JobFlags.DRAW_PENDING)) revert IMarketErrors.AuditsNotDrawn(jobId);
        if (head.settledCount != head.dueCount) {
            revert IMarketErrors.SlicesUnproved(jobId, head.settledCount, head.dueCount);
        }
        JobExecution memory execution = job.execution;
        uint256 end = _challengeEnd(head, execution);
        if (block.timestamp <= end) revert IMarketErrors.ChallengeTimeRunning(jobId, end);
        job.head.state = JobState.Finalized;
        uint256 refund = _payExecutor(market, job, execution);
        address executor = JobRecords.executorOf(job);
        emit IMarketEvents.JobFinalized(jobId, executor, execution.price, refund, execution.bond);
    }

    /// @notice See {ISliceMarket-expire}.
    function expire(MarketState storage market, bytes32 jobId) external {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobState state = job.head.state;
        if (state == JobState.Traced) {
            _expireTraced(market, jobId, job);
            return;
        }
        if (state != JobState.Posted && state != JobState.Claimed) {
            revert IMarketErrors.WrongJobState(jobId, state);
        }
        uint256 commitBy = JobRecords.commitBy(job);
        if (block.timestamp <= commitBy) revert IMarketErrors.JobStillOpen(jobId, commitBy);
        // A claim never runs past commitBy.
        if (state == JobState.Claimed) Lapses.bookExecution(market, jobId, job);
        _closeUntraced(market, jobId, job, CloseReason.Expired);
    }

    function _closeUntraced(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        CloseReason reason
    ) private {
        uint256 refund = job.money.escrow;
        job.head.state = JobState.Closed;
        market.credit(job.origin.requester, refund);
        emit IMarketEvents.JobClosed(jobId, reason, refund, 0, 0, 0);
    }

    /// @dev Ends a job with a trace whose time is over. Loops over the job's own slices only, at most 256.
    function _expireTraced(MarketState storage market, bytes32 jobId, Job storage job) private {
        JobHead memory head = job.head;
        bool undrawn = head.has(JobFlags.DRAW_PENDING);
        if (head.settledCount == head.dueCount && !undrawn) revert IMarketErrors.AllSlicesProved(jobId);
        JobExecution memory execution = job.execution;
        Leftovers memory left = _leftoversOf(job, head, execution);
        if (block.timestamp <= left.end) revert IMarketErrors.JobStillOpen(jobId, left.end);
        Lapses.bookAll(market, jobId, job, left.unbooked);

        job.head.state = JobState.Closed;
        address requester = job.origin.requester;
        CloseReason reason = head.has(JobFlags.CANCELLED) && !left.bound
            ? CloseReason.Cancelled
            : CloseReason.Expired;
        bool forfeits = execution.executor != address(0) &&
            reason == CloseReason.Expired &&
            execution.executor != requester;
        uint256 refund;
        if (forfeits) {
            JobMoney memory money = job.money;
            refund = money.escrow;
            market.credit(requester, refund);
            _forfeitBond(market, jobId, job, execution, money.spent, left.challenged);
            delete execution;
        } else {
            // A requester that claimed its own job owes nobody but itself.
            refund = _payExecutor(market, job, execution);
            _returnBonds(market, jobId, job, left.challenged, 0);
        }
        market.credit(Accounts.BURN, left.raises);
        emit IMarketEvents.JobClosed(jobId, reason, refund, left.raises, execution.price, execution.bond);
    }

    /// @dev The last second for challenges; the time of the trace's block where nobody may challenge.
    function _challengeEnd(
        JobHead memory head,
        JobExecution memory execution
    ) private pure returns (uint256) {
        if (execution.executor == address(0) || head.challengeSeconds == 0) return 0;
        return uint256(head.tracedAt) + head.challengeSeconds;
    }

    /// @dev What is unproved, and the last second in which it can be proved: bookings that are due count as if they had
    /// been made. A cancelled job ends when its open slices can't be proved any more, unless slices that can't be
    /// cancelled are unproved or may still come: drawn or challenged.
    function _leftoversOf(
        Job storage job,
        JobHead memory head,
        JobExecution memory execution
    ) private view returns (Leftovers memory left) {
        JobTerms memory terms = job.terms;
        address modelStore = job.place.modelStore;
        (uint256 audited, uint256 challenged) = JobRecords.extrasOf(job, head);
        left.bound = head.has(JobFlags.DRAW_PENDING);
        bool extrasLeft = left.bound;
        uint256 lapseEnd = head.lapseEnd;
        uint256 due = JobRecords.dueOf(job, head);
        while (due != 0) {
            uint256 slice = due.lowest();
            due &= due - 1;
            SliceRecord memory record = job.slices[slice];
            if (record.state == SliceState.Settled) continue;
            if (challenged.has(slice)) left.challenged |= 1 << slice;
            if ((audited | challenged).has(slice)) extrasLeft = true;
            if (record.state == SliceState.Open) continue;
            left.bound = true;
            (, uint256 collateral) = JobRecords.stakeOf(modelStore, terms, slice);
            (, uint256 raise, ) = Pricing.lapseShares(collateral);
            left.raises += raise;
            if (record.state != SliceState.Held) continue;
            left.unbooked |= 1 << slice;
            uint256 end = JobRecords.windowEnd(head, record) + 2 * uint256(head.proveSeconds);
            if (end > lapseEnd) lapseEnd = end;
        }
        if (extrasLeft) left.bound = true;
        left.end = head.deadline;
        if (head.has(JobFlags.CANCELLED) && !extrasLeft) {
            left.end = JobRecords.cancelEnd(head, job.money);
            uint256 challengeEnd = _challengeEnd(head, execution);
            if (challengeEnd > left.end) left.end = challengeEnd;
        }
        if (lapseEnd > left.end) left.end = lapseEnd;
    }

    /// @dev Pays the executor from the escrow, releases its bond and gives the rest back; nothing but the last if the
    /// requester brought the trace.
    function _payExecutor(
        MarketState storage market,
        Job storage job,
        JobExecution memory execution
    ) private returns (uint256 refund) {
        refund = job.money.escrow;
        if (execution.price != 0) {
            refund -= execution.price;
            job.money.escrow -= execution.price;
            job.money.spent += execution.price;
        }
        if (execution.executor != address(0)) {
            market.release(execution.executor, execution.bond, execution.price);
        }
        market.credit(job.origin.requester, refund);
    }

    /// @dev Shares the bond of an executor that left a slice unproved: first what the job cost the requester, of the
    /// rest 10% to the caller, 20% to the challengers of unproved slices, the remainder burned.
    function _forfeitBond(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        JobExecution memory execution,
        uint256 spent,
        uint256 challenged
    ) private {
        uint256 bond = execution.bond;
        // An offer that was raised after the claim may have cost more than the bond.
        uint256 madeWhole = spent < bond ? spent : bond;
        uint256 rest = bond - madeWhole;
        uint256 reward = rest / 10;
        uint256 burned = rest - reward;
        if (challenged != 0) {
            uint256 share = rest / 5 / challenged.count();
            burned -= _returnBonds(market, jobId, job, challenged, share);
        }
        market.seize(execution.executor, bond);
        market.credit(job.origin.requester, madeWhole);
        market.credit(msg.sender, reward);
        market.credit(Accounts.BURN, burned);
        emit IMarketEvents.BondForfeited(jobId, execution.executor, madeWhole, reward, burned, msg.sender);
    }

    /// @dev Returns the bonds of challenges of unproved slices, each with a share of the executor's.
    function _returnBonds(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        uint256 challenged,
        uint256 share
    ) private returns (uint256 shares) {
        while (challenged != 0) {
            uint256 slice = challenged.lowest();
            challenged &= challenged - 1;
            address challenger = job.challenges[slice].challenger;
            uint256 bond = JobRecords.challengeBond(job, slice);
            market.release(challenger, bond, share);
            shares += share;
            emit IMarketEvents.ChallengeUnproved(jobId, slice, challenger, bond, share);
        }
    }
}
