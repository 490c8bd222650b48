// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../../../contracts/interfaces/ISliceMarket.sol";
import {IMarketViews} from "../../../contracts/interfaces/market/IMarketViews.sol";
import {SliceState} from "../../../contracts/types/MarketStates.sol";
import {JobBooks} from "./JobBooks.sol";
import {demand} from "./Vm.sol";

/// @title Compares a market with the books kept from its events
contract Books is JobBooks {
    constructor(ISliceMarket market, address treasury) JobBooks(market, treasury) {}

    /// @notice Ends the run unless every account that moved anything, and each of these jobs, stands as the events say.
    function check(bytes32[] calldata jobs) external view {
        for (uint256 i = 0; i < _accounts.length; ++i) {
            Entry memory entry = _entries[_accounts[i]];
            (uint256 balance, uint256 reserved) = _market.accountOf(_accounts[i]);
            demand(balance == entry.balance, "a balance isn't what the events say");
            demand(reserved == entry.reserved, "what is reserved isn't what the events say");
            demand(_market.recordOf(_accounts[i]) == entry.record, "a record isn't how many slices were paid");
        }
        for (uint256 i = 0; i < jobs.length; ++i) {
            _checkJob(jobs[i], _jobs[jobs[i]]);
            for (uint256 slice = 0; slice < SLICES; ++slice) _checkSlice(jobs[i], slice);
        }
    }

    /// @notice The accounts that the events named.
    function accounts() external view returns (address[] memory) {
        return _accounts;
    }

    /// @notice How often a job of these had a bond forfeited with shares for challengers.
    function sharedForfeits(bytes32[] calldata jobs) external view returns (uint256 count) {
        for (uint256 i = 0; i < jobs.length; ++i) if (_jobs[jobs[i]].challengers != 0) ++count;
    }

    function _checkJob(bytes32 jobId, JobPage storage page) private view {
        IMarketViews.JobView memory job = _market.jobOf(jobId);
        // A state that ended stays: the books refuse every event that would leave it.
        demand(job.state == page.state, "a state isn't what the events say");
        demand(job.initialEscrow == page.escrowed, "the first escrow isn't what the events say");
        demand(job.escrow == _escrowOf(page), "an escrow isn't what the events say");
        demand(job.raises == page.raises, "raises aren't what the events say");
        demand(job.bond == page.bond, "a bond isn't what the events say");
        uint256 shared = page.burned + page.raised + page.callers + page.challengers + page.madeWhole;
        demand(page.slashed == shared, "slashed = burned + raised + callers + challengers + made whole");
        demand(
            page.executor == page.requester || page.madeWhole <= page.spent,
            "nobody is paid more than the job cost"
        );
    }

    function _checkSlice(bytes32 jobId, uint256 slice) private view {
        IMarketViews.SliceView memory seen = _market.sliceOf(jobId, slice);
        SlicePage memory page = _slices[jobId][slice];
        demand((seen.state == SliceState.Settled) == page.paid, "a slice is paid that isn't settled");
        bool holds = seen.state == SliceState.Held || (seen.state == SliceState.Lapsed && !seen.booked);
        demand(holds == (page.collateral != 0), "a hold isn't what the events say");
        if (holds) {
            demand(seen.holder == page.holder && seen.place == page.place, "a holder isn't who the events say");
            demand(seen.collateral == page.collateral, "collateral isn't what the events say");
        }
        demand(!_ended(_jobs[jobId]) || page.challengeBond == 0, "a challenger's bond is left");
    }
}
