// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "./interfaces/market/IMarketErrors.sol";
import {IMarketViews} from "./interfaces/market/IMarketViews.sol";
import {Masks} from "./libraries/Masks.sol";
import {ModelStore} from "./libraries/ModelStore.sol";
import {Accounts} from "./market/Accounts.sol";
import {Admissions} from "./market/Admissions.sol";
import {Claims} from "./market/Claims.sol";
import {Account, Job, Operator} from "./market/JobRecord.sol";
import {JobRecords} from "./market/JobRecords.sol";
import {JobViews} from "./market/JobViews.sol";
import {MarketStorage} from "./market/MarketStorage.sol";
import {Nonces} from "./market/Nonces.sol";
import {Results} from "./market/Results.sol";
import {Traces} from "./market/Traces.sol";
import {InferenceResult} from "./types/InferenceResult.sol";
import {JobRequest} from "./types/JobRequest.sol";
import {SliceSpecs} from "./types/SliceSpec.sol";

/// @title What a market tells of its jobs
/// @notice See {IMarketViews}. Code of {MarketLedger}, which the market hands these calls on to.
abstract contract MarketViews is MarketStorage, IMarketViews {
    using Masks for uint256;
    using SliceSpecs for uint256;

    /// @inheritdoc IMarketViews
    uint256 public constant ADMISSION_GAS = Admissions.GAS;

    /// @inheritdoc IMarketViews
    function jobIdOf(JobRequest calldata request) external view returns (bytes32 jobId) {
        bytes32 requestId = JobRecords.requestIdOf(request, keccak256(abi.encode(request)));
        return JobRecords.idOf(requestId, Traces.hashOf(request.inputs));
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
        return Nonces.isUsed(_market, account, nonce);
    }

    /// @inheritdoc IMarketViews
    function admits(bytes32 jobId, address account) external view returns (bool) {
        return JobViews.admits(_market, jobId, account);
    }

    /// @inheritdoc IMarketViews
    function accountOf(address account) external view returns (uint256 balance, uint256 reserved) {
        Account memory entry = _market.accounts[account];
        return (entry.balance, entry.reserved);
    }

    /// @inheritdoc IMarketViews
    function recordOf(address account) external view returns (uint32) {
        return _market.accounts[account].record;
    }

    /// @inheritdoc IMarketViews
    function operatorOf(address account, address operator) external view returns (OperatorView memory out) {
        Operator memory entry = _market.operators[account][operator];
        out.maxReserved = entry.maxReserved;
        out.maxDaily = entry.maxDaily;
        if (entry.day == Accounts.today()) out.stakedToday = entry.staked;
    }

    /// @inheritdoc IMarketViews
    function sunsetAt() external view returns (uint40) {
        return _market.sunsetAt;
    }

    /// @inheritdoc IMarketViews
    function signalsOf(
        bytes32 jobId,
        uint256 slice,
        address prover,
        bytes32[] calldata trace
    ) external view returns (uint256[] memory signals) {
        Job storage job = JobRecords.jobOf(_market, jobId);
        Traces.requireTrace(jobId, job, trace);
        address modelStore = job.place.modelStore;
        if (!ModelStore.provableOf(modelStore).has(slice)) revert IMarketErrors.UnknownSlice(jobId, slice);
        uint256 spec = ModelStore.sliceOf(modelStore, slice);
        uint256 count = spec.inputCount() + spec.outputCount();
        signals = new uint256[](count + 1);
        for (uint256 k = 0; k < count; ++k) signals[k] = uint256(trace[spec.tensorAt(k)]);
        signals[count] = Claims.tagOf(jobId, slice, prover);
    }
}
