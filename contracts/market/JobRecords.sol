// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {ExecutionOffer, JobRequest} from "../types/JobRequest.sol";
import {JobState} from "../types/MarketStates.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {
    Bid,
    Job,
    JobFlags,
    JobHead,
    JobOrigin,
    JobRun,
    JobTerms,
    MarketState
} from "./JobRecord.sol";

/// @title What follows from a job's record
library JobRecords {
    using JobFlags for JobHead;
    using Masks for uint256;

    /// @notice The id that a request has in the market, by the hash of its encoding: chain and market are in it.
    function requestIdOf(
        JobRequest calldata request,
        bytes32 requestHash
    ) internal view returns (bytes32 requestId) {
        return
            keccak256(abi.encode(block.chainid, address(this), request.requester, request.nonce, requestHash));
    }

    /// @notice The id of a request's job: with the hash of the inputs' commitments by itself, so that a trace is held
    /// against them though the market keeps nothing of them.
    function idOf(bytes32 requestId, bytes32 inputsHash) internal pure returns (bytes32 jobId) {
        return keccak256(abi.encode(requestId, inputsHash));
    }

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

    /// @notice The slices that are proved and paid.
    function settledOf(Job storage job, JobHead memory head) internal view returns (uint256) {
        if (head.has(JobFlags.ALL_SETTLED)) return dueOf(job, head);
        // Most models have no slice beyond the 24 that the head knows of.
        if (!head.has(JobFlags.SETTLED_HIGH)) return head.settledLow;
        return head.settledLow | (job.settledHigh << 24);
    }

    /// @notice Adds slices to the settled ones: changes the head, which the caller stores, and what is kept beside it.
    /// @param left The due slices that aren't settled yet, of which they are some.
    function settle(Job storage job, JobHead memory head, uint256 slices, uint256 left) internal {
        if (slices == left) head.flags |= JobFlags.ALL_SETTLED;
        else _keepSettled(job, head, slices);
    }

    /// @notice Makes more slices due: changes the head, which the caller stores, and what is kept beside it.
    /// @param due Those that were due before. @param more Others.
    function makeDue(Job storage job, JobHead memory head, uint256 due, uint256 more) internal {
        if (head.has(JobFlags.ALL_SETTLED)) {
            head.flags &= ~JobFlags.ALL_SETTLED;
            _keepSettled(job, head, due);
        }
        job.due = due | more;
        head.flags |= JobFlags.SOME_DUE | JobFlags.EXTRAS;
    }

    function _keepSettled(Job storage job, JobHead memory head, uint256 slices) private {
        head.settledLow |= uint24(slices);
        if (slices >> 24 == 0) return;
        job.settledHigh = (head.has(JobFlags.SETTLED_HIGH) ? job.settledHigh : 0) | (slices >> 24);
        head.flags |= JobFlags.SETTLED_HIGH;
    }

    /// @notice The slices that somebody bid on: held, lapsed, or settled by their holder.
    function takenOf(Job storage job, JobHead memory head) internal view returns (uint256 taken) {
        for (uint256 place = 0; place < head.bids; ++place) taken |= job.bids[place].slices;
    }

    /// @notice The slices that may still become due: those that the request lets be drawn and challenged.
    function contestableOf(Job storage job, uint256 due) internal view returns (uint256) {
        uint256 named = job.contestable;
        if (named == 0) named = ModelStore.provableOf(job.place.modelStore);
        return named & ~due;
    }

    /// @notice The slices that were drawn, and those that were challenged: no slice is both, since challenges come after
    /// the draw. Neither can be cancelled; the escrow pays for the first, the challenger for the second.
    function extrasOf(
        Job storage job,
        JobHead memory head
    ) internal view returns (uint256 audited, uint256 challenged) {
        if (!head.has(JobFlags.EXTRAS)) return (0, 0);
        return (job.audited, job.challenged);
    }

    /// @notice The offer for the execution as one word: 96 bits for each price, 32 for each time.
    function packOffer(ExecutionOffer calldata offer) internal pure returns (bytes32) {
        return
            bytes32(
                uint256(offer.minPrice) |
                    (uint256(offer.maxPrice) << 96) |
                    (uint256(offer.rampSeconds) << 192) |
                    (uint256(offer.commitSeconds) << 224)
            );
    }

    /// @notice The offer for the execution of a job that has no trace; all zero where the requester brings it.
    function executionOffer(Job storage job) internal view returns (ExecutionOffer memory offer) {
        uint256 word = uint256(job.offerOrTrace);
        offer.minPrice = uint96(word);
        offer.maxPrice = uint96(word >> 96);
        offer.rampSeconds = uint32(word >> 192);
        offer.commitSeconds = uint32(word >> 224);
    }

    /// @notice Last second for any trace, of a job that has none. Follows from what is fixed at post, so it never moves: the
    /// ramp and two claims.
    function commitBy(Job storage job) internal view returns (uint256) {
        ExecutionOffer memory offer = executionOffer(job);
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

    /// @notice Those of some slices that nobody holds whose highest price for a first bid has come up to a price.
    function affordable(
        Job storage job,
        JobHead memory head,
        JobTerms memory terms,
        uint256 slices,
        uint256 unitPrice
    ) internal view returns (uint256 fits) {
        (uint256 audited, uint256 challenged) = extrasOf(job, head);
        uint256 others = slices & ~(audited | challenged);
        if (others != 0 && unitPrice <= unitPriceNow(job, head, terms, others.lowest())) fits = others;
        // All that were drawn have one ramp, each that was challenged its own.
        audited &= slices;
        if (audited != 0 && unitPrice <= unitPriceNow(job, head, terms, audited.lowest())) fits |= audited;
        for (challenged &= slices; challenged != 0; challenged &= challenged - 1) {
            uint256 slice = challenged.lowest();
            if (unitPrice <= unitPriceNow(job, head, terms, slice)) fits |= 1 << slice;
        }
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

    /// @notice The last second for challenges; 0 where nobody may challenge.
    function challengeEnd(Job storage job, JobRun memory run) internal view returns (uint256) {
        if (run.executor == address(0)) return 0;
        uint256 span = job.origin.challengeSeconds;
        return span == 0 ? 0 : run.tracedAt + span;
    }

    /// @notice Whether slices that can't be cancelled, drawn or challenged ones, are unproved or may still come.
    function extrasLeft(Job storage job, JobHead memory head, uint256 unproved) internal view returns (bool) {
        (uint256 audited, uint256 challenged) = extrasOf(job, head);
        return head.has(JobFlags.DRAW_PENDING) || unproved & (audited | challenged) != 0;
    }

    /// @notice Last second of a job with a trace: after it what is unproved stays so. A cancelled job ends when its open slices
    /// can't be proved any more, and nobody may challenge, unless slices that can't be cancelled are left.
    /// @param extras See {extrasLeft}. @param lapseEnd The latest end of a lapse.
    function lastSecond(
        Job storage job,
        JobHead memory head,
        JobRun memory run,
        bool extras,
        uint256 lapseEnd
    ) internal view returns (uint256 end) {
        end = run.deadline;
        if (head.has(JobFlags.CANCELLED) && !extras) {
            end = cancelEnd(job, run);
            uint256 challenges = challengeEnd(job, run);
            if (challenges > end) end = challenges;
        }
        if (lapseEnd > end) end = lapseEnd;
    }

    /// @notice The due slices that aren't settled.
    function unprovedOf(Job storage job, JobHead memory head) internal view returns (uint256) {
        return dueOf(job, head) & ~settledOf(job, head);
    }

    /// @notice Last second for other bids on a bid's slices.
    function windowEnd(JobRun memory run, Bid memory bid) internal pure returns (uint256) {
        // 40 and 24 bits.
        unchecked {
            return uint256(run.tracedAt) + bid.windowEnd;
        }
    }

    /// @notice Last second for the bidder alone.
    function lockEnd(JobRun memory run, JobTerms memory terms, Bid memory bid) internal pure returns (uint256) {
        // 41 and 24 bits.
        unchecked {
            return windowEnd(run, bid) + terms.proveSeconds;
        }
    }

    /// @notice What a holder reserves for each constraint.
    function unitCollateral(JobTerms memory terms) internal pure returns (uint256) {
        return Pricing.collateral(terms.maxUnitPrice, terms.collateralBps);
    }

    /// @notice The weight of one slice of the job.
    function weightOf(address modelStore, uint256 slice) internal view returns (uint256) {
        return SliceSpecs.weight(ModelStore.sliceOf(modelStore, slice));
    }

    /// @notice What a challenger puts up for a slice: its highest price and a tip, which pay for the proof, and its highest
    /// price once more, which is lost to those who had to wait if there is one.
    function challengeStake(Job storage job, uint256 slice) internal view returns (uint256 bond, uint256 delay) {
        delay = weightOf(job.place.modelStore, slice) * job.terms.maxUnitPrice;
        bond = 2 * delay + job.place.settleTip;
    }

    /// @notice Who executed: the claimant, or the requester that brought the trace itself.
    function executorOf(Job storage job) internal view returns (address executor) {
        executor = job.run.executor;
        if (executor == address(0)) executor = job.origin.requester;
    }

    /// @notice What claiming the execution of a job without a trace pays now.
    function executionPrice(Job storage job, JobHead memory head) internal view returns (uint256) {
        ExecutionOffer memory offer = executionOffer(job);
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
