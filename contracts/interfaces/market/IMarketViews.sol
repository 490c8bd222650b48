// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {InferenceResult} from "../../types/InferenceResult.sol";
import {Admission, ExecutionOffer, JobRequest, Offer} from "../../types/JobRequest.sol";
import {JobState, SliceState} from "../../types/MarketStates.sol";

/// @title What a market tells of its jobs
/// @notice Functions of the market's own address; their code is in a contract beside it, {MarketLedger}.
interface IMarketViews {
    /// @notice A job as it stands.
    /// @param state With the clock as it is: a claim that ran out is still `Claimed` until it is booked.
    /// @param traceHash The trace's hash as {TraceHash} has it; zero before it is committed.
    /// @param due The slices that have to be proved; bit i is slice i.
    /// @param dueCount How many these are. @param settledCount How many of them are paid.
    /// @param initialEscrow What was escrowed, raises of the offer included. @param escrow What is left of it.
    /// @param raises Shares of slashed collateral that wait for whoever proves the lapsed slices.
    /// @param executor Who claimed the execution or brought the trace; zero: nobody yet.
    /// @param executionPrice What the executor is paid in the end. @param bond What it has reserved for the job.
    /// @param claimEnd Last second for the trace of a claim that runs. @param commitBy Last second for any trace, and
    /// @param execution the offer for it: both are zero from the trace on, when nobody needs them any more.
    /// @param tracedAt When the trace came. @param deadline The last second that a hold may run to.
    /// @param closing The later of the deadline and, for each booked lapse, its end + proveSeconds. Slices nobody holds
    /// can be proved until then; after it the job can be expired. A cancelled job without unproved drawn or challenged
    /// slices and without a draw to come closes with `cancelEnd` in the deadline's place, or the time for challenges if later.
    /// @param cancelEnd Last second for open slices of a cancelled job, but for drawn and challenged ones; 0: none.
    /// @param cancelled Whether the requester announced a cancel after the trace.
    /// @param outputCommitmentOnly Whether the output stays a commitment.
    /// @param drawPending Whether audits are still to be drawn. @param audits How many. @param drawAnchor The block whose
    /// hash draws them. @param drawnAt When they were drawn. @param audited Which were.
    /// @param challenged Slices that were challenged. @param contestable Slices that may still be drawn or challenged.
    /// @param highUnitPrice Where the ramp ends, if the offer was raised; else the offer's `maxUnitPrice`.
    /// @param outputDigest See {resultOf}. @param admission Who says who may execute and prove; all zero: anyone may.
    struct JobView {
        JobState state;
        address requester;
        bytes32 modelId;
        bytes32 traceHash;
        uint256 due;
        uint16 dueCount;
        uint16 settledCount;
        uint16 feeBps;
        uint128 initialEscrow;
        uint128 escrow;
        uint128 raises;
        address executor;
        uint96 executionPrice;
        uint128 bond;
        uint40 postedAt;
        uint40 claimEnd;
        uint40 commitBy;
        uint40 tracedAt;
        uint40 deadline;
        uint40 closing;
        uint40 cancelEnd;
        uint32 jobSeconds;
        uint32 challengeSeconds;
        bool cancelled;
        bool outputCommitmentOnly;
        bool drawPending;
        uint8 audits;
        uint64 drawAnchor;
        uint40 drawnAt;
        uint256 audited;
        uint256 challenged;
        uint256 contestable;
        uint64 highUnitPrice;
        bytes32 outputDigest;
        Offer offer;
        ExecutionOffer execution;
        Admission admission;
    }

