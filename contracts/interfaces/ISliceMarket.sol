// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {InferenceResult} from "../types/InferenceResult.sol";
import {JobBatch} from "../types/JobBatch.sol";
import {ExecutionOffer, JobRequest, Offer} from "../types/JobRequest.sol";
import {JobState, SliceState} from "../types/MarketStates.sol";
import {OutputOpening} from "../types/OutputOpening.sol";
import {IMarketErrors} from "./market/IMarketErrors.sol";
import {IMarketEvents} from "./market/IMarketEvents.sol";
import {IGroth16BatchVerifier} from "./IGroth16BatchVerifier.sol";
import {IModelRegistry} from "./IModelRegistry.sol";
import {ITensorHasher} from "./ITensorHasher.sol";

/// @title The market for proofs of slices
/// @notice Requesters escrow the most a job can cost; nodes claim executions, bid on slices and are paid for exactly
/// what is proved. All amounts are in the smallest unit of one ERC-20 asset and move in an internal ledger.
/// @dev Deadlines are inclusive: what must happen "by t" may happen in a block of time t. No upgrade, no pause. The
/// owner sets a fee of up to 5% for jobs posted later, and its treasury, nothing else. Events and the ledger's movements
/// are in {IMarketEvents}, refusals in {IMarketErrors}.
interface ISliceMarket is IMarketEvents, IMarketErrors {
    /// @notice What never changes in a market.
    /// @param minProveSeconds The shortest `proveSeconds` an offer may have.
    /// @param maxJobSeconds The longest any span of a job may be.
    struct Limits {
        uint32 minProveSeconds;
        uint32 maxJobSeconds;
    }

