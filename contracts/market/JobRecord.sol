// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Admission} from "../types/JobRequest.sol";
import {JobState} from "../types/MarketStates.sol";

// Each struct but BidRecord, Job and MarketState is one storage slot, so that it is read and written at once. What a settlement
// needs of a job lies in four of them: head, place, terms, run. It changes the first alone, unless it books a lapse.
// Money is in 10^-18 of the asset and has 112 bits, since the market takes no deposit that brings what it holds above that, and a
// job's 96; times have 40.
// What is a part of a job's time has 24, which the market's constructor keeps it below.

/// @notice How far a job has come. `flags` are those of {JobFlags}. `bids`: how many places for bids there are. `settledLow`:
/// which of the first 24 slices are settled; the others' bits are in a slot of their own, which isn't written where one
/// settlement is the last: see {JobRecords-settledOf}. `escrow`
/// and `spent`: what is left of the escrow and what was spent of it; after the job's end, what was refunded.
struct JobHead {
    JobState state;
    uint16 flags;
    uint16 bids;
    uint24 settledLow;
    uint96 escrow;
    uint96 spent;
}

/// @notice Where the model is kept, and what settling one slice pays the caller.
struct JobPlace {
    address modelStore;
    uint96 settleTip;
}

/// @notice The offer for proofs, as it was posted, and the market's fee at that time.
struct JobTerms {
    uint64 minUnitPrice;
    uint64 maxUnitPrice;
    uint16 collateralBps;
    uint16 minUndercutBps;
    uint16 feeBps;
    uint24 bidWindow;
    uint24 proveSeconds;
    uint24 rampSeconds;
}

/// @notice Whose job it is, and what else is fixed at post.
struct JobOrigin {
    address requester;
    uint40 postedAt;
    uint24 jobSeconds;
    uint24 challengeSeconds;
    uint8 audits;
}

/// @notice Who claimed the execution (zero when the requester brought the trace) and when the trace came. `deadline`:
/// while a claim runs, its end; from the trace on, the last second that a hold may run to.
struct JobRun {
    address executor;
    uint40 tracedAt;
    uint40 deadline;
}

/// @notice What the executor is paid and has at stake; zero when the requester brought the trace. `lapseEnd`: the latest
/// end + proveSeconds of a booked lapse, beside these since neither is written with the trace.
struct JobStake {
    uint96 price;
    uint112 bond;
    uint40 lapseEnd;
}

/// @notice What happens to few jobs. `anchor`: the block whose hash draws the audits; `drawnAt`: when they were drawn;
/// `highUnitPrice`: where the ramp ends since the requester raised it, see {JobFlags-RAISED}; `cancelSpan`: seconds from
/// the trace until which open slices of a cancelled job can be proved. It ends at the deadline at the latest, which is at
/// most twice the longest job after the trace: see the market's constructor.
struct JobChanges {
    uint64 anchor;
    uint40 drawnAt;
    uint64 highUnitPrice;
    uint24 cancelSpan;
}

/// @notice Who challenged a slice, and when.
struct ChallengeRecord {
    address challenger;
    uint40 challengedAt;
}

/// @notice A bid that took slices: whose they are, at which price, until when others may bid less, in seconds from the trace,
/// and whether its end was booked because its time passed.
struct Bid {
    address prover;
    uint64 unitPrice;
    uint24 windowEnd;
    bool lapsed;
}

/// @notice A place for a bid: the bid, and which slices it has, settled ones included. No slice is in two places.
struct BidRecord {
    Bid bid;
    uint256 slices;
}

/// @notice All that is kept of a job. `due` counts only with {JobFlags-SOME_DUE}, else every provable slice is due;
/// `contestable` only if it isn't zero, else every provable slice may be drawn or challenged.
/// `offerOrTrace` is the offer for the execution until there is a trace, see {JobRecords-executionOffer}, and the trace's hash
/// from then on: nobody asks for the one where there is the other. `outputDigest`: see {ISliceMarket-resultOf}. `admission`: whom to ask who may enter,
/// read with {JobFlags-ADMISSION} only.
/// `settledHigh`: see {JobRecords-settledOf}.
/// @dev Posting writes head, place, terms, origin and, if a node is to execute, offerOrTrace. What the inputs are is in the job's
/// id: see {JobRecords-idOf}.
struct Job {
    JobHead head;
    JobPlace place;
    JobTerms terms;
    JobRun run;
    bytes32 offerOrTrace;
    JobOrigin origin;
    JobStake stake;
    uint256 due;
    uint256 contestable;
    uint256 audited;
    uint256 challenged;
    JobChanges changes;
    Admission admission;
    bytes32 outputDigest;
    uint256 settledHigh;
    mapping(uint256 place => BidRecord record) bids;
    mapping(uint256 slice => ChallengeRecord record) challenges;
}

/// @notice An account's free balance, what it has reserved, and for how many slices it was paid.
struct Account {
    uint112 balance;
    uint112 reserved;
    uint32 record;
}

/// @notice What an account lets another do for it: how much it may have reserved after an operator's bid or claim, and how
/// much the operator may stake in a day (0: it is none). `staked`: how much it did in the last such `day`.
struct Operator {
    uint112 maxReserved;
    uint112 maxDaily;
    uint112 staked;
    uint40 day;
}

/// @notice All that a market keeps, but for its owner. The parts of the market that are deployed by themselves work on it.
/// `held`: what all entries, escrows and raises are together, which is what was deposited and not withdrawn. What the asset says
/// the market has may be more, since anybody may send it some. `sunsetAt`: the last second of deposits and posts, 0: none.
/// `nonces`: see {Nonces}.
struct MarketState {
    uint112 held;
    uint40 sunsetAt;
    mapping(address account => Account entry) accounts;
    mapping(bytes32 jobId => Job job) jobs;
    mapping(address account => mapping(address operator => Operator entry)) operators;
    mapping(address account => mapping(uint256 word => uint256 bits)) nonces;
}

/// @title The bits of a job's flags
library JobFlags {
    /// @notice The requester announced a cancel after the trace.
    uint16 internal constant CANCELLED = 1;
    /// @notice A claim of the execution ran out.
    uint16 internal constant EXECUTION_LAPSED = 2;
    /// @notice `due` is kept; else every provable slice is due.
    uint16 internal constant SOME_DUE = 4;
    /// @notice A slice was drawn or challenged.
    uint16 internal constant EXTRAS = 8;
    /// @notice A contract says who may execute and prove: `admission` is kept.
    uint16 internal constant ADMISSION = 16;
    /// @notice The requester raised the price that the ramp ends at: `highUnitPrice` is kept, else it is the offer's.
    uint16 internal constant RAISED = 32;
    /// @notice The output stays a commitment.
    uint16 internal constant COMMITMENT_ONLY = 64;
    /// @notice Audits were asked for and not drawn yet.
    uint16 internal constant DRAW_PENDING = 128;
    /// @notice A slice beyond the first 24 is settled: `settledHigh` is kept.
    uint16 internal constant SETTLED_HIGH = 256;
    /// @notice All that is due is settled, whatever `settledLow` and `settledHigh` say.
    uint16 internal constant ALL_SETTLED = 512;

    /// @notice Whether a flag is set.
    function has(JobHead memory head, uint16 flag) internal pure returns (bool) {
        return head.flags & flag != 0;
    }
}
