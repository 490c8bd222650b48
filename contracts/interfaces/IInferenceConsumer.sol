// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {OutputOpening} from "../types/OutputOpening.sol";

/// @title A contract that uses results of jobs
/// @notice The market calls nobody: whoever wants a result used brings it, and the contract asks the market what is true of it.
/// {InferenceConsumer} does that.
interface IInferenceConsumer {
    /// @notice Takes the result of a job, which is finalized on the way if that is all that it lacks. Anyone may call.
    /// @param outputs The model's outputs, one entry each, as {IMarketEvents-OutputRevealed} has them.
    function takeResult(bytes32 jobId, OutputOpening[] calldata outputs) external;
}
