// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExecutionOffer} from "../types/JobRequest.sol";
import {JobState, SliceState} from "../types/MarketStates.sol";

// Each struct but Job and MarketState is one storage slot, so that it is read and written at once. What a settlement
// needs of a job lies in four of them: head, place, terms, run. It changes the first alone, unless it books a lapse.
// Money has 112 bits, since the market takes no deposit that brings what it holds above that; times have 40, counts of a
// model's slices, at most 256, 16. What is a part of a job's time has 24, which the market's constructor keeps it below.

/// @notice How far a job has come. `flags` are those of {JobFlags}. `unproved`: how many due slices aren't settled yet.
/// `escrow` and `spent`: what is left of the escrow and what was spent of it; after the job's end, what was refunded.
struct JobHead {
    JobState state;
    uint8 flags;
    uint16 unproved;
    uint112 escrow;
    uint112 spent;
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

/// @notice Who is called with the result, with how much gas, and whether that succeeded.
struct JobConsumer {
    address consumer;
    uint32 gasLimit;
    bool delivered;
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

/// @notice A slice somebody bid on or was paid for. `windowEnd` counts seconds from the trace.
struct SliceRecord {
    address holder;
    uint64 unitPrice;
    uint24 windowEnd;
    SliceState state;
}

/// @notice All that is kept of a job. `due` counts only with {JobFlags-SOME_DUE}, else every provable slice is due.
/// `traceHash` is the hash of the inputs' commitments until there is a trace. `outputDigest`: see
/// {ISliceMarket-resultOf}. `admitted`: the store of the admission list, if any; with `minRecord` in one slot, which is
/// read with {JobFlags-ADMISSION} only.
/// @dev Posting writes head, place, terms, traceHash, origin and, if a node is to execute, executionOffer.
struct Job {
    JobHead head;
    JobPlace place;
    JobTerms terms;
    JobRun run;
    bytes32 traceHash;
    JobOrigin origin;
    ExecutionOffer executionOffer;
    JobStake stake;
    uint256 due;
    uint256 audited;
    uint256 challenged;
    JobChanges changes;
    JobConsumer consumer;
    address admitted;
    uint32 minRecord;
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
    /// @notice The requester raised the price that the ramp ends at: `highUnitPrice` is kept, else it is the offer's.
    uint8 internal constant RAISED = 32;
    /// @notice The output stays a commitment.
    uint8 internal constant COMMITMENT_ONLY = 64;
    /// @notice Audits were asked for and not drawn yet.
    uint8 internal constant DRAW_PENDING = 128;

    /// @notice Whether a flag is set.
    function has(JobHead memory head, uint8 flag) internal pure returns (bool) {
        return head.flags & flag != 0;
    }
}

/// @title Slices' records, written at once
library SliceRecords {
    /// @notice Makes a record that of a settled slice.
    function settle(
        SliceRecord storage stored,
        address prover,
        uint256 unitPrice,
        uint256 windowEnd
    ) internal {
        SliceState state = SliceState.Settled;
        assembly ("memory-safe") {
            // The fields of {SliceRecord} in their order, from the lowest bit on: 160, 64, 24 and 8 bits. The caller took
            // unitPrice and windowEnd from such a record.
            sstore(
                stored.slot,
                or(or(shr(96, shl(96, prover)), shl(160, unitPrice)), or(shl(224, windowEnd), shl(248, state)))
            )
        }
    }
}
