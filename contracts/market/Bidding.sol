// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Masks} from "../libraries/Masks.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {Executing} from "./Executing.sol";
import {Job, JobClock, JobHead, JobMoney, JobTerms, SliceRecord} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";

/// @title Bidding on slices, and booking the holds that ran out
abstract contract Bidding is Executing {
    using Masks for uint256;

    /// @dev What is the same for every slice of one bid.
    struct BidContext {
        bytes32 jobId;
        address modelStore;
        uint64 unitPrice;
        uint256 bidWindow;
        uint256 reserved;
        bool firstBidsOpen;
        JobTerms terms;
        JobClock clock;
    }

    /// @inheritdoc ISliceMarket
    function bid(
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken) {
        if (slices == 0) revert NothingNamed();
        Job storage job = _jobOf(jobId);
        JobHead memory head = job.head;
        if (head.state != JobState.Traced || head.cancelled || job.traceHash != traceHash) return 0;

        BidContext memory context;
        context.jobId = jobId;
        context.modelStore = job.place.modelStore;
        context.unitPrice = unitPrice;
        context.bidWindow = head.bidWindow;
        context.terms = job.terms;
        context.clock = job.clock;
        uint256 lockEnd = block.timestamp + head.bidWindow + context.terms.proveSeconds;
        context.firstBidsOpen =
            lockEnd <= context.clock.deadline &&
            unitPrice <= JobRecords.unitPriceNow(context.terms, context.clock);

        slices &= JobRecords.dueOf(job);
        while (slices != 0) {
            uint256 slice = slices.lowest();
            slices &= slices - 1;
            if (_bidOn(job, slice, context)) taken |= 1 << slice;
        }
        if (context.reserved != 0) _reserve(msg.sender, context.reserved);
    }

    /// @inheritdoc ISliceMarket
    function slash(bytes32 jobId, uint256 slices) external returns (uint256 booked) {
        if (slices == 0) revert NothingNamed();
        Job storage job = _jobOf(jobId);
        if (job.head.state != JobState.Traced) return 0;
        booked = _bookLapses(jobId, job, slices & JobRecords.dueOf(job));
    }

    /// @inheritdoc ISliceMarket
    function unitPriceNow(bytes32 jobId) external view returns (uint64) {
        Job storage job = _jobOf(jobId);
        JobClock memory clock = job.clock;
        if (clock.tracedAt == 0) return job.terms.minUnitPrice;
        return uint64(JobRecords.unitPriceNow(job.terms, clock));
    }

    /// @dev Books those of the named slices that are held and ran out.
    function _bookLapses(bytes32 jobId, Job storage job, uint256 slices) internal returns (uint256 booked) {
        JobTerms memory terms = job.terms;
        JobClock memory clock = job.clock;
        JobMoney memory money = job.money;
        LapseTotals memory totals;
        address modelStore = job.place.modelStore;
        while (slices != 0) {
            uint256 slice = slices.lowest();
            slices &= slices - 1;
            SliceRecord storage stored = job.slices[slice];
            SliceRecord memory record = stored;
            if (record.state != SliceState.Held) continue;
            if (block.timestamp <= JobRecords.windowEnd(clock, record) + terms.proveSeconds) continue;
            (, uint256 collateral) = JobRecords.stakeOf(modelStore, terms, slice);
            _bookLapse(
                jobId,
                slice,
                stored,
                record,
                collateral,
                terms.proveSeconds,
                money,
                clock,
                totals
            );
            booked |= 1 << slice;
        }
        if (booked == 0) return 0;
        job.money = money;
        job.clock = clock;
        _creditLapses(totals);
    }

    /// @dev Takes one due slice if it can be had; the collateral is added up in the context.
    function _bidOn(Job storage job, uint256 slice, BidContext memory context) private returns (bool) {
        SliceRecord memory record = job.slices[slice];
        address outbid = address(0);
        uint256 windowEnd = block.timestamp + context.bidWindow;
        if (record.state == SliceState.Open) {
            if (!context.firstBidsOpen) return false;
        } else {
            if (record.state != SliceState.Held || record.holder == msg.sender) return false;
            windowEnd = JobRecords.windowEnd(context.clock, record);
            if (context.bidWindow == 0 || block.timestamp > windowEnd) return false;
            (bool possible, uint256 most) = Pricing.undercut(record.unitPrice, context.terms.minUndercutBps);
            if (!possible || context.unitPrice > most) return false;
            outbid = record.holder;
        }

        (uint256 weight, uint256 collateral) = JobRecords.stakeOf(context.modelStore, context.terms, slice);
        if (outbid != address(0)) _release(outbid, collateral, 0);
        context.reserved += collateral;
        job.slices[slice] = SliceRecord({
            holder: msg.sender,
            unitPrice: context.unitPrice,
            windowEnd: uint24(windowEnd - context.clock.tracedAt),
            state: SliceState.Held
        });
        emit BidPlaced(
            context.jobId,
            slice,
            msg.sender,
            context.unitPrice,
            weight * context.unitPrice,
            collateral,
            uint40(windowEnd),
            uint40(windowEnd + context.terms.proveSeconds),
            outbid
        );
        return true;
    }
}
