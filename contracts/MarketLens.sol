// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketLens} from "./interfaces/IMarketLens.sol";
import {ISliceMarket} from "./interfaces/ISliceMarket.sol";
import {IMarketViews} from "./interfaces/market/IMarketViews.sol";
import {Masks} from "./libraries/Masks.sol";
import {JobState} from "./types/MarketStates.sol";

/// @title Many things of a market in one call
/// @notice See {IMarketLens}.
contract MarketLens is IMarketLens {
    using Masks for uint256;

    /// @inheritdoc IMarketLens
    function look(
        ISliceMarket market,
        address account,
        bytes32[] calldata jobIds
    ) external view returns (AccountView memory, WholeJob[] memory) {
        return (_account(market, account), jobs(market, jobIds));
    }

    /// @inheritdoc IMarketLens
    function jobs(
        ISliceMarket market,
        bytes32[] calldata jobIds
    ) public view returns (WholeJob[] memory out) {
        out = new WholeJob[](jobIds.length);
        for (uint256 i = 0; i < jobIds.length; ++i) {
            try market.jobOf(jobIds[i]) returns (IMarketViews.JobView memory job) {
                _fill(market, jobIds[i], job, out[i]);
            } catch {
                // Unknown, or of a market that doesn't answer: `known` stays false.
                continue;
            }
        }
    }

    /// @inheritdoc IMarketLens
    function slices(
        ISliceMarket market,
        bytes32 jobId,
        uint256[] calldata indexes
    ) external view returns (IMarketViews.SliceView[] memory out) {
        out = new IMarketViews.SliceView[](indexes.length);
        for (uint256 i = 0; i < indexes.length; ++i) out[i] = market.sliceOf(jobId, indexes[i]);
    }

    /// @inheritdoc IMarketLens
    function accounts(
        ISliceMarket market,
        address[] calldata of_
    ) external view returns (AccountView[] memory out) {
        out = new AccountView[](of_.length);
        for (uint256 i = 0; i < of_.length; ++i) out[i] = _account(market, of_[i]);
    }

    function _account(ISliceMarket market, address account) private view returns (AccountView memory out) {
        (out.balance, out.reserved) = market.accountOf(account);
        out.record = market.recordOf(account);
    }

    function _fill(
        ISliceMarket market,
        bytes32 jobId,
        IMarketViews.JobView memory job,
        WholeJob memory out
    ) private view {
        out.known = true;
        out.job = job;
        if (job.state == JobState.Posted || job.state == JobState.Claimed) {
            out.executionPriceNow = market.executionPriceNow(jobId);
            return;
        }
        if (job.tracedAt == 0) return;
        if (job.state == JobState.Traced) out.unitPriceNow = market.unitPriceNow(jobId);
        uint256 count = job.due.count();
        out.slices = new uint8[](count);
        out.views = new IMarketViews.SliceView[](count);
        uint256 due = job.due;
        for (uint256 i = 0; i < count; ++i) {
            uint256 slice = due.lowest();
            due &= due - 1;
            out.slices[i] = uint8(slice);
            out.views[i] = market.sliceOf(jobId, slice);
        }
    }
}
