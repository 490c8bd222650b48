// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {JobRequest} from "../../types/JobRequest.sol";
import {BidRefusal, CloseReason, SkipReason} from "../../types/MarketStates.sol";
import {OutputOpening} from "../../types/OutputOpening.sol";

/// @title What the market tells
/// @notice Every state can be rebuilt from the events alone; all amounts are in 10^-18 of the asset, unit prices such amounts a
/// constraint. The ledger's movements, beside {Deposited} and {Withdrawn}:
///
/// | event | who: what |
/// | --- | --- |
/// | JobPosted | requester: balance −escrow |
/// | OfferRaised | requester: balance −added; job's escrow +added |
/// | ExecutionClaimed | executor: balance −bond, reserved +bond |
/// | ExecutionLapsed | executor: reserved −bond; caller: balance +reward; 0x…dEaD: balance +burned |
/// | BidPlaced | prover: balance −collateral, reserved +collateral; outbid: the reverse, by the same collateral |
/// | SliceChallenged | challenger: balance −bond, reserved +bond |
/// | ChallengeProved | challenger: reserved −bond, balance +returned; executor: balance +⌊delay / 2⌋; requester: balance +⌈delay / 2⌉; job's escrow +(bond − returned − delay), which the SlicesSettled before it took from there |
/// | SlicesLapsed | holder: reserved −(burned + raise + reward); caller: balance +reward; 0x…dEaD: +burned; job's raises: +raise |
/// | SlicesSettled | job's escrow −price −tip, raises −raise; prover: balance +price −fee +raise +released, reserved −released; treasury: +fee; settler: +tip |
/// | JobFinalized | job's escrow → executor: +executionPrice, requester: +refund; executor: reserved −bond, balance +bond |
/// | JobClosed | job's escrow → requester: +refund, executor: +executionPrice; raises → 0x…dEaD: +burnedRaises; bond: see {BondForfeited}, else released as in JobFinalized |
/// | ChallengeUnproved | challenger: reserved −bond, balance +bond +reward |
/// | BondForfeited | executor: reserved −bond; requester: balance +madeWhole; caller: +reward; 0x…dEaD: +burned; the rest went to challengers, see ChallengeUnproved |
/// | BurnPushed | 0x…dEaD: balance −amount |
interface IMarketEvents {
    /// @notice `amount` of the asset came in from `from` and was credited to `account`.
    event Deposited(address indexed account, address indexed from, uint256 amount);
    /// @notice `amount` left `account`'s balance and was sent to `to`.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    /// @notice Burned amounts left the ledger for 0x…dEaD.
    event BurnPushed(uint256 amount);

    /// @notice The fee for jobs posted from `from` on.
    event FeeSet(uint16 feeBps, uint40 from);
    /// @notice Nothing is deposited or posted after `sunsetAt`.
    event SunsetAnnounced(uint40 sunsetAt);
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
    /// @notice A bid took slices, which are in one place from now on. `outbid` is whom it replaced there (zero: nobody).
    event BidPlaced(
        bytes32 indexed jobId,
        address indexed prover,
        uint256 place,
        uint256 slices,
        uint64 unitPrice,
        uint256 collateral,
        uint40 windowEnd,
        uint40 lockEnd,
        address outbid
    );
    /// @notice Proved slices were paid, all at one unit price. `released` of the prover's collateral is free.
    event SlicesSettled(
        bytes32 indexed jobId,
        address indexed prover,
        uint256 slices,
        uint64 unitPrice,
        uint256 price,
        uint256 fee,
        uint256 raise,
        uint256 tip,
        uint256 released,
        address settler
    );
    /// @notice Slices were settled and not paid.
    event SlicesSkipped(
        bytes32 indexed jobId,
        address indexed prover,
        uint256 slices,
        SkipReason reason
    );
    /// @notice A bid that ran out was booked with what it had unproved. These slices are open to all, and the job stays open
    /// until `closing`.
    event SlicesLapsed(
        bytes32 indexed jobId,
        address indexed holder,
        uint256 place,
        uint256 slices,
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

    /// @notice `account` lets `operator` bid, claim and commit traces for it within these limits; `maxDaily` 0: no longer.
    event OperatorSet(
        address indexed account,
        address indexed operator,
        uint112 maxReserved,
        uint112 maxDaily
    );
    /// @notice A signed bid took nothing; unless its nonce was used, it may be brought again.
    event SignedBidRefused(
        bytes32 indexed jobId,
        address indexed prover,
        address indexed signer,
        uint256 nonce,
        BidRefusal reason
    );
    /// @notice Nothing that `account` signed with a nonce is taken any more.
    event NonceUsed(address indexed account, uint256 nonce);
    /// @notice The requester raised the price that the ramp ends at. Holds and collateral stay as they are.
    event OfferRaised(bytes32 indexed jobId, uint64 highUnitPrice, uint256 added);
    /// @notice The audits were drawn: `audited` are due from now on, by the hash of block `anchor`.
    event AuditsDrawn(bytes32 indexed jobId, uint256 audited, uint256 anchor, bytes32 anchorHash);
    /// @notice A slice was challenged and is due from now on. The job's deadline is `deadline` now.
    event SliceChallenged(
        bytes32 indexed jobId,
        uint256 indexed slice,
        address indexed challenger,
        uint256 bond,
        uint40 deadline
    );
    /// @notice A challenged slice was proved: the bond paid price and tip, `delay` went to executor and requester, the rest
    /// returned. Follows its {SlicesSettled}.
    event ChallengeProved(
        bytes32 indexed jobId,
        uint256 indexed slice,
        address indexed challenger,
        uint256 bond,
        uint256 returned,
        uint256 delay
    );
    /// @notice A challenged slice was left unproved: the bond returned, with a share of the executor's.
    event ChallengeUnproved(
        bytes32 indexed jobId,
        uint256 indexed slice,
        address indexed challenger,
        uint256 bond,
        uint256 reward
    );
    /// @notice The output's values, checked against their commitments: one entry for each output of the model. Means
    /// something only if the job is finalized, or will be.
    event OutputRevealed(bytes32 indexed jobId, bytes32 outputDigest, OutputOpening[] outputs);
}
