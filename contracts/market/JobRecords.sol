// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {ExecutionOffer} from "../types/JobRequest.sol";
import {JobState} from "../types/MarketStates.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {
    Job,
    JobFlags,
    JobHead,
    JobOrigin,
    JobRun,
    JobTerms,
    MarketState,
    SliceRecord
} from "./JobRecord.sol";

/// @title What follows from a job's record
library JobRecords {
    using JobFlags for JobHead;
    using Masks for uint256;

    /// @notice The record of a job that there is.
    function jobOf(MarketState storage market, bytes32 jobId) internal view returns (Job storage job) {
        job = market.jobs[jobId];
        if (job.head.state == JobState.None) revert IMarketErrors.UnknownJob(jobId);
    }

    /// @notice The slices that have to be proved.
    function dueOf(Job storage job, JobHead memory head) internal view returns (uint256 due) {
        if (head.has(JobFlags.SOME_DUE)) return job.due;
        return ModelStore.provableOf(job.place.modelStore);
    }

    /// @notice The slices that were drawn, and the others that were challenged. Neither can be cancelled; the escrow
    /// pays for the first, the challenger for the second.
    function extrasOf(
        Job storage job,
        JobHead memory head
    ) internal view returns (uint256 audited, uint256 challenged) {
        if (!head.has(JobFlags.EXTRAS)) return (0, 0);
        audited = job.audited;
        challenged = job.challenged & ~audited;
    }

    /// @notice Last second for any trace. Follows from what is fixed at post, so it never moves: the ramp and two claims.
    function commitBy(Job storage job) internal view returns (uint256) {
        ExecutionOffer memory offer = job.executionOffer;
        if (offer.commitSeconds == 0) return 0;
        return uint256(job.origin.postedAt) + offer.rampSeconds + 2 * uint256(offer.commitSeconds);
    }

    /// @notice Where the ramp of unit prices ends now.
    function highUnitPrice(
        Job storage job,
        JobHead memory head,
        JobTerms memory terms
    ) internal view returns (uint256) {
        return head.has(JobFlags.RAISED) ? job.changes.highUnitPrice : terms.maxUnitPrice;
    }

    /// @notice The highest unit price of a first bid on a slice now. The ramp starts at the trace, for drawn slices at
    /// the draw, for challenged ones at the challenge.
    function unitPriceNow(
        Job storage job,
        JobHead memory head,
        JobTerms memory terms,
        uint256 slice
    ) internal view returns (uint256) {
        uint256 start = job.run.tracedAt;
        uint256 high = highUnitPrice(job, head, terms);
        (uint256 audited, uint256 challenged) = extrasOf(job, head);
        if (audited.has(slice)) {
            start = job.changes.drawnAt;
        } else if (challenged.has(slice)) {
            // The challenger's bond was reckoned by what the offer was at post.
            start = job.challenges[slice].challengedAt;
            high = terms.maxUnitPrice;
        }
        return Pricing.ramp(terms.minUnitPrice, high, block.timestamp - start, terms.rampSeconds);
    }

    /// @notice Last second for proofs of slices that nobody holds: the later of the deadline and the last lapse's end.
    function closing(Job storage job, JobRun memory run) internal view returns (uint256) {
        uint256 lapseEnd = job.stake.lapseEnd;
        return lapseEnd > run.deadline ? lapseEnd : run.deadline;
    }

    /// @notice Last second for proofs of a cancelled job's open slices.
    function cancelEnd(Job storage job, JobRun memory run) internal view returns (uint256) {
        return uint256(run.tracedAt) + job.changes.cancelSpan;
    }

    /// @notice Last second for other bids on a held slice.
    function windowEnd(JobRun memory run, SliceRecord memory record) internal pure returns (uint256) {
        // 40 and 24 bits.
        unchecked {
            return uint256(run.tracedAt) + record.windowEnd;
        }
    }

    /// @notice Weight and collateral of a slice of the job.
    function stakeOf(
        address modelStore,
        JobTerms memory terms,
        uint256 slice
    ) internal view returns (uint256 weight, uint256 collateral) {
        weight = SliceSpecs.weight(ModelStore.sliceOf(modelStore, slice));
        collateral = Pricing.collateral(weight * terms.maxUnitPrice, terms.collateralBps);
    }

    /// @notice What a challenger puts up for a slice: its highest price and a tip.
    function challengeBond(Job storage job, uint256 slice) internal view returns (uint256) {
        uint256 weight = SliceSpecs.weight(ModelStore.sliceOf(job.place.modelStore, slice));
        return weight * job.terms.maxUnitPrice + job.place.settleTip;
    }

    /// @notice Who executed: the claimant, or the requester that brought the trace itself.
    function executorOf(Job storage job) internal view returns (address executor) {
        executor = job.run.executor;
        if (executor == address(0)) executor = job.origin.requester;
    }

    /// @notice What claiming the execution pays now.
    function executionPrice(Job storage job, JobHead memory head) internal view returns (uint256) {
        ExecutionOffer memory offer = job.executionOffer;
        bool lapsed = head.has(JobFlags.EXECUTION_LAPSED) ||
            (head.state == JobState.Claimed && block.timestamp > job.run.deadline);
        if (lapsed) return offer.maxPrice;
        JobOrigin memory origin = job.origin;
        return
            Pricing.ramp(
                offer.minPrice,
                offer.maxPrice,
                block.timestamp - origin.postedAt,
                offer.rampSeconds
            );
    }
}
