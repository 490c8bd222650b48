// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {IInferenceConsumer} from "../interfaces/IInferenceConsumer.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {PackedValues} from "../libraries/PackedValues.sol";
import {InferenceResult} from "../types/InferenceResult.sol";
import {OutputOpening} from "../types/OutputOpening.sol";

/// @title A consumer: writes down which digit a classifier saw
/// @notice Takes results of one model only, and only those of which every slice is proved, so it needs to trust neither
/// who executed the model nor who asked for it.
contract DigitLedger is IInferenceConsumer {
    ISliceMarket public immutable market;
    bytes32 public immutable modelId;
    /// @dev The shape of the model's one output.
    uint64 private immutable _output;

    /// @notice The digit that a job saw, plus one; zero: nothing came.
    mapping(bytes32 jobId => uint256 digitPlusOne) public digits;

    /// @notice A job's digit was written down.
    event DigitSeen(bytes32 indexed jobId, address indexed requester, uint256 digit);

    /// @notice Thrown when somebody else than the market calls.
    error NotTheMarket(address caller);
    /// @notice Thrown when a result is of another model.
    error WrongModel(bytes32 modelId);
    /// @notice Thrown when a slice of the model isn't proved.
    error NotFullyProved(uint256 proved);
    /// @notice Thrown when a result comes without its values.
    error OutputUnknown(bytes32 jobId);

    /// @param market_ Whose results are taken. @param modelId_ Of which model, registered, with one output.
    constructor(ISliceMarket market_, bytes32 modelId_) {
        market = market_;
        modelId = modelId_;
        IModelRegistry.ModelInfo memory info = market_.modelRegistry().modelInfo(modelId_);
        _output = info.tensors[info.outputs[0]];
    }

    /// @inheritdoc IInferenceConsumer
    function onInferenceResult(InferenceResult calldata result, OutputOpening[] calldata outputs) external {
        if (msg.sender != address(market)) revert NotTheMarket(msg.sender);
        if (result.modelId != modelId) revert WrongModel(result.modelId);
        if (!result.fullyProved) revert NotFullyProved(result.proved);
        if (outputs.length == 0) revert OutputUnknown(result.jobId);
        uint256[] memory words = outputs[0].words;
        uint256 best = 0;
        int256 most = PackedValues.valueAt(_output, words, 0);
        for (uint256 i = 1; i < uint32(_output); ++i) {
            int256 score = PackedValues.valueAt(_output, words, i);
            if (score > most) (best, most) = (i, score);
        }
        digits[result.jobId] = best + 1;
        emit DigitSeen(result.jobId, result.requester, best);
    }
}
