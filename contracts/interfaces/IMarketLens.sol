// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {ISliceMarket} from "./ISliceMarket.sol";
import {IMarketViews} from "./market/IMarketViews.sol";

/// @title Many things of a market in one call
/// @notice Keeps nothing; works with any market.
interface IMarketLens {
    /// @notice A job with the slices that are due, as they stand.
    /// @param known Whether there is such a job; all else is zero if not.
    /// @param slices Which slices `views` are of, ascending.
    struct WholeJob {
        bool known;
        IMarketViews.JobView job;
        uint64 unitPriceNow;
        uint96 executionPriceNow;
        uint8[] slices;
        IMarketViews.SliceView[] views;
    }

    /// @notice What an account has in a market.
    struct AccountView {
        uint256 balance;
        uint256 reserved;
        uint32 record;
    }

    /// @notice What a prover looks at with each block: its account's ledger entry and some jobs.
    function look(
        ISliceMarket market,
        address account,
        bytes32[] calldata jobIds
    ) external view returns (AccountView memory, WholeJob[] memory);

    /// @notice Jobs with their due slices, in the order asked for. Before a trace, a job comes without slices.
    function jobs(ISliceMarket market, bytes32[] calldata jobIds) external view returns (WholeJob[] memory);

    /// @notice Some slices of a job, in the order asked for.
    function slices(
        ISliceMarket market,
        bytes32 jobId,
        uint256[] calldata indexes
    ) external view returns (IMarketViews.SliceView[] memory);

    /// @notice Ledger entries of some accounts, in the order asked for.
    function accounts(
        ISliceMarket market,
        address[] calldata of_
    ) external view returns (AccountView[] memory);
}
