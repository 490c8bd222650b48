// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {Masks} from "../libraries/Masks.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {JobState, SliceState} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {Job, JobFlags, JobHead, JobRun, JobTerms, MarketState, SliceRecord} from "./JobRecord.sol";
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

    /// @notice Books a hold that ran out. Changes the slice's record, the job's last lapse and the holder's entry, and
    /// `record` and `totals` in memory; the caller credits the totals.
    function book(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        uint256 slice,
        SliceRecord memory record,
        uint256 collateral,
        JobTerms memory terms,
        JobRun memory run,
        Totals memory totals
    ) internal {
        (uint256 burned, uint256 raise, uint256 reward) = Pricing.lapseShares(collateral);
        record.state = SliceState.Lapsed;
        job.slices[slice].state = SliceState.Lapsed;
        market.seize(record.holder, collateral);
        totals.burned += burned;
        totals.reward += reward;
        uint256 end = JobRecords.windowEnd(run, record) + 2 * uint256(terms.proveSeconds);
        if (end > job.stake.lapseEnd) job.stake.lapseEnd = uint40(end);
        emit IMarketEvents.SliceLapsed(
            jobId,
            slice,
            record.holder,
            burned,
            raise,
            reward,
            msg.sender,
            uint40(JobRecords.closing(job, run))
        );
    }

    /// @notice Books those of the named slices that are held and ran out, and stores what that leaves.
    function bookAll(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        uint256 slices
    ) internal returns (uint256 booked) {
        JobTerms memory terms = job.terms;
        JobRun memory run = job.run;
        Totals memory totals;
        address modelStore = job.place.modelStore;
        while (slices != 0) {
            uint256 slice = slices.lowest();
            slices &= slices - 1;
            SliceRecord memory record = job.slices[slice];
            if (record.state != SliceState.Held) continue;
            if (block.timestamp <= JobRecords.windowEnd(run, record) + terms.proveSeconds) continue;
            (, uint256 collateral) = JobRecords.stakeOf(modelStore, terms, slice);
            book(market, jobId, job, slice, record, collateral, terms, run, totals);
            booked |= 1 << slice;
        }
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
        JobRun memory run = job.run;
        if (block.timestamp <= run.deadline) revert IMarketErrors.ClaimRunning(jobId, run.deadline);
        address executor = run.executor;
        uint256 bond = job.stake.bond;
        uint256 reward = bond / 10;
        head.state = JobState.Posted;
        head.flags |= JobFlags.EXECUTION_LAPSED;
        job.head = head;
        delete job.run;
        delete job.stake;
        market.seize(executor, bond);
        market.credit(Accounts.BURN, bond - reward);
        market.credit(msg.sender, reward);
        emit IMarketEvents.ExecutionLapsed(jobId, executor, bond - reward, reward, msg.sender);
    }
}
