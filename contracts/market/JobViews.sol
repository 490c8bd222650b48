// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {JobState, SliceState} from "../types/MarketStates.sol";
import {Admissions} from "./Admissions.sol";
import {
    Job,
    JobChanges,
    JobConsumer,
    JobFlags,
    JobHead,
    JobOrigin,
    JobRun,
    JobStake,
    JobTerms,
    MarketState,
    SliceRecord
} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";

/// @title Jobs and slices as they stand, for readers off chain and other contracts
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
library JobViews {
    using JobFlags for JobHead;
    using Masks for uint256;

    /// @notice See {ISliceMarket-jobOf}.
    function jobOf(
        MarketState storage market,
        bytes32 jobId
    ) external view returns (ISliceMarket.JobView memory out) {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        _putTerms(job, head, out);
        _putExtras(job, head, out);
        out.state = head.state;
        out.requester = job.origin.requester;
        out.modelId = ModelStore.modelIdOf(job.place.modelStore);
        out.due = JobRecords.dueOf(job, head);
        out.dueCount = uint16(out.due.count());
        out.settledCount = out.dueCount - head.unproved;
        out.commitBy = uint40(JobRecords.commitBy(job));
        out.initialEscrow = uint128(head.escrow) + head.spent;
        bool ended = head.state == JobState.Finalized || head.state == JobState.Closed;
        if (!ended) out.escrow = head.escrow;
        JobRun memory run = job.run;
        JobStake memory stake = job.stake;
        out.executionPrice = stake.price;
        out.executor = run.executor;
        if (head.state == JobState.Claimed || head.state == JobState.Traced) out.bond = stake.bond;
        if (head.state == JobState.Claimed) out.claimEnd = run.deadline;
        if (run.tracedAt == 0) return out;
        out.executor = JobRecords.executorOf(job);
        out.traceHash = job.traceHash;
        out.tracedAt = run.tracedAt;
        out.deadline = run.deadline;
        if (head.state == JobState.Traced) out.raises = uint128(_raisesOf(job, out.due));
        out.closing = uint40(JobRecords.closing(job, run));
        if (!out.cancelled) return out;
        out.cancelEnd = uint40(JobRecords.cancelEnd(job, run));
        if (out.drawPending || out.audited | out.challenged != 0) return out;
        out.closing = stake.lapseEnd > out.cancelEnd ? stake.lapseEnd : out.cancelEnd;
        uint40 challengeEnd = run.tracedAt + out.challengeSeconds;
        bool open = run.executor != address(0) && out.challengeSeconds != 0;
        if (open && challengeEnd > out.closing) out.closing = challengeEnd;
    }

    /// @notice See {ISliceMarket-sliceOf}.
    function sliceOf(
        MarketState storage market,
        bytes32 jobId,
        uint256 slice
    ) external view returns (ISliceMarket.SliceView memory out) {
        Job storage job = JobRecords.jobOf(market, jobId);
        address store = job.place.modelStore;
        (, , , , uint256 count) = ModelStore.headerOf(store);
        if (slice >= count) revert IMarketErrors.UnknownSlice(jobId, slice);
        JobHead memory head = job.head;
        JobTerms memory terms = job.terms;
        JobRun memory run = job.run;
        SliceRecord memory record = job.slices[slice];
        (uint256 weight, uint256 collateral) = JobRecords.stakeOf(store, terms, slice);

        out.due = JobRecords.dueOf(job, head).has(slice);
        out.audited = job.audited.has(slice);
        out.challenger = job.challenges[slice].challenger;
        out.challengedAt = job.challenges[slice].challengedAt;
        out.state = record.state;
        out.booked = record.state == SliceState.Lapsed;
        out.holder = record.holder;
        out.unitPrice = record.unitPrice;
        uint256 high = out.challenger != address(0) && !out.audited
            ? terms.maxUnitPrice
            : JobRecords.highUnitPrice(job, head, terms);
        out.maxPrice = uint128(weight * high);
        out.collateral = uint128(collateral);
        if (record.state == SliceState.Held || out.booked) {
            out.windowEnd = uint40(JobRecords.windowEnd(run, record));
            out.lockEnd = out.windowEnd + terms.proveSeconds;
        }
        if (record.state == SliceState.Held && block.timestamp > out.lockEnd) out.state = SliceState.Lapsed;
        if (out.state == SliceState.Settled || !out.due || head.state != JobState.Traced) return out;
        if (out.state != SliceState.Held && block.timestamp > _lastSecond(job, head, terms, run, out)) return out;
        uint256 unit = out.state == SliceState.Open
            ? JobRecords.unitPriceNow(job, head, terms, slice)
            : record.unitPrice;
        out.price = uint128(weight * unit);
        if (out.state == SliceState.Lapsed) {
            (, uint256 raise, ) = Pricing.lapseShares(collateral);
            out.raise = uint128(raise);
        }
    }

    /// @notice See {ISliceMarket-coverageOf}.
    function coverageOf(
        MarketState storage market,
        bytes32 jobId
    ) external view returns (ISliceMarket.Coverage memory out) {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        address store = job.place.modelStore;
        (, , , , uint256 count) = ModelStore.headerOf(store);
        uint256 all = type(uint256).max >> (256 - count);
        uint256 due = JobRecords.dueOf(job, head);
        out.audited = job.audited;
        out.challenged = job.challenged;
        out.required = due & ~(out.audited | out.challenged);
        for (uint256 left = due; left != 0; left &= left - 1) {
            uint256 slice = left.lowest();
            if (job.slices[slice].state == SliceState.Settled) out.proved |= 1 << slice;
        }
        out.executedOnly = all & ~out.proved;
        out.unprovable = all & ~ModelStore.provableOf(store);
        out.fullyProved = out.proved == all;
    }

    /// @notice See {ISliceMarket-unitPriceNow}.
    function unitPriceNow(MarketState storage market, bytes32 jobId) external view returns (uint64) {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        JobTerms memory terms = job.terms;
        uint256 start = job.run.tracedAt;
        if (start == 0) return terms.minUnitPrice;
        uint256 high = JobRecords.highUnitPrice(job, head, terms);
        return
            uint64(Pricing.ramp(terms.minUnitPrice, high, block.timestamp - start, terms.rampSeconds));
    }

    /// @notice See {ISliceMarket-executionPriceNow}.
    function executionPriceNow(MarketState storage market, bytes32 jobId) external view returns (uint96) {
        Job storage job = JobRecords.jobOf(market, jobId);
        return uint96(JobRecords.executionPrice(job, job.head));
    }

    /// @notice See {ISliceMarket-admits}.
    function admits(
        MarketState storage market,
        bytes32 jobId,
        address account
    ) external view returns (bool) {
        Job storage job = JobRecords.jobOf(market, jobId);
        return Admissions.admits(market, job, job.head, account);
    }

    function _putTerms(
        Job storage job,
        JobHead memory head,
        ISliceMarket.JobView memory out
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
        out.execution = job.executionOffer;
        out.postedAt = origin.postedAt;
        out.jobSeconds = origin.jobSeconds;
        out.challengeSeconds = origin.challengeSeconds;
        out.audits = origin.audits;
    }

    function _putExtras(
        Job storage job,
        JobHead memory head,
        ISliceMarket.JobView memory out
    ) private view {
        JobConsumer memory taker = job.consumer;
        JobChanges memory changes = job.changes;
        out.cancelled = head.has(JobFlags.CANCELLED);
        out.outputCommitmentOnly = head.has(JobFlags.COMMITMENT_ONLY);
        out.drawPending = head.has(JobFlags.DRAW_PENDING);
        out.restricted = head.has(JobFlags.ADMISSION);
        out.drawAnchor = changes.anchor;
        out.drawnAt = changes.drawnAt;
        out.audited = job.audited;
        out.challenged = job.challenged;
        out.consumer = taker.consumer;
        out.consumerGas = taker.gasLimit;
        out.delivered = taker.delivered;
        out.outputDigest = job.outputDigest;
    }

    /// @dev The raises that wait for provers of booked lapses.
    function _raisesOf(Job storage job, uint256 due) private view returns (uint256 raises) {
        JobTerms memory terms = job.terms;
        address store = job.place.modelStore;
        for (; due != 0; due &= due - 1) {
            uint256 slice = due.lowest();
            if (job.slices[slice].state != SliceState.Lapsed) continue;
            (, uint256 collateral) = JobRecords.stakeOf(store, terms, slice);
            (, uint256 raise, ) = Pricing.lapseShares(collateral);
            raises += raise;
        }
    }

    /// @dev The last second in which a due slice that nobody holds can be proved, a lapse that isn't booked included.
    function _lastSecond(
        Job storage job,
        JobHead memory head,
        JobTerms memory terms,
        JobRun memory run,
        ISliceMarket.SliceView memory slice
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
