// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {Masks} from "../libraries/Masks.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {CloseReason, JobState, SliceState} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {Job, JobFlags, JobHead, JobRun, JobStake, JobTerms, MarketState, SliceRecord} from "./JobRecord.sol";
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
        if (head.unproved == 0) revert IMarketErrors.AllSlicesProved(jobId);
        JobRun memory run = job.run;
        if (block.timestamp > run.deadline) revert IMarketErrors.CancelTooLate(jobId, run.deadline);

        uint256 end = block.timestamp + job.terms.proveSeconds;
        if (end > run.deadline) end = run.deadline;
        job.head.flags = head.flags | JobFlags.CANCELLED;
        job.changes.cancelSpan = uint24(end - run.tracedAt);
        emit IMarketEvents.CancelAnnounced(jobId, uint40(end));
    }

    /// @notice See {ISliceMarket-finalize}.
    function finalize(MarketState storage market, bytes32 jobId) external {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        if (head.state != JobState.Traced) revert IMarketErrors.WrongJobState(jobId, head.state);
        if (head.has(JobFlags.DRAW_PENDING)) revert IMarketErrors.AuditsNotDrawn(jobId);
        if (head.unproved != 0) {
            uint256 due = JobRecords.dueOf(job, head).count();
            revert IMarketErrors.SlicesUnproved(jobId, due - head.unproved, due);
        }
        JobRun memory run = job.run;
        uint256 end = _challengeEnd(job, run);
        if (block.timestamp <= end) revert IMarketErrors.ChallengeTimeRunning(jobId, end);
        head.state = JobState.Finalized;
        JobStake memory stake = _stakeOf(job, run);
        uint256 refund = _payExecutor(market, job, head, run, stake);
        address executor = JobRecords.executorOf(job);
        emit IMarketEvents.JobFinalized(jobId, executor, stake.price, refund, stake.bond);
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
        uint256 refund = job.head.escrow;
        job.head.state = JobState.Closed;
        market.credit(job.origin.requester, refund);
        emit IMarketEvents.JobClosed(jobId, reason, refund, 0, 0, 0);
    }

    /// @dev Ends a job with a trace whose time is over. Loops over the job's own slices only, at most 256.
    function _expireTraced(MarketState storage market, bytes32 jobId, Job storage job) private {
        JobHead memory head = job.head;
        bool undrawn = head.has(JobFlags.DRAW_PENDING);
        if (head.unproved == 0 && !undrawn) revert IMarketErrors.AllSlicesProved(jobId);
        JobRun memory run = job.run;
        Leftovers memory left = _leftoversOf(job, head, run);
        if (block.timestamp <= left.end) revert IMarketErrors.JobStillOpen(jobId, left.end);
        Lapses.bookAll(market, jobId, job, left.unbooked);

        head.state = JobState.Closed;
        JobStake memory stake = _stakeOf(job, run);
        address requester = job.origin.requester;
        CloseReason reason = head.has(JobFlags.CANCELLED) && !left.bound
            ? CloseReason.Cancelled
            : CloseReason.Expired;
        bool forfeits = run.executor != address(0) &&
            reason == CloseReason.Expired &&
            run.executor != requester;
        uint256 refund;
        if (forfeits) {
            job.head = head;
            refund = head.escrow;
            market.credit(requester, refund);
            _forfeitBond(market, jobId, job, run.executor, stake.bond, head.spent, left.challenged);
            stake.price = 0;
            stake.bond = 0;
        } else {
            // A requester that claimed its own job owes nobody but itself.
            refund = _payExecutor(market, job, head, run, stake);
            _returnBonds(market, jobId, job, left.challenged, 0);
        }
        market.credit(Accounts.BURN, left.raises);
        emit IMarketEvents.JobClosed(jobId, reason, refund, left.raises, stake.price, stake.bond);
    }

    /// @dev The last second for challenges; the time of the trace's block where nobody may challenge.
    function _challengeEnd(Job storage job, JobRun memory run) private view returns (uint256) {
        if (run.executor == address(0)) return 0;
        uint256 span = job.origin.challengeSeconds;
        return span == 0 ? 0 : run.tracedAt + span;
    }

    /// @dev What the executor is paid and has at stake: nothing, and nothing to read, if the requester brought the trace.
    function _stakeOf(Job storage job, JobRun memory run) private view returns (JobStake memory stake) {
        if (run.executor != address(0)) stake = job.stake;
    }

    /// @dev What is unproved, and the last second in which it can be proved: bookings that are due count as if they had
    /// been made. A cancelled job ends when its open slices can't be proved any more, unless slices that can't be
    /// cancelled are unproved or may still come: drawn or challenged.
    function _leftoversOf(
        Job storage job,
        JobHead memory head,
        JobRun memory run
    ) private view returns (Leftovers memory left) {
        JobTerms memory terms = job.terms;
        address modelStore = job.place.modelStore;
        (uint256 audited, uint256 challenged) = JobRecords.extrasOf(job, head);
        left.bound = head.has(JobFlags.DRAW_PENDING);
        bool extrasLeft = left.bound;
        uint256 lapseEnd = job.stake.lapseEnd;
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
            uint256 end = JobRecords.windowEnd(run, record) + 2 * uint256(terms.proveSeconds);
            if (end > lapseEnd) lapseEnd = end;
        }
        if (extrasLeft) left.bound = true;
        left.end = run.deadline;
        if (head.has(JobFlags.CANCELLED) && !extrasLeft) {
            left.end = JobRecords.cancelEnd(job, run);
            uint256 challengeEnd = _challengeEnd(job, run);
            if (challengeEnd > left.end) left.end = challengeEnd;
        }
        if (lapseEnd > left.end) left.end = lapseEnd;
    }

    /// @dev Pays the executor from the escrow, releases its bond and gives the rest back; nothing but the last if the
    /// requester brought the trace. Stores the job's head, as the caller changed it.
    function _payExecutor(
        MarketState storage market,
        Job storage job,
        JobHead memory head,
        JobRun memory run,
        JobStake memory stake
    ) private returns (uint256 refund) {
        head.escrow -= stake.price;
        head.spent += stake.price;
        job.head = head;
        refund = head.escrow;
        if (run.executor != address(0)) market.release(run.executor, stake.bond, stake.price);
        market.credit(job.origin.requester, refund);
    }

    /// @dev Shares the bond of an executor that left a slice unproved: first what the job cost the requester, of the
    /// rest 10% to the caller, 20% to the challengers of unproved slices, the remainder burned.
    function _forfeitBond(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        address executor,
        uint256 bond,
        uint256 spent,
        uint256 challenged
    ) private {
        // An offer that was raised after the claim may have cost more than the bond.
        uint256 madeWhole = spent < bond ? spent : bond;
        uint256 rest = bond - madeWhole;
        uint256 reward = rest / 10;
        uint256 burned = rest - reward;
        if (challenged != 0) {
            uint256 share = rest / 5 / challenged.count();
            burned -= _returnBonds(market, jobId, job, challenged, share);
        }
        market.seize(executor, bond);
        market.credit(job.origin.requester, madeWhole);
        market.credit(msg.sender, reward);
        market.credit(Accounts.BURN, burned);
        emit IMarketEvents.BondForfeited(jobId, executor, madeWhole, reward, burned, msg.sender);
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
