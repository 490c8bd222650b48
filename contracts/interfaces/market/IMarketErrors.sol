// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {IOutputErrors} from "../IOutputErrors.sol";
import {ExecutionOffer} from "../../types/JobRequest.sol";
import {JobState} from "../../types/MarketStates.sol";

/// @title Why the market refuses
interface IMarketErrors is IOutputErrors {
    /// @notice Thrown when the asset, a registry or the verifier of a new market has no code, the asset more than 18 decimals, or
    /// the limits are outside their bounds.
    error InvalidDeployment();
    /// @notice Thrown when the coins that come with a deposit aren't its amount.
    error CoinsDiffer(uint256 coins, uint256 amount);

    /// @notice Thrown when the chain's coins are sent to a market by themselves: {ISliceMarket-deposit} takes them.
    error CoinsNotTaken();
    /// @notice Thrown when an amount is zero.
    error ZeroAmount();
    /// @notice Thrown when an account that would receive something is the zero address.
    error ZeroAccount();
    /// @notice Thrown when an account's balance is too low.
    error InsufficientBalance(address account, uint256 available, uint256 needed);
    /// @notice Thrown when the ledger would hold more than 112 bits say, a job's escrow more than 96, or an amount of the asset is
    /// beyond either.
    error AmountTooLarge(uint256 amount);
    /// @notice Thrown when a deposit brought another amount than it named, in the asset's smallest unit: the asset takes a fee on
    /// transfer.
    error TransferAmountMismatch(uint256 received, uint256 expected);
    /// @notice Thrown when a fee above the cap is set.
    error FeeTooHigh(uint256 feeBps, uint256 most);
    /// @notice Thrown when something is deposited or posted after a sunset.
    error MarketClosing(uint256 sunsetAt);
    /// @notice Thrown when a sunset is announced twice.
    error SunsetAnnouncedBefore(uint256 sunsetAt);

    /// @notice Thrown when someone else than the request's requester posts it.
    error NotRequester(address caller, address requester);
    /// @notice Thrown when the very same request was posted before.
    error JobAlreadyPosted(bytes32 jobId);
    /// @notice Thrown when a request is posted after the end of its validity.
    error RequestOutdated(uint256 validUntil, uint256 time);
    /// @notice Thrown when the market's fee is above what the request accepts.
    error FeeAboveLimit(uint256 feeBps, uint256 maxFeeBps);
    /// @notice Thrown when the model isn't registered.
    error UnknownModel(bytes32 modelId);
    /// @notice Thrown when the model has no slice to prove.
    error NothingToProve(bytes32 modelId);
    /// @notice Thrown when `required` or `contestable` has a slice that the model doesn't have or that can't be proved.
    error SliceNotProvable(uint256 slice);
    /// @notice Thrown when a request has more or fewer input commitments than the model has inputs.
    error InputCountMismatch(uint256 count, uint256 expected);
    /// @notice Thrown when a commitment isn't below the scalar field's order.
    error CommitmentOutOfRange(uint256 tensor, bytes32 commitment);
    /// @notice Thrown when a lowest unit price is zero or above the highest.
    error InvalidUnitPrices(uint256 minUnitPrice, uint256 maxUnitPrice);
    /// @notice Thrown when an offer's collateral is below 200% or above what fits.
    error CollateralOutOfRange(uint256 collateralBps, uint256 least, uint256 most);
    /// @notice Thrown when an offer's smallest undercut is above the cap.
    error UndercutOutOfRange(uint256 minUndercutBps, uint256 most);
    /// @notice Thrown when `proveSeconds` is under the market's minimum.
    error ProveSecondsTooShort(uint256 proveSeconds, uint256 least);
    /// @notice Thrown when `commitSeconds` is under the market's minimum.
    error CommitSecondsTooShort(uint256 commitSeconds, uint256 least);
    /// @notice Thrown when a model's outputs have more words than a node could reveal in one transaction, and the request
    /// doesn't ask for their commitment only.
    error OutputsTooLarge(uint256 words, uint256 most);
    /// @notice Thrown when a job is shorter than ramp + window + 2·proveSeconds, with audits and the time for their draw, or
    /// than the market's minimum, or longer than its cap.
    error JobSecondsOutOfRange(uint256 jobSeconds, uint256 least, uint256 most);
    /// @notice Thrown when the time for challenges is longer than the job.
    error ChallengeSecondsTooLong(uint256 challengeSeconds, uint256 most);
    /// @notice Thrown when an execution offer's lowest price is above its highest, or its times are above the market's cap.
    error InvalidExecutionOffer(ExecutionOffer execution);
    /// @notice Thrown when a request that comes with a trace offers something for the execution.
    error ExecutionNotWanted();

