// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Aggregate, ProofPoints} from "../types/ProofAggregate.sol";
import {JobBatch} from "../types/JobBatch.sol";
import {ExecutionOffer, JobRequest, Offer} from "../types/JobRequest.sol";
import {IGroth16BatchVerifier} from "./IGroth16BatchVerifier.sol";
import {IModelRegistry} from "./IModelRegistry.sol";

/// @title The market for proofs of slices
/// @notice Requesters escrow the most a job can cost; nodes claim executions, bid on slices and are paid for exactly
/// what is proved. All amounts are in the smallest unit of one ERC-20 asset and move in an internal ledger.
/// @dev Deadlines are inclusive: what must happen "by t" may happen in a block of time t. No upgrade, no pause. The
/// owner sets a fee of up to 5% for jobs posted later, and its treasury, nothing else.
///
/// Every state can be rebuilt from the events alone. The ledger's movements, beside {Deposited} and {Withdrawn}:
///
/// | event | who: what |
/// | --- | --- |
/// | JobPosted | requester: balance −escrow |
/// | ExecutionClaimed | executor: balance −bond, reserved +bond |
/// | ExecutionLapsed | executor: reserved −bond; caller: balance +reward; 0x…dEaD: balance +burned |
/// | BidPlaced | prover: balance −collateral, reserved +collateral; outbid: the reverse, by the same collateral |
/// | SliceLapsed | holder: reserved −collateral; caller: balance +reward; 0x…dEaD: +burned; job's raises: +raise |
/// | SliceSettled | job's escrow −price −tip, raises −raise; prover: balance +price −fee +raise; treasury: +fee; settler: +tip; a holder that is paid: reserved −collateral, balance +collateral |
/// | JobFinalized | job's escrow → executor: +executionPrice, requester: +refund; executor: reserved −bond, balance +bond |
/// | JobClosed | job's escrow → requester: +refund, executor: +executionPrice; raises → 0x…dEaD: +burnedRaises; bond: see {BondForfeited}, else released as in JobFinalized |
/// | BondForfeited | executor: reserved −bond; requester: balance +madeWhole; caller: +reward; 0x…dEaD: +burned |
/// | BurnPushed | 0x…dEaD: balance −amount |
interface ISliceMarket {
    /// @notice Where a job is. `Finalized` and `Closed` are terminal; only a finalized job has a result.
    enum JobState {
        None,
        Posted,
        Claimed,
        Traced,
        Finalized,
        Closed
    }

    /// @notice Where a slice is. `Lapsed`: its holder's time passed, whoever proves it first is paid.
    enum SliceState {
        Open,
        Held,
        Lapsed,
        Settled
    }

    /// @notice Why a verified slice was not paid.
    enum SkipReason {
        NotDue,
        AlreadySettled,
        WindowOpen,
        HeldByOther,
        JobClosing,
        JobEnded
    }

    /// @notice How a job ended without a result.
    enum CloseReason {
        Cancelled,
        Expired
    }

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
    /// @param initialEscrow What was escrowed at post. @param escrow What is left of it.
    /// @param raises Shares of slashed collateral that wait for whoever proves the lapsed slices.
    /// @param executor Who claimed the execution or brought the trace; zero: nobody yet.
    /// @param executionPrice What the executor is paid in the end. @param bond What it has reserved for the job.
    /// @param claimEnd Last second for the claimant's trace. @param commitBy Last second for any trace.
    /// @param tracedAt When the trace came. @param deadline The last second that a hold may run to.
    /// @param closing The later of the deadline and, for each booked lapse, its end + proveSeconds. Slices nobody holds
    /// can be proved until then (open ones of a cancelled job until the deadline); after it the job can be expired.
    /// @param cancelled Whether the requester announced a cancel after the trace.
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
        uint32 jobSeconds;
        uint32 challengeSeconds;
        bool cancelled;
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
    struct SliceView {
        SliceState state;
        bool due;
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

    // ------------------------------------------------------------------------------------------------ ledger

    /// @notice `amount` of the asset came in from `from` and was credited to `account`.
    event Deposited(address indexed account, address indexed from, uint256 amount);
    /// @notice `amount` left `account`'s balance and was sent to `to`.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    /// @notice Burned amounts left the ledger for 0x…dEaD.
    event BurnPushed(uint256 amount);

    /// @notice The fee for jobs posted from now on.
    event FeeSet(uint16 feeBps);
    /// @notice Where fees are credited from now on.
    event TreasurySet(address indexed treasury);

    // -------------------------------------------------------------------------------------------------- jobs

