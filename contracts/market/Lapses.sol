// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {Masks} from "../libraries/Masks.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {JobState, SliceState} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {Job, JobFlags, JobHead, JobTerms, MarketState, SliceRecord} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";

/// @title Booking holds and claims that ran out
library Lapses {
    using Accounts for MarketState;
    using Masks for uint256;

    /// @dev What booking leaves to be credited, summed up so that each account is written once.
    struct Totals {
        uint256 burned;
        uint256 reward;
    }

    /// @notice Books a hold that ran out. Changes the slice's record and the holder's entry, and `head`, `record` and
    /// `totals` in memory, which the caller stores and credits.
    function book(
        MarketState storage market,
        bytes32 jobId,
        uint256 slice,
        SliceRecord storage stored,
        SliceRecord memory record,
        uint256 collateral,
        JobHead memory head,
        Totals memory totals
    ) internal {
        (uint256 burned, uint256 raise, uint256 reward) = Pricing.lapseShares(collateral);
        record.state = SliceState.Lapsed;
        stored.state = SliceState.Lapsed;
        market.seize(record.holder, collateral);
        totals.burned += burned;
        totals.reward += reward;
        uint256 end = JobRecords.windowEnd(head, record) + 2 * uint256(head.proveSeconds);
        if (end > head.lapseEnd) head.lapseEnd = uint40(end);
        emit IMarketEvents.SliceLapsed(
            jobId,
            slice,
            record.holder,
            burned,
            raise,
            reward,
            msg.sender,
            uint40(JobRecords.closing(head))
        );
    }

    /// @notice Books those of the named slices that are held and ran out, and stores what that leaves.
    function bookAll(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        uint256 slices
    ) internal returns (uint256 booked) {
        JobHead memory head = job.head;
        JobTerms memory terms = job.terms;
        Totals memory totals;
        address modelStore = job.place.modelStore;
        while (slices != 0) {
            uint256 slice = slices.lowest();
            slices &= slices - 1;
            SliceRecord storage stored = job.slices[slice];
            SliceRecord memory record = stored;
            if (record.state != SliceState.Held) continue;
            if (block.timestamp <= JobRecords.windowEnd(head, record) + head.proveSeconds) continue;
            (, uint256 collateral) = JobRecords.stakeOf(modelStore, terms, slice);
            book(market, jobId, slice, stored, record, collateral, head, totals);
            booked |= 1 << slice;
        }
        if (booked == 0) return 0;
        job.head = head;
        credit(market, totals);
    }

    /// @notice Credits what was burned, and the caller's rewards.
    function credit(MarketState storage market, Totals memory totals) internal {
        market.credit(Accounts.BURN, totals.burned);
        market.credit(msg.sender, totals.reward);
    }

    /// @notice Takes the bond of a claimant who brought no trace in time: 90% burned, 10% to the caller. Reverts while
    /// the claim has time.
    function bookExecution(MarketState storage market, bytes32 jobId, Job storage job) internal {
        JobHead memory head = job.head;
        if (block.timestamp <= head.deadline) revert IMarketErrors.ClaimRunning(jobId, head.deadline);
        address executor = job.execution.executor;
        uint256 bond = job.execution.bond;
        uint256 reward = bond / 10;
        head.state = JobState.Posted;
        head.flags |= JobFlags.EXECUTION_LAPSED;
        head.deadline = 0;
        job.head = head;
        delete job.execution;
        market.seize(executor, bond);
        market.credit(Accounts.BURN, bond - reward);
        market.credit(msg.sender, reward);
        emit IMarketEvents.ExecutionLapsed(jobId, executor, bond - reward, reward, msg.sender);
    }
}
