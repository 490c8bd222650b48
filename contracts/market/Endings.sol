// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICircuitRegistry} from "../interfaces/ICircuitRegistry.sol";
import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {CloseReason, JobState} from "../types/MarketStates.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {Accounts} from "./Accounts.sol";
import {Bid, Job, JobFlags, JobHead, JobRun, JobStake, JobTerms, MarketState} from "./JobRecord.sol";
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
        uint256 challenged;
        uint256 raises;
        uint256 end;
        bool bound;
    }

    /// @dev Challenges of unproved slices, the share of the bond that each may earn, and who earns none.
    struct Challenges {
        uint256 slices;
        uint256 share;
        ICircuitRegistry circuits;
        address executor;
        address requester;
        address publisher;
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
        if (JobRecords.unprovedOf(job, head) == 0) revert IMarketErrors.AllSlicesProved(jobId);
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
        uint256 unproved = JobRecords.unprovedOf(job, head);
        if (unproved != 0) {
            uint256 due = JobRecords.dueOf(job, head).count();
            revert IMarketErrors.SlicesUnproved(jobId, due - unproved.count(), due);
        }
        JobRun memory run = job.run;
        uint256 end = JobRecords.challengeEnd(job, run);
        if (block.timestamp <= end) revert IMarketErrors.ChallengeTimeRunning(jobId, end);
        head.state = JobState.Finalized;
        JobStake memory stake = _stakeOf(job, run);
        uint256 refund = _payExecutor(market, job, head, run, stake);
        address executor = JobRecords.executorOf(job);
        emit IMarketEvents.JobFinalized(jobId, executor, stake.price, refund, stake.bond);
    }

    /// @notice See {ISliceMarket-expire}.
    function expire(MarketState storage market, bytes32 jobId, ICircuitRegistry circuits) external {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobState state = job.head.state;
        if (state == JobState.Traced) {
            _expireTraced(market, jobId, job, circuits);
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

    /// @dev Ends a job with a trace whose time is over. Loops over the job's own bids and slices only, at most 256.
    function _expireTraced(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        ICircuitRegistry circuits
    ) private {
        JobHead memory head = job.head;
        bool undrawn = head.has(JobFlags.DRAW_PENDING);
        uint256 unproved = JobRecords.unprovedOf(job, head);
        if (unproved == 0 && !undrawn) revert IMarketErrors.AllSlicesProved(jobId);
        JobRun memory run = job.run;
        Leftovers memory left = _leftoversOf(job, head, run, unproved);
        if (block.timestamp <= left.end) revert IMarketErrors.JobStillOpen(jobId, left.end);
        Lapses.bookAll(market, jobId, job, unproved, unproved);

        head.state = JobState.Closed;
        JobStake memory stake = _stakeOf(job, run);
        address requester = job.origin.requester;
        CloseReason reason = head.has(JobFlags.CANCELLED) && !left.bound
            ? CloseReason.Cancelled
            : CloseReason.Expired;
        // A requester that claimed its own job owes nobody but itself, and whoever saw that it was wrong.
        bool forfeits = run.executor != address(0) &&
            reason == CloseReason.Expired &&
            (run.executor != requester || left.challenged != 0);
        uint256 refund;
        if (forfeits) {
            job.head = head;
            refund = head.escrow;
            market.credit(requester, refund);
            _forfeitBond(market, jobId, job, stake.bond, left.challenged, circuits);
            stake.price = 0;
            stake.bond = 0;
        } else {
            refund = _payExecutor(market, job, head, run, stake);
            _returnBonds(market, jobId, job, _challengesOf(job, left.challenged, 0, circuits));
        }
        market.credit(Accounts.BURN, left.raises);
        emit IMarketEvents.JobClosed(jobId, reason, refund, left.raises, stake.price, stake.bond);
    }

    /// @dev What the executor is paid and has at stake: nothing, and nothing to read, if the requester brought the trace.
    function _stakeOf(Job storage job, JobRun memory run) private view returns (JobStake memory stake) {
        if (run.executor != address(0)) stake = job.stake;
    }

    /// @dev What stays of the unproved slices, and the last second in which they can be proved: bookings that are due count as
    /// if they had been made.
    function _leftoversOf(
        Job storage job,
        JobHead memory head,
        JobRun memory run,
        uint256 unproved
    ) private view returns (Leftovers memory left) {
        (, uint256 challenged) = JobRecords.extrasOf(job, head);
        left.challenged = unproved & challenged;
        bool extras = JobRecords.extrasLeft(job, head, unproved);
        uint256 lapseEnd = job.stake.lapseEnd;
        JobTerms memory terms = job.terms;
        address modelStore = job.place.modelStore;
        left.bound = extras;
        for (uint256 place = 0; place < head.bids; ++place) {
            uint256 slices = job.bids[place].slices & unproved;
            if (slices == 0) continue;
            left.bound = true;
            (, uint256 raise, ) = Lapses.sharesOf(modelStore, terms, slices);
            left.raises += raise;
            Bid memory bid = job.bids[place].bid;
            if (bid.lapsed) continue;
            uint256 end = JobRecords.lockEnd(run, terms, bid) + terms.proveSeconds;
            if (end > lapseEnd) lapseEnd = end;
        }
        left.end = JobRecords.lastSecond(job, head, run, extras, lapseEnd);
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
    /// rest 10% to the caller, 20% to the challengers of unproved slices, the remainder burned. Nothing of it goes back to
    /// the executor, be it as caller or as challenger. One that is the requester keeps what challengers don't get.
    function _forfeitBond(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        uint256 bond,
        uint256 challenged,
        ICircuitRegistry circuits
    ) private {
        address executor = job.run.executor;
        address requester = job.origin.requester;
        bool own = executor == requester;
        uint256 spent = own ? 0 : job.head.spent;
        // An offer that was raised after the claim may have cost more than the bond.
        uint256 madeWhole = spent < bond ? spent : bond;
        uint256 rest = bond - madeWhole;
        uint256 reward = own || msg.sender == executor ? 0 : rest / 10;
        uint256 burned = rest - reward;
        if (challenged != 0) {
            Challenges memory of_ = _challengesOf(job, challenged, rest / 5 / challenged.count(), circuits);
            burned -= _returnBonds(market, jobId, job, of_);
        }
        if (own) (madeWhole, burned) = (burned, 0);
        market.seize(executor, bond);
        market.credit(requester, madeWhole);
        market.credit(msg.sender, reward);
        market.credit(Accounts.BURN, burned);
        emit IMarketEvents.BondForfeited(jobId, executor, madeWhole, reward, burned, msg.sender);
    }

    function _challengesOf(
        Job storage job,
        uint256 slices,
        uint256 share,
        ICircuitRegistry circuits
    ) private view returns (Challenges memory out) {
        (address publisher, , , , ) = ModelStore.headerOf(job.place.modelStore);
        out = Challenges({
            slices: slices,
            share: share,
            circuits: circuits,
            executor: job.run.executor,
            requester: job.origin.requester,
            publisher: publisher
        });
    }

    /// @dev Returns the bonds of challenges of unproved slices, each with a share of the executor's; none to the executor
    /// itself, nor for a slice whose key the requester or the model's publisher registered: who sold a key that can't be
    /// proved with doesn't earn by it.
    function _returnBonds(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        Challenges memory of_
    ) private returns (uint256 shares) {
        for (uint256 left = of_.slices; left != 0; left &= left - 1) {
            uint256 slice = left.lowest();
            address challenger = job.challenges[slice].challenger;
            (uint256 bond, ) = JobRecords.challengeStake(job, slice);
            uint256 reward = _earns(job, slice, challenger, of_) ? of_.share : 0;
            market.release(challenger, bond, reward);
            shares += reward;
            emit IMarketEvents.ChallengeUnproved(jobId, slice, challenger, bond, reward);
        }
    }

    function _earns(
        Job storage job,
        uint256 slice,
        address challenger,
        Challenges memory of_
    ) private view returns (bool) {
        if (of_.share == 0 || challenger == of_.executor) return false;
        uint256 circuit = SliceSpecs.circuit(ModelStore.sliceOf(job.place.modelStore, slice));
        address registrant = of_.circuits.registrantOf(circuit);
        return registrant != of_.requester && registrant != of_.publisher;
    }
}
