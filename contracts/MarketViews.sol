// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketViews} from "./interfaces/market/IMarketViews.sol";
import {JobRecords} from "./market/JobRecords.sol";
import {JobViews} from "./market/JobViews.sol";
import {MarketStorage} from "./market/MarketStorage.sol";
import {Results} from "./market/Results.sol";
import {InferenceResult} from "./types/InferenceResult.sol";
import {JobRequest} from "./types/JobRequest.sol";

/// @title What a market tells of its jobs
/// @notice See {IMarketViews}. {SliceMarket} hands these calls on, so the code runs in its storage; here by itself it knows
/// no job. It has nothing that changes anything.
contract MarketViews is MarketStorage, IMarketViews {
    /// @inheritdoc IMarketViews
    function jobIdOf(JobRequest calldata request) external view returns (bytes32 jobId) {
        return JobRecords.idOf(request);
    }

    /// @inheritdoc IMarketViews
    function jobOf(bytes32 jobId) external view returns (JobView memory) {
        return JobViews.jobOf(_market, jobId);
    }

    /// @inheritdoc IMarketViews
    function sliceOf(bytes32 jobId, uint256 slice) external view returns (SliceView memory) {
        return JobViews.sliceOf(_market, jobId, slice);
    }

    /// @inheritdoc IMarketViews
    function coverageOf(bytes32 jobId) external view returns (Coverage memory) {
        return JobViews.coverageOf(_market, jobId);
    }

    /// @inheritdoc IMarketViews
    function resultOf(bytes32 jobId) external view returns (InferenceResult memory) {
        return Results.resultOf(_market, jobId);
    }

    /// @inheritdoc IMarketViews
    function unitPriceNow(bytes32 jobId) external view returns (uint64) {
        return JobViews.unitPriceNow(_market, jobId);
    }

    /// @inheritdoc IMarketViews
    function executionPriceNow(bytes32 jobId) external view returns (uint96) {
        return JobViews.executionPriceNow(_market, jobId);
    }

    /// @inheritdoc IMarketViews
    function isNonceUsed(address account, uint256 nonce) external view returns (bool) {
        return _market.nonces[account][nonce];
    }

    /// @inheritdoc IMarketViews
    function admits(bytes32 jobId, address account) external view returns (bool) {
        return JobViews.admits(_market, jobId, account);
    }
}