    /// @notice A job was posted. `due` are the slices to prove, `feeBps` the fee kept with the job, `commitBy` the
    /// last second for a trace (0: the requester brings it in this transaction).
    event JobPosted(
        bytes32 indexed jobId,
        address indexed requester,
        bytes32 indexed modelId,
        JobRequest request,
        uint256 due,
        uint256 escrow,
        uint16 feeBps,
        uint40 commitBy
    );
    /// @notice A node claimed the execution at `price` and reserved `bond`; its trace is due by `claimEnd`.
    event ExecutionClaimed(
        bytes32 indexed jobId,
        address indexed executor,
        uint256 price,
        uint256 bond,
        uint40 claimEnd
    );
    /// @notice A claimed execution brought no trace in time. The execution is open again, at its highest price.
    event ExecutionLapsed(
        bytes32 indexed jobId,
        address indexed executor,
        uint256 burned,
        uint256 reward,
        address caller
    );
    /// @notice The trace was committed. `traceDigest` is the sha-256 under which the trace bundle (activations and
    /// salts of every tensor) is fetched from the artifact store. Slices may be proved until `deadline`.
    event TraceCommitted(
        bytes32 indexed jobId,
        address indexed executor,
        bytes32 traceHash,
        bytes32 traceDigest,
        uint40 deadline,
        bytes32[] trace
    );
    /// @notice A bid took a slice. `outbid` is whom it replaced (zero: nobody).
    event BidPlaced(
        bytes32 indexed jobId,
        uint256 indexed slice,
        address indexed prover,
        uint64 unitPrice,
        uint256 price,
        uint256 collateral,
        uint40 windowEnd,
        uint40 lockEnd,
        address outbid
    );
    /// @notice A proved slice was paid.
    event SliceSettled(
        bytes32 indexed jobId,
        uint256 indexed slice,
        address indexed prover,
        uint256 price,
        uint256 fee,
        uint256 raise,
        uint256 tip,
        address settler
    );
    /// @notice A slice was proved and not paid.
    event SliceSkipped(
        bytes32 indexed jobId,
        uint256 indexed slice,
        address indexed prover,
        SkipReason reason
    );
    /// @notice A hold that ran out was booked. The slice is open to all, and the job stays open until `closing`.
    event SliceLapsed(
        bytes32 indexed jobId,
        uint256 indexed slice,
        address indexed holder,
        uint256 burned,
        uint256 raise,
        uint256 reward,
        address caller,
        uint40 closing
    );
    /// @notice The requester announced a cancel: no new bids, and open slices can be proved until `deadline` only.
    event CancelAnnounced(bytes32 indexed jobId, uint40 deadline);
    /// @notice Every due slice is proved: the job has a result.
    event JobFinalized(
        bytes32 indexed jobId,
        address indexed executor,
        uint256 executionPrice,
        uint256 refund,
        uint256 bond
    );
    /// @notice The job ended without a result. `bond` is what was released to the executor (0: none, or forfeited).
    event JobClosed(
        bytes32 indexed jobId,
        CloseReason reason,
        uint256 refund,
        uint256 burnedRaises,
        uint256 executionPrice,
        uint256 bond
    );
    /// @notice The executor left a due slice unproved and lost its bond.
    event BondForfeited(
        bytes32 indexed jobId,
        address indexed executor,
        uint256 madeWhole,
        uint256 reward,
        uint256 burned,
        address caller
    );

    // ------------------------------------------------------------------------------------------------ errors

    /// @notice Thrown when the asset, a registry or the verifier of a new market has no code, or the limits are
    /// outside their bounds.
    error InvalidDeployment();
    /// @notice Thrown when an amount is zero.
    error ZeroAmount();
    /// @notice Thrown when an account that would receive something is the zero address.
    error ZeroAccount();
    /// @notice Thrown when an account's balance is too low.
    error InsufficientBalance(address account, uint256 available, uint256 needed);
    /// @notice Thrown when an amount doesn't fit the ledger's 128 bits.
    error AmountTooLarge(uint256 amount);
    /// @notice Thrown when a deposit brought another amount than it named: the asset takes a fee on transfer.
    error TransferAmountMismatch(uint256 received, uint256 expected);
    /// @notice Thrown when a fee above the cap is set.
    error FeeTooHigh(uint256 feeBps, uint256 most);

