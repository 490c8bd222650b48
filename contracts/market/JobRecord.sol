// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExecutionOffer} from "../types/JobRequest.sol";
import {JobState, SliceState} from "../types/MarketStates.sol";

// Each struct but JobExecution, Job and MarketState is one storage slot, so that it is read and written at once. What a
// settlement needs of a job lies in four of them: head, place, money, terms.

/// @notice How far a job has come. `flags` are those of {JobFlags}. `deadline`: while a claim runs, its end; from the
/// trace on, the last second that a hold may run to. `lapseEnd`: the latest end + proveSeconds of a booked lapse.
struct JobHead {
    JobState state;
    uint8 flags;
    uint16 feeBps;
    uint16 dueCount;
    uint16 settledCount;
    uint24 bidWindow;
    uint24 proveSeconds;
    uint24 challengeSeconds;
    uint40 tracedAt;
    uint40 deadline;
    uint40 lapseEnd;
}

/// @notice Where the model is kept, and what settling one slice pays the caller.
struct JobPlace {
    address modelStore;
    uint96 settleTip;
}

/// @notice What is left of the escrow and what was spent of it; after the job's end, what was refunded. `cancelSpan`: seconds from the trace until which open
/// slices of a cancelled job can be proved.
struct JobMoney {
    uint112 escrow;
    uint112 spent;
    uint32 cancelSpan;
}

/// @notice The offer for proofs. `highUnitPrice`: where the ramp ends now; `maxUnitPrice`, which collateral and
/// challenge bonds are reckoned by, unless the requester raised it.
struct JobTerms {
    uint64 minUnitPrice;
    uint64 maxUnitPrice;
    uint64 highUnitPrice;
    uint16 collateralBps;
    uint16 minUndercutBps;
    uint32 minRecord;
}

/// @notice Whose job it is, and what else is fixed at post.
struct JobOrigin {
    address requester;
    uint40 postedAt;
    uint24 jobSeconds;
    uint24 rampSeconds;
    uint8 audits;
}

/// @notice Who claimed the execution, at what price, and what it has at stake; zero when the requester brought the trace.
struct JobExecution {
    address executor;
    uint96 price;
    uint112 bond;
}

/// @notice Who is called with the result, with how much gas, and whether that succeeded.
struct JobConsumer {
    address consumer;
    uint32 gasLimit;
    bool delivered;
}

/// @notice The block whose hash draws the audits, and when they were drawn.
struct JobDraw {
    uint64 anchor;
    uint40 drawnAt;
}

/// @notice Who challenged a slice, and when.
struct ChallengeRecord {
    address challenger;
    uint40 challengedAt;
}

/// @notice A slice somebody bid on or was paid for. `windowEnd` counts seconds from the trace.
struct SliceRecord {
    address holder;
    uint64 unitPrice;
    uint24 windowEnd;
    SliceState state;
}

/// @notice All that is kept of a job. `due` counts only with {JobFlags-SOME_DUE}, else every provable slice is due.
/// `traceHash` is the hash of the inputs' commitments until there is a trace. `outputDigest`: see
/// {ISliceMarket-resultOf}. `admitted`: the store of the admission list, if any.
struct Job {
    JobHead head;
    JobPlace place;
    JobMoney money;
    JobTerms terms;
    bytes32 traceHash;
    JobOrigin origin;
    ExecutionOffer executionOffer;
    uint256 due;
    uint256 audited;
    uint256 challenged;
    JobDraw draw;
    JobExecution execution;
    JobConsumer consumer;
    address admitted;
    bytes32 outputDigest;
    mapping(uint256 slice => SliceRecord record) slices;
    mapping(uint256 slice => ChallengeRecord record) challenges;
}

/// @notice An account's free balance, what it has reserved, and for how many slices it was paid.
struct Account {
    uint112 balance;
    uint112 reserved;
    uint32 record;
}

/// @notice All that a market keeps, but for its owner. The parts of the market that are deployed by themselves work on it.
struct MarketState {
    mapping(address account => Account entry) accounts;
    mapping(bytes32 jobId => Job job) jobs;
    mapping(address account => mapping(address operator => bool named)) operators;
    mapping(address requester => mapping(uint256 nonce => bool used)) nonces;
}

/// @title The bits of a job's flags
library JobFlags {
    /// @notice The requester announced a cancel after the trace.
    uint8 internal constant CANCELLED = 1;
    /// @notice A claim of the execution ran out.
    uint8 internal constant EXECUTION_LAPSED = 2;
    /// @notice `due` is kept; else every provable slice is due.
    uint8 internal constant SOME_DUE = 4;
    /// @notice A slice was drawn or challenged.
    uint8 internal constant EXTRAS = 8;
    /// @notice There is a list of who may execute and prove, or who may not, or a record is asked for.
    uint8 internal constant ADMISSION = 16;
    /// @notice There is a consumer.
    uint8 internal constant CONSUMER = 32;
    /// @notice The output stays a commitment.
    uint8 internal constant COMMITMENT_ONLY = 64;
    /// @notice Audits were asked for and not drawn yet.
    uint8 internal constant DRAW_PENDING = 128;

    /// @notice Whether a flag is set.
    function has(JobHead memory head, uint8 flag) internal pure returns (bool) {
        return head.flags & flag != 0;
    }
}