    /// @notice A job as it stands.
    /// @param state With the clock as it is: a claim that ran out is still `Claimed` until it is booked.
    /// @param traceHash keccak256 of the packed trace; zero before it is committed.
    /// @param due The slices that have to be proved; bit i is slice i.
    /// @param dueCount How many these are. @param settledCount How many of them are paid.
    /// @param initialEscrow What was escrowed, raises of the offer included. @param escrow What is left of it.
    /// @param raises Shares of slashed collateral that wait for whoever proves the lapsed slices.
    /// @param executor Who claimed the execution or brought the trace; zero: nobody yet.
    /// @param executionPrice What the executor is paid in the end. @param bond What it has reserved for the job.
    /// @param claimEnd Last second for the trace of a claim that runs. @param commitBy Last second for any trace.
    /// @param tracedAt When the trace came. @param deadline The last second that a hold may run to.
    /// @param closing The later of the deadline and, for each booked lapse, its end + proveSeconds. Slices nobody holds
    /// can be proved until then; after it the job can be expired. A cancelled job without drawn or challenged slices
    /// and without a draw to come closes with `cancelEnd` in the deadline's place, or the time for challenges if later.
    /// @param cancelEnd Last second for open slices of a cancelled job, but for drawn and challenged ones; 0: none.
    /// @param cancelled Whether the requester announced a cancel after the trace.
    /// @param outputCommitmentOnly Whether the output stays a commitment. @param delivered Whether the consumer took it.
    /// @param drawPending Whether audits are still to be drawn. @param audits How many. @param drawAnchor The block whose
    /// hash draws them. @param drawnAt When they were drawn. @param audited Which were.
    /// @param challenged Slices that were challenged, also those that were drawn afterwards.
    /// @param highUnitPrice Where the ramp ends, if the offer was raised; else the offer's `maxUnitPrice`.
    /// @param restricted Whether not everybody may execute and prove. @param outputDigest See {resultOf}.
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
        bool restricted;
        uint8 audits;
        uint64 drawAnchor;
        uint40 drawnAt;
        uint256 audited;
        uint256 challenged;
        uint64 highUnitPrice;
        address consumer;
        uint32 consumerGas;
        bool delivered;
        bytes32 outputDigest;
        Offer offer;
        ExecutionOffer execution;
    }

    /// @notice A slice of a job as it stands.
    /// @param state By the clock: a hold that ran out shows as `Lapsed`, booked or not.
    /// @param booked Whether a lapse has been booked, its collateral slashed.
    /// @param holder Who holds it, or held it when it lapsed, or was paid for it.
    /// @param unitPrice The holder's bid per unit of weight; the price paid once settled.
    /// @param windowEnd Last second for other bids, of a slice that is held or lapsed. @param lockEnd Last second for
    /// the holder alone.
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
        address holder;
        uint64 unitPrice;
        uint40 windowEnd;
        uint40 lockEnd;
        uint128 price;
        uint128 maxPrice;
        uint128 collateral;
        uint128 raise;
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

    // ------------------------------------------------------------------------------------------------ ledger

    /// @notice Takes `amount` of the asset from the caller into its balance.
    function deposit(uint256 amount) external;

    /// @notice Takes `amount` of the asset from the caller into the balance of `account`.
    function depositFor(address account, uint256 amount) external;

    /// @notice {deposit} with an EIP-2612 permit of the caller. A permit that was used already is no obstacle as
    /// long as the allowance is there.
    function depositWithPermit(
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice {depositWithPermit} for another account, whose permit it is and whose balance grows. Anyone may bring it.
    /// Where the permit was used already, it takes an allowance of just its amount; else {IMarketErrors-PermitRefused}.
    function depositWithPermitFor(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Lets `operator` bid, claim and commit traces with the caller's balance, or takes that back. An operator
    /// can't withdraw. Warning: what it holds and lets lapse is slashed all the same.
    function setOperator(address operator, bool named) external;

    /// @notice Sends `amount` of the caller's balance to `to`.
    function withdraw(uint256 amount, address to) external;

    /// @notice Sends what was burned to 0x…dEaD. Anyone may call. Returns the amount.
    function pushBurned() external returns (uint256 amount);

    // -------------------------------------------------------------------------------------------------- jobs

    /// @notice Posts a job whose execution is for sale. Escrows the execution's highest price, the highest prices of
    /// every required slice and of the dearest that may be drawn, and as many tips.
    /// @return jobId keccak256(abi.encode(chain id, market, requester, nonce, keccak256(abi.encode(request)))).
    function post(JobRequest calldata request) external returns (bytes32 jobId);

    /// @notice Posts a job that its requester signed, with the requester's balance. Anyone may bring it.
    /// @dev EIP-712 over {JobRequest}, with the domain that {eip712Domain} names; ERC-1271 for contracts. The nonce is used
    /// up: of all signed requests with it, one is posted. {post} doesn't look at it.
    function postSigned(
        JobRequest calldata request,
        bytes calldata signature
    ) external returns (bytes32 jobId);

    /// @notice Stops the caller's signed requests with this nonce, in any order.
    function cancelNonce(uint256 nonce) external;

    /// @notice Raises the unit price that the ramp of the caller's job ends at, for slices that are open and audits that
    /// may be drawn; escrows what that can cost more. Holds, collateral, bonds and challenged slices stay as they are.
    /// @return added What was escrowed.
    function raiseOffer(bytes32 jobId, uint64 maxUnitPrice) external returns (uint256 added);

    /// @notice Posts a job that the requester executed itself. `request.execution` must be all zero.
    /// @param trace Commitments of all tensors of the model, by tensor id.
    /// @param traceDigest sha-256 of the trace bundle in the artifact store.
    function postWithTrace(
        JobRequest calldata request,
        bytes32[] calldata trace,
        bytes32 traceDigest
    ) external returns (bytes32 jobId);

    /// @notice Claims a job's execution at the ramp's price now and reserves the bond: the larger of 200% of the
    /// execution's highest price and the job's escrow. Books a claim that ran out first, for the usual reward.
    /// @dev Refused when the claim would end after `commitBy` = posted + rampSeconds + 2·commitSeconds.
    /// Warning: claim only what can be had: input fetched and checked against its commitment.
    /// @return price What the executor is paid when the job is finalized.
    /// @return bond What it has at stake until then.
    function claimExecution(bytes32 jobId) external returns (uint256 price, uint256 bond);

    /// @notice {claimExecution} with the balance of an account that named the caller its operator.
    function claimExecutionFor(
        address executor,
        bytes32 jobId
    ) external returns (uint256 price, uint256 bond);

    /// @notice Commits the claimant to its trace. For the claimant and its operators.
    /// @param trace Commitments of all tensors of the model, by tensor id; those of the inputs equal the job's.
    /// @param traceDigest sha-256 of the trace bundle in the artifact store.
    /// @param outputs What opens the commitments of the model's outputs, one entry each; none if the request asks for a
    /// commitment only. Else an executor could be paid for a hash.
    function commitTrace(
        bytes32 jobId,
        bytes32[] calldata trace,
        bytes32 traceDigest,
        OutputOpening[] calldata outputs
    ) external;

    /// @notice Draws the audits that the request asked for, by the hash of the block after the trace's, from the
    /// provable slices that weren't required. Anyone may call; the drawn slices are due from then on.
    /// @dev The hash can be had for 256 blocks, and for 8,191 where the chain has EIP-2935's contract. Warning: whoever
    /// proposes that block can bias it. An executor draws right away: a job whose audits weren't drawn ends in default.
    function draw(bytes32 jobId) external returns (uint256 audited);

    /// @notice Makes a provable slice due that wasn't, until `challengeSeconds` after a node's trace, once a slice. The
    /// caller reserves its highest price and a tip, which pay for its proof; what is left of that returns. If it stays
    /// unproved, all returns with a share of the executor's bond; if it is drawn too, all returns and the job pays.
    /// The deadline moves so that there is time for a bid and two proofs.
    function challenge(bytes32 jobId, uint256 slice) external;

    /// @notice Books a claim that ran out: 90% of the bond is burned, 10% goes to the caller.
    function slashExecution(bytes32 jobId) external;

    /// @notice Bids on slices, all at one price per unit of weight. Slices that can't be had are skipped: not due or
    /// cancelled, held at a price that this one doesn't undercut enough, held by the bidder, window over, settled, lapsed,
    /// above the ramp's price, too late for the deadline, the trace isn't `traceHash`, or the requester doesn't admit
    /// the bidder.
    /// @param traceHash The trace that the caller has checked.
    /// @param slices Bit i bids on slice i.
    /// @return taken The slices that are the caller's now.
    function bid(
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken);

    /// @notice {bid} with the balance of an account that named the caller its operator.
    function bidFor(
        address prover,
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken);

    /// @notice Verifies proofs of any slices of any jobs in one pairing check and pays the provers.
    /// @dev Every Groth16 proof must hold, or all is reverted. Then each slice is paid or skipped by itself; one that an
    /// external verifier refuses is skipped. A lapse is booked on the way, and the caller has its reward.
    /// @param batches Jobs, their traces and the claims, each a word of {SliceClaim}.
    /// @param proofs What proves all claims, over all batches in their order, in the layout of {IGroth16BatchVerifier}.
    function settle(JobBatch[] calldata batches, bytes calldata proofs) external;

    /// @notice Books holds that ran out: 50% of the collateral is burned, 40% raises the slice, 10% goes to the caller.
    /// Slices that aren't in default are skipped.
    /// @param slices Bit i names slice i.
    /// @return booked The slices whose lapse was booked.
    function slash(bytes32 jobId, uint256 slices) external returns (uint256 booked);

    /// @notice Cancels a job of the caller's: at once before a trace (not while a claim runs: its holder may be about
    /// to publish the result). After it, an announcement: no new bids are taken, and what is open can be proved for
    /// proveSeconds more, at most until the deadline. Held, lapsed, drawn and challenged slices keep their time. What is
    /// unproved then is refunded by {expire}.
    function cancel(bytes32 jobId) external;

    /// @notice Ends a job whose due slices are all proved, audits drawn, time for challenges over: the executor is paid,
    /// the rest goes back.
    function finalize(bytes32 jobId) external;

    /// @notice {finalize}, and {deliver} as the last thing.
    function finalizeAndDeliver(bytes32 jobId, OutputOpening[] calldata outputs) external;

    /// @notice Ends a job that got no trace in time, or whose time is over with a due slice unproved or audits undrawn.
    /// Anyone may call.
    /// @dev Unless the requester cancelled and every unproved slice is one that it could cancel, an executor other than
    /// the requester is in default: its bond first pays what the job cost the requester, of the rest 10% goes to
    /// the caller, 20% to the challengers of unproved slices, and the remainder is burned. An executor that isn't in
    /// default is paid.
    function expire(bytes32 jobId) external;

    /// @notice Reveals the outputs of a finalized job, checked against the trace's commitments. Anyone who knows them may.
    function revealOutput(
        bytes32 jobId,
        bytes32[] calldata trace,
        OutputOpening[] calldata outputs
    ) external;

    /// @notice Calls the consumer of a finalized job, {IInferenceConsumer-onInferenceResult}, with the gas that the request
    /// gives it and not less. A failure is logged, and anyone may call again, until it succeeds once.
    /// @param outputs The revealed outputs, as {IMarketEvents-OutputRevealed} has them; empty if they aren't.
    function deliver(bytes32 jobId, OutputOpening[] calldata outputs) external;

    // ------------------------------------------------------------------------------------------------- owner

    /// @notice Sets the fee for jobs posted later. Owner only.
    function setFee(uint16 feeBps) external;

    /// @notice Sets where fees are credited. Owner only.
    function setTreasury(address treasury) external;

    // ------------------------------------------------------------------------------------------------- views

    /// @notice The one asset of the market.
    function asset() external view returns (address);

    /// @notice The registry that jobs name models of.
    function modelRegistry() external view returns (IModelRegistry);

    /// @notice The verifier of settlements.
    function verifier() external view returns (IGroth16BatchVerifier);

    /// @notice What never changes.
    function limits() external view returns (Limits memory);

    /// @notice The fee that jobs posted now keep, in basis points of a slice's price.
    function feeBps() external view returns (uint16);

    /// @notice Where fees are credited.
    function treasury() external view returns (address);

    /// @notice An account's free balance, and what it has reserved as collateral and bonds.
    function accountOf(address account) external view returns (uint256 balance, uint256 reserved);

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

    /// @notice Whether the job's requester lets an account execute and prove, by its list and the account's record now.
    function admits(bytes32 jobId, address account) external view returns (bool);

    /// @notice For how many slices an account was paid in this market. Warning: who pays itself has a record for the fees.
    function recordOf(address account) external view returns (uint32);

    /// @notice Whether `operator` may bid, claim and commit traces for `account`.
    function isOperator(address account, address operator) external view returns (bool);

    /// @notice Whether signed requests with this nonce are refused.
    function isNonceUsed(address account, uint256 nonce) external view returns (bool);

    /// @notice What outputs are checked with.
    function tensorHasher() external view returns (ITensorHasher);

    /// @notice The highest price per unit of weight that a first bid on a required slice may ask now.
    function unitPriceNow(bytes32 jobId) external view returns (uint64);

    /// @notice What claiming the execution now would pay.
    function executionPriceNow(bytes32 jobId) external view returns (uint96);

    /// @notice The public signals of a slice's proof by `prover`: commitments of its inputs, of its outputs, tag.
    function signalsOf(
        bytes32 jobId,
        uint256 slice,
        address prover,
        bytes32[] calldata trace
    ) external view returns (uint256[] memory signals);
}
