// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {PackedValues} from "../libraries/PackedValues.sol";
import {InferenceConsumer} from "../periphery/InferenceConsumer.sol";
import {InferenceResult} from "../types/InferenceResult.sol";
import {OutputOpening} from "../types/OutputOpening.sol";

/// @title A consumer: writes down which digit a classifier saw
contract DigitLedger is InferenceConsumer {
    /// @dev The shape of the model's one output.
    uint64 private immutable _output;

    /// @notice The digit that a job saw, plus one; zero: nothing came.
    mapping(bytes32 jobId => uint256 digitPlusOne) public digits;

    /// @notice A job's digit was written down.
    event DigitSeen(bytes32 indexed jobId, address indexed requester, uint256 digit);

    /// @param market_ Whose results are taken. @param modelId_ Of which model, registered, with one output.
    constructor(ISliceMarket market_, bytes32 modelId_) InferenceConsumer(market_, modelId_) {
        IModelRegistry.ModelInfo memory info = market_.modelRegistry().modelInfo(modelId_);
        _output = info.tensors[info.outputs[0]];
    }

    /// @inheritdoc InferenceConsumer
    function _use(InferenceResult memory result, OutputOpening[] calldata outputs) internal override {
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
