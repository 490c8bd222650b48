// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {IOutputErrors} from "./IOutputErrors.sol";
import {ISliceMarket} from "./ISliceMarket.sol";

/// @title Outputs that don't fit one transaction, shown in parts
/// @notice A finalized job whose output stayed a commitment may have it shown by anyone who knows it: by the market in one transaction
/// ({IMarketCore-revealOutput}), or here, one output at a time, each in as many parts as it takes. A commitment is a chain of
/// hashes, so a part is where the last one ended and the next words. Parts are their account's own: nobody's wrong ones are in the way
/// of another's.
interface IOutputParts is IOutputErrors {
    /// @notice Some words of an output.
    /// @param output Which of the model's outputs. @param salt Its salt. @param from The place of the first of the words.
    /// @param words As {OutputOpening} packs them.
    struct Part {
        uint256 output;
        uint256 salt;
        uint256 from;
        uint256[] words;
    }

    /// @notice Some words of an output came, and what came of `account` so far may be the output's: whether it is, {OutputShown} says.
    event PartShown(
        ISliceMarket indexed market,
        bytes32 indexed jobId,
        address indexed account,
        Part part
    );
    /// @notice The words that `account` brought since it last began are the output's.
    event OutputShown(
        ISliceMarket indexed market,
        bytes32 indexed jobId,
        address indexed account,
        uint256 output
    );

    /// @notice Thrown when a part doesn't begin where the account's last one ended, or with another salt than the first.
    error PartOutOfTurn(uint256 from, uint256 expected);
    /// @notice Thrown when a part that isn't the last ends within a hash: the first has 14 words and a multiple of 15 more, others
    /// a multiple of 15.
    error PartUnaligned(uint256 words);
    /// @notice Thrown when the array brought with a part isn't the job's trace.
    error TraceDiffers(bytes32 jobId);
    /// @notice Thrown when a model has no such output.
    error NoSuchOutput(uint256 output, uint256 count);

    /// @notice Brings the next words of an output of a finalized job, or its first, with which the account begins anew.
    /// @param market Whose job it is: any, each has its own here.
    /// @param trace The commitments of all tensors, as {IMarketEvents-TraceCommitted} has them.
    /// @return whole Whether these were the last, and the output is shown.
    function show(
        ISliceMarket market,
        bytes32 jobId,
        bytes32[] calldata trace,
        Part calldata part
    ) external returns (bool whole);

    /// @notice Whether an output was shown whole by somebody.
    function shown(
        ISliceMarket market,
        bytes32 jobId,
        uint256 output
    ) external view returns (bool);

    /// @notice The place of the next word that is expected of an account; 0: it may begin.
    function nextOf(
        ISliceMarket market,
        bytes32 jobId,
        uint256 output,
        address account
    ) external view returns (uint256);
}
