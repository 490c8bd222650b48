// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {Job, JobClock, JobExecution, JobHead, JobTerms, SliceRecord} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";

/// @title Jobs and slices as they stand, for readers off chain
/// @notice Code of {SliceMarket} that is deployed by itself and linked, as {Requests} is.
library JobViews {
    using Masks for uint256;

    /// @notice See {ISliceMarket-jobOf}.
    function jobOf(Job storage job) external view returns (ISliceMarket.JobView memory out) {
        JobHead memory head = job.head;
        JobTerms memory terms = job.terms;
        JobClock memory clock = job.clock;
        JobExecution memory execution = job.execution;
        out.state = head.state;
        out.requester = head.requester;
        out.modelId = ModelStore.modelIdOf(job.place.modelStore);
        out.due = JobRecords.dueOf(job);
        out.dueCount = head.dueCount;
        out.settledCount = head.settledCount;
        out.feeBps = head.feeBps;
        out.cancelled = head.cancelled;
        out.initialEscrow = uint128(JobRecords.initialEscrow(job));
        out.escrow = job.money.escrow;
        out.raises = job.money.raises;
        out.execution = job.executionOffer;
        out.executionPrice = execution.price;
        out.executor = execution.executor;
        bool bonded = head.state == ISliceMarket.JobState.Claimed || head.state == ISliceMarket.JobState.Traced;
        if (execution.executor != address(0) && bonded) {
            out.bond = uint128(JobRecords.bondFor(job.executionOffer.maxPrice, out.initialEscrow));
        }
        out.postedAt = clock.postedAt;
        out.claimEnd = clock.claimEnd;
        out.commitBy = uint40(JobRecords.commitBy(job));
        out.jobSeconds = clock.jobSeconds;
        out.challengeSeconds = terms.challengeSeconds;
        if (clock.tracedAt != 0) {
            out.traceHash = job.traceHash;
            out.executor = JobRecords.executorOf(head, execution);
            out.tracedAt = clock.tracedAt;
            out.deadline = clock.deadline;
            out.closing = uint40(JobRecords.closing(clock));
        }
        out.offer.minUnitPrice = terms.minUnitPrice;
        out.offer.maxUnitPrice = terms.maxUnitPrice;
        out.offer.rampSeconds = terms.rampSeconds;
        out.offer.bidWindow = head.bidWindow;
        out.offer.proveSeconds = terms.proveSeconds;
        out.offer.minUndercutBps = terms.minUndercutBps;
        out.offer.collateralBps = terms.collateralBps;
        out.offer.settleTip = job.place.settleTip;
    }

    /// @notice See {ISliceMarket-sliceOf}.
    function sliceOf(
        Job storage job,
        bytes32 jobId,
        uint256 slice
    ) external view returns (ISliceMarket.SliceView memory out) {
        address store = job.place.modelStore;
        (, , , , uint256 count) = ModelStore.headerOf(store);
        if (slice >= count) revert ISliceMarket.UnknownSlice(jobId, slice);
        JobTerms memory terms = job.terms;
        JobClock memory clock = job.clock;
        SliceRecord memory record = job.slices[slice];
        (uint256 weight, uint256 collateral) = JobRecords.stakeOf(store, terms, slice);

        out.due = JobRecords.dueOf(job).has(slice);
        out.state = record.state;
        out.booked = record.state == ISliceMarket.SliceState.Lapsed;
        out.holder = record.holder;
        out.unitPrice = record.unitPrice;
        out.maxPrice = uint128(weight * terms.maxUnitPrice);
        out.collateral = uint128(collateral);
        if (record.state == ISliceMarket.SliceState.Held || out.booked) {
            out.windowEnd = uint40(JobRecords.windowEnd(clock, record));
            out.lockEnd = out.windowEnd + terms.proveSeconds;
        }
        if (record.state == ISliceMarket.SliceState.Held && block.timestamp > out.lockEnd) out.state = ISliceMarket.SliceState.Lapsed;
        if (out.state == ISliceMarket.SliceState.Settled || !out.due || job.head.state != ISliceMarket.JobState.Traced) return out;
        if (out.state != ISliceMarket.SliceState.Held && block.timestamp > _lastSecond(job, out, terms, clock)) {
            return out;
        }
        uint256 unit = out.state == ISliceMarket.SliceState.Open ? JobRecords.unitPriceNow(terms, clock) : record.unitPrice;
        out.price = uint128(weight * unit);
        if (out.state == ISliceMarket.SliceState.Lapsed) {
            (, uint256 raise, ) = Pricing.lapseShares(collateral);
            out.raise = uint128(raise);
        }
    }

    /// @dev The last second in which a due slice that nobody holds can be proved, a lapse that isn't booked included.
    function _lastSecond(
        Job storage job,
        ISliceMarket.SliceView memory slice,
        JobTerms memory terms,
        JobClock memory clock
    ) private view returns (uint256 end) {
        if (slice.state == ISliceMarket.SliceState.Open && job.head.cancelled) return clock.deadline;
        end = JobRecords.closing(clock);
        if (slice.state != ISliceMarket.SliceState.Lapsed) return end;
        uint256 lapseEnd = uint256(slice.lockEnd) + terms.proveSeconds;
        return lapseEnd > end ? lapseEnd : end;
    }
}