    /// @notice Thrown when someone else than the request's requester posts it.
    error NotRequester(address caller, address requester);
    /// @notice Thrown when the very same request was posted before.
    error JobAlreadyPosted(bytes32 jobId);
    /// @notice Thrown when a request is posted after the end of its validity.
    error RequestOutdated(uint256 validUntil, uint256 time);
    /// @notice Thrown when the market's fee is above what the request accepts.
    error FeeAboveLimit(uint256 feeBps, uint256 maxFeeBps);
    /// @notice Thrown when a request asks for random audits, which don't exist yet.
    error AuditsNotSupported(uint256 audits);
    /// @notice Thrown when a request names a consumer or its gas, which don't exist yet.
    error ConsumerNotSupported(address consumer, uint256 consumerGas);
    /// @notice Thrown when the model isn't registered.
    error UnknownModel(bytes32 modelId);
    /// @notice Thrown when the model has no slice to prove.
    error NothingToProve(bytes32 modelId);
    /// @notice Thrown when `required` has a slice that the model doesn't have or that can't be proved.
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
    /// @notice Thrown when a job is shorter than ramp + window + 2·proveSeconds or longer than the market's cap.
    error JobSecondsOutOfRange(uint256 jobSeconds, uint256 least, uint256 most);
    /// @notice Thrown when the time for challenges is longer than the job.
    error ChallengeSecondsTooLong(uint256 challengeSeconds, uint256 most);
    /// @notice Thrown when an execution offer's lowest price is above its highest, its commit time is zero, or its
    /// times are above the market's cap.
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
    /// @notice Thrown when a trace's entries for the model's inputs aren't the job's.
    error TraceInputsMismatch(bytes32 jobId);
    /// @notice Thrown when the array brought with a call isn't the job's trace, or the job has none yet.
    error TraceMismatch(bytes32 jobId);
    /// @notice Thrown when a settlement names a slice that the model doesn't have or that has no circuit.
    error UnknownSlice(bytes32 jobId, uint256 slice);
    /// @notice Thrown when a settlement names the zero address as prover.
    error ZeroProver(bytes32 jobId, uint256 slice);
    /// @notice Thrown when a settlement has more or fewer proofs than claims.
    error ProofCountMismatch(uint256 proofs, uint256 claims);
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

    /// @notice Sends `amount` of the caller's balance to `to`.
    function withdraw(uint256 amount, address to) external;

    /// @notice Sends what was burned to 0x…dEaD. Anyone may call. Returns the amount.
    function pushBurned() external returns (uint256 amount);

    // -------------------------------------------------------------------------------------------------- jobs

    /// @notice Posts a job whose execution is for sale. Escrows the execution's highest price, the highest price of
    /// every due slice and as many tips.
    /// @return jobId keccak256(abi.encode(chain id, market, requester, nonce, keccak256(abi.encode(request)))).
    function post(JobRequest calldata request) external returns (bytes32 jobId);

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

    /// @notice Commits the claimant to its trace.
    /// @param trace Commitments of all tensors of the model, by tensor id; those of the inputs equal the job's.
    /// @param traceDigest sha-256 of the trace bundle in the artifact store.
    function commitTrace(bytes32 jobId, bytes32[] calldata trace, bytes32 traceDigest) external;

    /// @notice Books a claim that ran out: 90% of the bond is burned, 10% goes to the caller.
    function slashExecution(bytes32 jobId) external;

    /// @notice Bids on slices, all at one price per unit of weight. Slices that can't be had are skipped: not due,
    /// held at a price that this one doesn't undercut enough, held by the caller, window over, settled, lapsed,
    /// above the ramp's price, too late for the deadline, or the trace isn't `traceHash`.
    /// @param traceHash The trace that the caller has checked.
    /// @param slices Bit i bids on slice i.
    /// @return taken The slices that are the caller's now.
    function bid(
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken);

    /// @notice Verifies proofs of any slices of any jobs in one pairing check and pays the provers.
    /// @dev Every proof must hold, or all is reverted. Then each slice is paid or skipped by itself. A lapse is
    /// booked on the way, and the caller has its reward.
    /// @param batches Jobs, their traces and the claims, each a word of {SliceClaim}.
    /// @param proofs Points A and B of each claim, over all batches in their order.
    /// @param aggregate Points C, added up per circuit with the coefficients of {IGroth16BatchVerifier-challenges}.
    function settle(
        JobBatch[] calldata batches,
        ProofPoints[] calldata proofs,
        Aggregate calldata aggregate
    ) external;

    /// @notice Books holds that ran out: 50% of the collateral is burned, 40% raises the slice, 10% goes to the caller.
    /// Slices that aren't in default are skipped.
    /// @param slices Bit i names slice i.
    /// @return booked The slices whose lapse was booked.
    function slash(bytes32 jobId, uint256 slices) external returns (uint256 booked);

    /// @notice Cancels a job of the caller's: at once before a trace (not while a claim runs: its holder may be about
    /// to publish the result). After it, no new bids are taken and the deadline moves to proveSeconds from now, if
    /// that is earlier; held and lapsed slices keep their time. What is unproved then is refunded by {expire}.
    function cancel(bytes32 jobId) external;

    /// @notice Ends a job whose due slices are all proved: the executor is paid, the rest goes back.
    function finalize(bytes32 jobId) external;

    /// @notice Ends a job that got no trace in time, or whose time is over with a due slice unproved. Anyone may call.
    /// @dev Unless the requester cancelled and every unproved slice is one that nobody held, an executor other than
    /// the requester is in default: its bond first pays what the job cost the requester, of the rest 10% goes to
    /// the caller and the remainder is burned. An executor that isn't in default is paid.
    function expire(bytes32 jobId) external;

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

    /// @notice The highest price per unit of weight that a first bid may ask now.
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
