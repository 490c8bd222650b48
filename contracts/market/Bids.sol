// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {Masks} from "../libraries/Masks.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {JobState, SliceState} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {Admissions} from "./Admissions.sol";
import {Job, JobFlags, JobHead, JobRun, JobTerms, MarketState, SliceRecord} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Lapses} from "./Lapses.sol";

/// @title Bidding on slices, and booking the holds that ran out
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
library Bids {
    using Accounts for MarketState;
    using JobFlags for JobHead;
    using Masks for uint256;

    /// @dev What is the same for every slice of one bid.
    struct Context {
        bytes32 jobId;
        address prover;
        address modelStore;
        uint64 unitPrice;
        uint256 reserved;
        bool inTime;
        bool plainPriceFits;
        JobTerms terms;
        JobRun run;
        JobHead head;
    }

    /// @notice See {ISliceMarket-bidFor}.
    function bid(
        MarketState storage market,
        address prover,
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken) {
        if (slices == 0) revert IMarketErrors.NothingNamed();
        Job storage job = JobRecords.jobOf(market, jobId);
        Context memory context;
        JobHead memory head = job.head;
        if (head.state != JobState.Traced || job.traceHash != traceHash) return 0;
        if (!Admissions.admits(market, job, head, prover)) return 0;

        slices &= JobRecords.dueOf(job, head);
        if (head.has(JobFlags.CANCELLED)) {
            (uint256 audited, uint256 challenged) = JobRecords.extrasOf(job, head);
            slices &= audited | challenged;
        }
        context.jobId = jobId;
        context.prover = prover;
        context.modelStore = job.place.modelStore;
        context.unitPrice = unitPrice;
        JobTerms memory terms = job.terms;
        JobRun memory run = job.run;
        context.terms = terms;
        context.run = run;
        context.head = head;
        context.inTime = block.timestamp + terms.bidWindow + terms.proveSeconds <= run.deadline;
        if (!head.has(JobFlags.EXTRAS)) {
            context.plainPriceFits = unitPrice <= JobRecords.unitPriceNow(job, head, terms, 0);
        }
        while (slices != 0) {
            uint256 slice = slices.lowest();
            slices &= slices - 1;
            if (_bidOn(market, job, slice, context)) taken |= 1 << slice;
        }
        if (context.reserved != 0) market.reserve(prover, context.reserved);
    }

    /// @notice See {ISliceMarket-slash}.
    function slash(
        MarketState storage market,
        bytes32 jobId,
        uint256 slices
    ) external returns (uint256 booked) {
        if (slices == 0) revert IMarketErrors.NothingNamed();
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        if (head.state != JobState.Traced) return 0;
        booked = Lapses.bookAll(market, jobId, job, slices & JobRecords.dueOf(job, head));
    }

    /// @dev Takes one due slice if it can be had; the collateral is added up in the context.
    function _bidOn(
        MarketState storage market,
        Job storage job,
        uint256 slice,
        Context memory context
    ) private returns (bool) {
        SliceRecord memory record = job.slices[slice];
        JobTerms memory terms = context.terms;
        JobRun memory run = context.run;
        address outbid = address(0);
        uint256 windowEnd = block.timestamp + terms.bidWindow;
        if (record.state == SliceState.Open) {
            if (!context.inTime || !_priceFits(job, slice, context)) return false;
        } else {
            if (record.state != SliceState.Held || record.holder == context.prover) return false;
            windowEnd = JobRecords.windowEnd(run, record);
            if (terms.bidWindow == 0 || block.timestamp > windowEnd) return false;
            (bool possible, uint256 most) = Pricing.undercut(record.unitPrice, terms.minUndercutBps);
            if (!possible || context.unitPrice > most) return false;
            outbid = record.holder;
        }

        (uint256 weight, uint256 collateral) = JobRecords.stakeOf(context.modelStore, terms, slice);
        if (outbid != address(0)) market.release(outbid, collateral, 0);
        context.reserved += collateral;
        job.slices[slice] = SliceRecord({
            holder: context.prover,
            unitPrice: context.unitPrice,
            windowEnd: uint24(windowEnd - run.tracedAt),
            state: SliceState.Held
        });
        emit IMarketEvents.BidPlaced(
            context.jobId,
            slice,
            context.prover,
            context.unitPrice,
            weight * context.unitPrice,
            collateral,
            uint40(windowEnd),
            uint40(windowEnd + terms.proveSeconds),
            outbid
        );
        return true;
    }

    function _priceFits(Job storage job, uint256 slice, Context memory context) private view returns (bool) {
        if (!context.head.has(JobFlags.EXTRAS)) return context.plainPriceFits;
        return context.unitPrice <= JobRecords.unitPriceNow(job, context.head, context.terms, slice);
    }
}