    /// @notice Thrown when no job has this id.
    error UnknownJob(bytes32 jobId);
    /// @notice Thrown when a job is in another state than the call needs.
    error WrongJobState(bytes32 jobId, JobState state);
    /// @notice Thrown when a claim would end after the last second for a trace.
    error ClaimTooLate(bytes32 jobId, uint256 claimEnd, uint256 commitBy);
    /// @notice Thrown when someone else than the claimant brings a trace.
    error NotExecutor(bytes32 jobId, address caller, address executor);
    /// @notice Thrown when a trace comes after the claim ran out.
    error TraceTooLate(bytes32 jobId, uint256 time, uint256 claimEnd);
    /// @notice Thrown when a claimed execution still has time.
    error ClaimRunning(bytes32 jobId, uint256 claimEnd);
    /// @notice Thrown when a trace hasn't one commitment a tensor.
    error TraceLengthMismatch(uint256 length, uint256 expected);
    /// @notice Thrown when a trace's entries for the model's inputs, or the id of the request that comes with it, aren't the job's.
    error TraceInputsMismatch(bytes32 jobId);
    /// @notice Thrown when the array brought with a call isn't the job's trace, or the job has none yet.
    error TraceMismatch(bytes32 jobId);
    /// @notice Thrown when a settlement doesn't show a chunk of the trace that one of its slices has a tensor in.
    error ChunkNotShown(bytes32 jobId, uint256 chunk);
    /// @notice Thrown when a settlement names a slice that the model doesn't have or that has no circuit.
    error UnknownSlice(bytes32 jobId, uint256 slice);
    /// @notice Thrown when a settlement names the zero address as prover.
    error ZeroProver(bytes32 jobId, uint256 slice);
    /// @notice Thrown when a bid, a settlement or a slash names nothing.
    error NothingNamed();
    /// @notice Thrown when a cancel was announced before.
    error AlreadyCancelled(bytes32 jobId);
    /// @notice Thrown when a job is cancelled after its deadline.
    error CancelTooLate(bytes32 jobId, uint256 deadline);
    /// @notice Thrown when a due slice isn't proved yet.
    error SlicesUnproved(bytes32 jobId, uint256 settled, uint256 due);
    /// @notice Thrown when a job that can't expire, since every due slice is proved, is expired.
    error AllSlicesProved(bytes32 jobId);
    /// @notice Thrown when challenges are still possible.
    error ChallengeTimeRunning(bytes32 jobId, uint256 end);
    /// @notice Thrown when a job is expired while its slices can still be proved or its trace still be brought.
    error JobStillOpen(bytes32 jobId, uint256 end);

    /// @notice Thrown when the caller is neither the account that it acts for nor one of its operators.
    error NotOperator(address account, address caller);
    /// @notice Thrown when an account would have more reserved than it lets its operator reserve.
    error OperatorReservesTooMuch(address account, address operator, uint256 reserved, uint256 most);
    /// @notice Thrown when an operator would have staked more today than its account lets it.
    error OperatorStakesTooMuch(address account, address operator, uint256 staked, uint256 most);
    /// @notice Thrown when no permit of the account was used: refused by the asset, used before, or the asset has none.
    error PermitRefused(address account);
    /// @notice Thrown when a request's signature isn't its requester's.
    error InvalidSignature(address requester);
    /// @notice Thrown when a nonce was used by a signed request or a signed bid, or cancelled before.
    error NonceAlreadyUsed(address account, uint256 nonce);
    /// @notice Thrown when a request asks for more audits than there are contestable slices outside `required`.
    error AuditsOutOfRange(uint256 audits, uint256 most);
    /// @notice Thrown when a request names an admission contract that has no code, or data for none.
    error InvalidAdmission(address hook, bytes32 data);
    /// @notice Thrown when a job's admission contract doesn't admit an account: it says no, nothing that counts, or fails.
    error NotAdmitted(bytes32 jobId, address account);
    /// @notice Thrown when a transaction has less gas left than a job's admission contract may use.
    error TooLittleGas(uint256 needed);
    /// @notice Thrown when a raised unit price isn't above the one in force.
    error OfferNotRaised(uint256 unitPrice, uint256 current);
    /// @notice Thrown when a job asks for no audits, or they were drawn before.
    error NothingToDraw(bytes32 jobId);
    /// @notice Thrown when the block that draws isn't over yet.
    error DrawTooEarly(bytes32 jobId, uint256 anchor);
    /// @notice Thrown when the hash that draws can't be had any more.
    error DrawMissed(bytes32 jobId, uint256 anchor);
    /// @notice Thrown when a job with audits is ended, or a slice of it challenged, before they were drawn.
    error AuditsNotDrawn(bytes32 jobId);
    /// @notice Thrown when the requester executed the job itself: there is no bond that a challenge could be for.
    error NotChallengeable(bytes32 jobId);
    /// @notice Thrown when a slice is challenged after the time for it.
    error ChallengeTooLate(bytes32 jobId, uint256 end);
    /// @notice Thrown when a challenged slice is due already, or isn't one of the contestable ones.
    error SliceNotChallengeable(bytes32 jobId, uint256 slice);
    /// @notice Thrown when values are brought for an output that is to stay a commitment.
    error OutputNotWanted(bytes32 jobId);
    /// @notice Thrown when the output was revealed before.
    error OutputAlreadyRevealed(bytes32 jobId);
    /// @notice Thrown when a job has no result: it isn't finalized.
    error NoResult(bytes32 jobId, JobState state);
}
