// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {Masks} from "../libraries/Masks.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {JobState} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {Bid, BidRecord, Job, JobFlags, JobHead, JobRun, JobTerms, MarketState} from "./JobRecord.sol";
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

    /// @notice Whether a bid's time passed, booked or not.
    function isOver(Bid memory bid, JobTerms memory terms, JobRun memory run) internal view returns (bool) {
        return block.timestamp > JobRecords.lockEnd(run, terms, bid);
    }

    /// @notice Books a bid that ran out with slices unproved. Changes the bid, the job's last lapse and the bidder's entry, and
    /// `totals` in memory; the caller credits these.
    /// @param slices Those of its slices that aren't settled: at least one.
    function book(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        uint256 place,
        uint256 slices,
        Totals memory totals
    ) internal {
        BidRecord storage record = job.bids[place];
        Bid memory bid = record.bid;
        record.bid.lapsed = true;
        JobTerms memory terms = job.terms;
        JobRun memory run = job.run;
        (uint256 burned, uint256 raise, uint256 reward) = sharesOf(job.place.modelStore, terms, slices);
        market.seize(bid.prover, burned + raise + reward);
        totals.burned += burned;
        totals.reward += reward;
        uint256 end = JobRecords.lockEnd(run, terms, bid) + terms.proveSeconds;
        if (end > job.stake.lapseEnd) job.stake.lapseEnd = uint40(end);
        emit IMarketEvents.SlicesLapsed(
            jobId,
            bid.prover,
            place,
            slices,
            burned,
            raise,
            reward,
            msg.sender,
            uint40(JobRecords.closing(job, run))
        );
    }

    /// @notice How the collateral of some slices is shared when they lapse, each by itself.
    function sharesOf(
        address modelStore,
        JobTerms memory terms,
        uint256 slices
    ) internal view returns (uint256 burned, uint256 raise, uint256 reward) {
        uint256 unit = JobRecords.unitCollateral(terms);
        for (; slices != 0; slices &= slices - 1) {
            uint256 weight = JobRecords.weightOf(modelStore, slices.lowest());
            (uint256 burn, uint256 rise, uint256 tenth) = Pricing.lapseShares(weight * unit);
            burned += burn;
            raise += rise;
            reward += tenth;
        }
    }

    /// @notice Books the bids of a job that ran out and have one of the named slices unproved, and stores what that leaves.
    /// @param open The job's slices that aren't settled.
    /// @return booked All slices of these bids that lapsed.
    function bookAll(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        uint256 slices,
        uint256 open
    ) internal returns (uint256 booked) {
        JobTerms memory terms = job.terms;
        JobRun memory run = job.run;
        Totals memory totals;
        uint256 places = job.head.bids;
        for (uint256 place = 0; place < places; ++place) {
            uint256 left = job.bids[place].slices & open;
            if (left & slices == 0) continue;
            Bid memory bid = job.bids[place].bid;
            if (bid.lapsed || !isOver(bid, terms, run)) continue;
            book(market, jobId, job, place, left, totals);
            booked |= left;
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
