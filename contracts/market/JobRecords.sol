// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {ExecutionOffer} from "../types/JobRequest.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {Job, JobClock, JobExecution, JobHead, JobPlace, JobTerms, SliceRecord} from "./JobRecord.sol";

/// @title What follows from a job's record
library JobRecords {
    using Masks for uint256;

    /// @notice The slices that have to be proved.
    function dueOf(Job storage job) internal view returns (uint256 due) {
        due = job.required;
        if (due == 0) due = ModelStore.provableOf(job.place.modelStore);
    }

    /// @notice What a job escrowed: the execution's highest price, those of all due slices, and as many tips.
    function escrowFor(
        address modelStore,
        uint256 due,
        uint256 maxUnitPrice,
        uint256 settleTip,
        uint256 executionMax
    ) internal view returns (uint256) {
        (, , , , uint256 count) = ModelStore.headerOf(modelStore);
        uint256[] memory slices = ModelStore.slicesOf(modelStore, count);
        uint256 weight = 0;
        uint256 tips = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (!due.has(i)) continue;
            weight += SliceSpecs.weight(slices[i]);
            tips += settleTip;
        }
        return executionMax + weight * maxUnitPrice + tips;
    }

    function initialEscrow(Job storage job) internal view returns (uint256) {
        JobPlace memory place = job.place;
        return
            escrowFor(
                place.modelStore,
                dueOf(job),
                job.terms.maxUnitPrice,
                place.settleTip,
                job.executionOffer.maxPrice
            );
    }

    /// @notice What an executor has at stake: the larger of 200% of the execution's highest price and the job's escrow.
    function bondFor(uint256 executionMax, uint256 escrow) internal pure returns (uint256) {
        return 2 * executionMax > escrow ? 2 * executionMax : escrow;
    }

    /// @notice Last second for any trace. Follows from what is fixed at post, so it never moves: the ramp and two claims.
    function commitBy(Job storage job) internal view returns (uint256) {
        uint256 commitSeconds = job.executionOffer.commitSeconds;
        if (commitSeconds == 0) return 0;
        return job.clock.postedAt + job.executionOffer.rampSeconds + 2 * commitSeconds;
    }

    function unitPriceNow(JobTerms memory terms, JobClock memory clock) internal view returns (uint256) {
        return
            Pricing.ramp(
                terms.minUnitPrice,
                terms.maxUnitPrice,
                block.timestamp - clock.tracedAt,
                terms.rampSeconds
            );
    }

    function closing(JobClock memory clock) internal pure returns (uint256) {
        return clock.lapseEnd > clock.deadline ? clock.lapseEnd : clock.deadline;
    }

    /// @notice Last second for other bids on a held slice.
    function windowEnd(JobClock memory clock, SliceRecord memory record) internal pure returns (uint256) {
        return uint256(clock.tracedAt) + record.windowEnd;
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

    /// @notice Who executed: the claimant, or the requester that brought the trace itself.
    function executorOf(
        JobHead memory head,
        JobExecution memory execution
    ) internal pure returns (address) {
        return execution.executor == address(0) ? head.requester : execution.executor;
    }

    /// @notice What claiming the execution pays now.
    function executionPrice(Job storage job) internal view returns (uint256) {
        ExecutionOffer memory offer = job.executionOffer;
        JobClock memory clock = job.clock;
        bool lapsed = clock.executionLapsed || (clock.claimEnd != 0 && block.timestamp > clock.claimEnd);
        if (lapsed) return offer.maxPrice;
        return
            Pricing.ramp(offer.minPrice, offer.maxPrice, block.timestamp - clock.postedAt, offer.rampSeconds);
    }
}