    /// @notice A slice of a job as it stands.
    /// @param state By the clock: a hold that ran out shows as `Lapsed`, booked or not.
    /// @param booked Whether a lapse has been booked, its collateral slashed.
    /// @param place The number of the job's bid that has it, and of that bid: @param holder who made it,
    /// @param unitPrice at which price a constraint, @param windowEnd the last second for other bids,
    /// @param lockEnd the last second for the holder alone. All zero where nobody bid. Who was paid for a slice, and what, is in
    /// {IMarketEvents-SlicesSettled}.
    /// @param price What proving it now pays before the fee, without the raise; 0 if nothing would be paid.
    /// @param maxPrice The price at the offer's highest unit price. @param collateral What a holder reserves.
    /// @param raise What proving it pays besides, because it lapsed.
    /// @param audited Whether it was drawn. @param challenger Who challenged it; zero: nobody.
    /// @param challengedAt When.
    struct SliceView {
        SliceState state;
        bool due;
        bool audited;
        address challenger;
        uint40 challengedAt;
        bool booked;
        uint16 place;
        address holder;
        uint64 unitPrice;
        uint40 windowEnd;
        uint40 lockEnd;
        uint128 price;
        uint128 maxPrice;
        uint128 collateral;
        uint128 raise;
    }

    /// @notice What an account lets another do for it.
    /// @param maxReserved The most that the account may have reserved after a bid or a claim of the operator.
    /// @param maxDaily The most that the operator may reserve in a day, from midnight UTC; 0: it is no operator.
    /// @param stakedToday What it did.
    struct OperatorView {
        uint112 maxReserved;
        uint112 maxDaily;
        uint112 stakedToday;
    }

    /// @notice What of a job's model is proved, and what rests on the executor; bit i is slice i.
    /// @param required Asked for by the requester. @param audited Drawn. @param challenged Challenged by somebody.
    /// @param proved Proved and settled. @param executedOnly Not proved: as long as the job isn't finalized, some of them
    /// may still be. @param unprovable Those of them that have no circuit.
    /// @param fullyProved Whether every slice of the model is proved.
    struct Coverage {
        uint256 required;
        uint256 audited;
        uint256 challenged;
        uint256 proved;
        uint256 executedOnly;
        uint256 unprovable;
        bool fullyProved;
    }

    /// @notice The id that a request has in this market.
    function jobIdOf(JobRequest calldata request) external view returns (bytes32 jobId);

    /// @notice A job as it stands. Reverts with {UnknownJob}.
    function jobOf(bytes32 jobId) external view returns (JobView memory);

    /// @notice A slice of a job as it stands. Reverts with {UnknownJob} or {UnknownSlice}.
    function sliceOf(bytes32 jobId, uint256 slice) external view returns (SliceView memory);

    /// @notice What of a job's model is proved. Reverts with {IMarketErrors-UnknownJob}.
    function coverageOf(bytes32 jobId) external view returns (Coverage memory);

    /// @notice What a finalized job says. Reverts with {IMarketErrors-NoResult} for any other.
    function resultOf(bytes32 jobId) external view returns (InferenceResult memory);

    /// @notice The most gas that a market gives an {IAdmission} for an answer.
    // solhint-disable-next-line func-name-mixedcase
    function ADMISSION_GAS() external view returns (uint256);

    /// @notice Whether an account may claim a job's execution, bid, or settle what nobody holds, as the job's admission contract
    /// says now. One that executed the job always may. Warning: the contract may answer otherwise in a transaction.
    function admits(bytes32 jobId, address account) external view returns (bool);

    /// @notice The highest price a constraint that a first bid on a required slice may ask now.
    function unitPriceNow(bytes32 jobId) external view returns (uint64);

    /// @notice What claiming the execution now would pay; 0 for a job with a trace.
    function executionPriceNow(bytes32 jobId) external view returns (uint96);

    /// @notice Whether what an account signed with this nonce is refused.
    function isNonceUsed(address account, uint256 nonce) external view returns (bool);

    /// @notice An account's free balance, and what it has reserved as collateral and bonds.
    function accountOf(address account) external view returns (uint256 balance, uint256 reserved);

    /// @notice For how many slices an account was paid in this market. Warning: who pays itself has a record for the fees.
    function recordOf(address account) external view returns (uint32);

    /// @notice What `operator` may do for `account`.
    function operatorOf(address account, address operator) external view returns (OperatorView memory);

    /// @notice The last second for deposits and posts; 0: no sunset was announced.
    function sunsetAt() external view returns (uint40);

    /// @notice The public signals of a slice's proof by `prover`: commitments of its inputs, of its outputs, tag.
    function signalsOf(
        bytes32 jobId,
        uint256 slice,
        address prover,
        bytes32[] calldata trace
    ) external view returns (uint256[] memory signals);
}
