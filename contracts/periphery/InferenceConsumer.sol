// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {IInferenceConsumer} from "../interfaces/IInferenceConsumer.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {InferenceResult} from "../types/InferenceResult.sol";
import {OutputOpening} from "../types/OutputOpening.sol";

/// @title What a contract that uses results inherits
/// @notice Takes each result once, of one model of one market, and only where every slice is proved: so it has to trust neither
/// who executed the model, nor who asked for it, nor who brings it.
/// Warning: who posts a job chooses its input. Look at {InferenceResult-requester}, or at the request's input, where that matters.
abstract contract InferenceConsumer is IInferenceConsumer {
    /// @notice Whose results are taken.
    ISliceMarket public immutable market;
    /// @notice Of which model.
    bytes32 public immutable modelId;
    /// @notice Of which jobs they were.
    mapping(bytes32 jobId => bool) public taken;

    /// @notice Thrown when a result was taken before.
    error ResultTaken(bytes32 jobId);
    /// @notice Thrown when a result is of another model.
    error WrongModel(bytes32 modelId);
    /// @notice Thrown when a slice of the model isn't proved.
    error NotFullyProved(uint256 proved);
    /// @notice Thrown when the outputs aren't those that the market knows of the job, or it knows none: they aren't revealed.
    error OutputsDiffer(bytes32 jobId, bytes32 outputDigest);

    constructor(ISliceMarket market_, bytes32 modelId_) {
        market = market_;
        modelId = modelId_;
    }

    /// @inheritdoc IInferenceConsumer
    function takeResult(bytes32 jobId, OutputOpening[] calldata outputs) external {
        if (taken[jobId]) revert ResultTaken(jobId);
        // Somebody may have finalized it; a job that can't be has no result, and the market says so.
        // solhint-disable-next-line no-empty-blocks
        try market.finalize(jobId) {} catch {}
        InferenceResult memory result = market.resultOf(jobId);
        if (result.modelId != modelId) revert WrongModel(result.modelId);
        if (!result.fullyProved) revert NotFullyProved(result.proved);
        if (keccak256(abi.encode(outputs)) != result.outputDigest) {
            revert OutputsDiffer(jobId, result.outputDigest);
        }
        taken[jobId] = true;
        _use(result, outputs);
    }

    /// @dev A result that can be relied on, and its values: `words` as {PackedValues} reads them.
    function _use(InferenceResult memory result, OutputOpening[] calldata outputs) internal virtual;
}
