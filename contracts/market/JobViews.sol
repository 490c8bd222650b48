// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketViews} from "../interfaces/market/IMarketViews.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {JobState, SliceState} from "../types/MarketStates.sol";
import {Admissions} from "./Admissions.sol";
import {
    Bid,
    Job,
    JobChanges,
    JobFlags,
    JobHead,
    JobOrigin,
    JobRun,
    JobStake,
    JobTerms,
    MarketState
} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Lapses} from "./Lapses.sol";

/// @title Jobs and slices as they stand, for readers off chain and other contracts
library JobViews {
    using JobFlags for JobHead;
    using Masks for uint256;

    /// @notice See {IMarketViews-jobOf}.
    function jobOf(
        MarketState storage market,
        bytes32 jobId
    ) internal view returns (IMarketViews.JobView memory out) {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        _putTerms(job, head, out);
        _putExtras(job, head, out);
        out.state = head.state;
        out.requester = job.origin.requester;
        out.modelId = ModelStore.modelIdOf(job.place.modelStore);
        out.due = JobRecords.dueOf(job, head);
        out.dueCount = uint16(out.due.count());
        out.settledCount = uint16(JobRecords.settledOf(job, head).count());
        out.initialEscrow = uint128(head.escrow) + head.spent;
        bool ended = head.state == JobState.Finalized || head.state == JobState.Closed;
        if (!ended) out.escrow = head.escrow;
        JobRun memory run = job.run;
        JobStake memory stake = job.stake;
        out.executionPrice = stake.price;
        out.executor = run.executor;
        if (head.state == JobState.Claimed || head.state == JobState.Traced) out.bond = stake.bond;
        if (head.state == JobState.Claimed) out.claimEnd = run.deadline;
        if (run.tracedAt == 0) {
            out.execution = JobRecords.executionOffer(job);
            out.commitBy = uint40(JobRecords.commitBy(job));
            return out;
        }
        out.executor = JobRecords.executorOf(job);
        out.traceHash = job.offerOrTrace;
        out.tracedAt = run.tracedAt;
        out.deadline = run.deadline;
        if (head.state == JobState.Traced) out.raises = uint128(_raisesOf(job, head));
        if (out.cancelled) out.cancelEnd = uint40(JobRecords.cancelEnd(job, run));
        bool extras = JobRecords.extrasLeft(job, head, JobRecords.unprovedOf(job, head));
        out.closing = uint40(JobRecords.lastSecond(job, head, run, extras, stake.lapseEnd));
    }

    /// @notice See {IMarketViews-sliceOf}.
    function sliceOf(
        MarketState storage market,
        bytes32 jobId,
        uint256 slice
    ) internal view returns (IMarketViews.SliceView memory out) {
        Job storage job = JobRecords.jobOf(market, jobId);
        address store = job.place.modelStore;
        (, , , , uint256 count) = ModelStore.headerOf(store);
        if (slice >= count) revert IMarketErrors.UnknownSlice(jobId, slice);
        JobHead memory head = job.head;
        JobTerms memory terms = job.terms;
        JobRun memory run = job.run;
        uint256 weight = JobRecords.weightOf(store, slice);

        out.due = JobRecords.dueOf(job, head).has(slice);
        out.audited = job.audited.has(slice);
        out.challenger = job.challenges[slice].challenger;
        out.challengedAt = job.challenges[slice].challengedAt;
        uint256 high = out.challenger != address(0)
            ? terms.maxUnitPrice
            : JobRecords.highUnitPrice(job, head, terms);
        out.maxPrice = uint128(weight * high);
        out.collateral = uint128(weight * JobRecords.unitCollateral(terms));
        _putBid(job, head, slice, out);
        if (JobRecords.settledOf(job, head).has(slice)) out.state = SliceState.Settled;
        if (out.state == SliceState.Settled || !out.due || head.state != JobState.Traced) return out;
        if (out.state != SliceState.Held && block.timestamp > _lastSecond(job, head, terms, run, out)) return out;
        uint256 unit = out.state == SliceState.Open
            ? JobRecords.unitPriceNow(job, head, terms, slice)
            : out.unitPrice;
        out.price = uint128(weight * unit);
        if (out.state == SliceState.Lapsed) {
            (, uint256 raise, ) = Pricing.lapseShares(out.collateral);
            out.raise = uint128(raise);
        }
    }

    /// @notice See {IMarketViews-coverageOf}.
    function coverageOf(
        MarketState storage market,
        bytes32 jobId
    ) internal view returns (IMarketViews.Coverage memory out) {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        address store = job.place.modelStore;
        (, , , , uint256 count) = ModelStore.headerOf(store);
        uint256 all = type(uint256).max >> (256 - count);
        uint256 due = JobRecords.dueOf(job, head);
        out.audited = job.audited;
        out.challenged = job.challenged;
        out.required = due & ~(out.audited | out.challenged);
        out.proved = JobRecords.settledOf(job, head);
        out.executedOnly = all & ~out.proved;
        out.unprovable = all & ~ModelStore.provableOf(store);
        out.fullyProved = out.proved == all;
    }

    /// @notice See {IMarketViews-unitPriceNow}.
    function unitPriceNow(MarketState storage market, bytes32 jobId) internal view returns (uint64) {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        JobTerms memory terms = job.terms;
        uint256 start = job.run.tracedAt;
        if (start == 0) return terms.minUnitPrice;
        uint256 high = JobRecords.highUnitPrice(job, head, terms);
        return
            uint64(Pricing.ramp(terms.minUnitPrice, high, block.timestamp - start, terms.rampSeconds));
    }

    /// @notice See {IMarketViews-executionPriceNow}.
    function executionPriceNow(MarketState storage market, bytes32 jobId) internal view returns (uint96) {
        Job storage job = JobRecords.jobOf(market, jobId);
        if (job.run.tracedAt != 0) return 0;
        return uint96(JobRecords.executionPrice(job, job.head));
    }

    /// @notice See {IMarketViews-admits}.
    function admits(
        MarketState storage market,
        bytes32 jobId,
        address account
    ) internal view returns (bool) {
        Job storage job = JobRecords.jobOf(market, jobId);
        return Admissions.admits(job, job.head, jobId, account);
    }

    function _putTerms(
        Job storage job,
        JobHead memory head,
        IMarketViews.JobView memory out
    ) private view {
        JobTerms memory terms = job.terms;
        JobOrigin memory origin = job.origin;
        out.offer.minUnitPrice = terms.minUnitPrice;
        out.offer.maxUnitPrice = terms.maxUnitPrice;
        out.offer.rampSeconds = terms.rampSeconds;
        out.offer.bidWindow = terms.bidWindow;
        out.offer.proveSeconds = terms.proveSeconds;
        out.offer.minUndercutBps = terms.minUndercutBps;
        out.offer.collateralBps = terms.collateralBps;
        out.offer.settleTip = job.place.settleTip;
        out.highUnitPrice = uint64(JobRecords.highUnitPrice(job, head, terms));
        out.feeBps = terms.feeBps;
        out.postedAt = origin.postedAt;
        out.jobSeconds = origin.jobSeconds;
        out.challengeSeconds = origin.challengeSeconds;
        out.audits = origin.audits;
    }

    function _putExtras(
        Job storage job,
        JobHead memory head,
        IMarketViews.JobView memory out
    ) private view {
        JobChanges memory changes = job.changes;
        out.cancelled = head.has(JobFlags.CANCELLED);
        out.outputCommitmentOnly = head.has(JobFlags.COMMITMENT_ONLY);
        out.drawPending = head.has(JobFlags.DRAW_PENDING);
        if (head.has(JobFlags.ADMISSION)) out.admission = job.admission;
        out.drawAnchor = changes.anchor;
        out.drawnAt = changes.drawnAt;
        out.audited = job.audited;
        out.challenged = job.challenged;
        out.contestable = JobRecords.contestableOf(job, JobRecords.dueOf(job, head));
        out.outputDigest = job.outputDigest;
    }

    /// @dev Puts what the bid that has the slice says, if there is one.
    function _putBid(
        Job storage job,
        JobHead memory head,
        uint256 slice,
        IMarketViews.SliceView memory out
    ) private view {
        JobTerms memory terms = job.terms;
        JobRun memory run = job.run;
        for (uint256 place = 0; place < head.bids; ++place) {
            if (!job.bids[place].slices.has(slice)) continue;
            Bid memory bid = job.bids[place].bid;
            out.place = uint16(place);
            out.holder = bid.prover;
            out.unitPrice = bid.unitPrice;
            out.windowEnd = uint40(JobRecords.windowEnd(run, bid));
            out.lockEnd = uint40(JobRecords.lockEnd(run, terms, bid));
            out.booked = bid.lapsed;
            out.state = Lapses.isOver(bid, terms, run) ? SliceState.Lapsed : SliceState.Held;
            return;
        }
    }

    /// @dev The raises that wait for provers of booked lapses.
    function _raisesOf(Job storage job, JobHead memory head) private view returns (uint256 raises) {
        uint256 settled = JobRecords.settledOf(job, head);
        for (uint256 place = 0; place < head.bids; ++place) {
            if (!job.bids[place].bid.lapsed) continue;
            (, uint256 raise, ) = Lapses.sharesOf(
                job.place.modelStore,
                job.terms,
                job.bids[place].slices & ~settled
            );
            raises += raise;
        }
    }

    /// @dev The last second in which a due slice that nobody holds can be proved, a lapse that isn't booked included.
    function _lastSecond(
        Job storage job,
        JobHead memory head,
        JobTerms memory terms,
        JobRun memory run,
        IMarketViews.SliceView memory slice
    ) private view returns (uint256 end) {
        bool bound = slice.audited || slice.challenger != address(0);
        if (slice.state == SliceState.Open && head.has(JobFlags.CANCELLED) && !bound) {
            return JobRecords.cancelEnd(job, run);
        }
        end = JobRecords.closing(job, run);
        if (slice.state != SliceState.Lapsed) return end;
        uint256 lapseEnd = uint256(slice.lockEnd) + terms.proveSeconds;
        return lapseEnd > end ? lapseEnd : end;
    }
}
