// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {InferenceResult} from "../types/InferenceResult.sol";
import {OutputOpening} from "../types/OutputOpening.sol";

/// @title A contract that takes the results of jobs
/// @notice Named in a job's request, called by {ISliceMarket-deliver} with at most the gas that the request gives.
/// Warning: anyone can name any contract. Check that `msg.sender` is the market, and that model, requester and what was
/// proved are what you need; revert otherwise.
/// @dev What reverts is called again when anyone wants it, until it succeeds once.
interface IInferenceConsumer {
    /// @notice A job is finalized.
    /// @param result Which job, of which model, and how much of it is proved.
    /// @param outputs The model's outputs, one entry each, checked against the trace; empty if they aren't revealed.
    /// A consumer that needs the values reverts then: once they are revealed, it is called with them.
    function onInferenceResult(InferenceResult calldata result, OutputOpening[] calldata outputs) external;
}
