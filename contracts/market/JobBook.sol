// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Pricing} from "../libraries/Pricing.sol";
import {Job, JobClock, JobMoney, SliceRecord} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Ledger} from "./Ledger.sol";

/// @title The jobs that a market keeps, and what follows from their records
abstract contract JobBook is Ledger {
    mapping(bytes32 jobId => Job job) internal _jobs;

    /// @dev What booking lapses leaves to be credited, summed up so that each account is written once.
    struct LapseTotals {
        uint256 burned;
        uint256 reward;
    }

    function _jobOf(bytes32 jobId) internal view returns (Job storage job) {
        job = _jobs[jobId];
        if (job.head.state == JobState.None) revert UnknownJob(jobId);
    }

    /// @dev Books a hold that ran out. Changes the slice's record, the holder's entry, and `money`, `clock` and
    /// `totals` in memory, which the caller stores and credits.
    function _bookLapse(
        bytes32 jobId,
        uint256 slice,
        SliceRecord storage stored,
        SliceRecord memory record,
        uint256 collateral,
        uint256 proveSeconds,
        JobMoney memory money,
        JobClock memory clock,
        LapseTotals memory totals
    ) internal {
        (uint256 burned, uint256 raise, uint256 reward) = Pricing.lapseShares(collateral);
        record.state = SliceState.Lapsed;
        stored.state = SliceState.Lapsed;
        _seize(record.holder, collateral);
        totals.burned += burned;
        totals.reward += reward;
        money.raises += uint128(raise);
        uint256 end = JobRecords.windowEnd(clock, record) + 2 * proveSeconds;
        if (end > clock.lapseEnd) clock.lapseEnd = uint40(end);
        emit SliceLapsed(
            jobId,
            slice,
            record.holder,
            burned,
            raise,
            reward,
            msg.sender,
            uint40(JobRecords.closing(clock))
        );
    }

    function _creditLapses(LapseTotals memory totals) internal {
        _credit(BURN_ACCOUNT, totals.burned);
        _credit(msg.sender, totals.reward);
    }
}
