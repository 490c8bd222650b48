// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {ExecutionOffer} from "../types/JobRequest.sol";

// Each struct but the last is one storage slot, so that it is read and written at once.

/// @notice Whose job it is and how far it has come.
struct JobHead {
    address requester;
    ISliceMarket.JobState state;
    bool cancelled;
    uint16 feeBps;
    uint16 dueCount;
    uint16 settledCount;
    uint32 bidWindow;
}

/// @notice Where the model is kept, and what settling one slice pays the caller.
struct JobPlace {
    address modelStore;
    uint96 settleTip;
}

/// @notice The offer for proofs.
struct JobTerms {
    uint64 minUnitPrice;
    uint64 maxUnitPrice;
    uint32 rampSeconds;
    uint32 proveSeconds;
    uint32 challengeSeconds;
    uint16 collateralBps;
    uint16 minUndercutBps;
}

/// @notice What is left of the escrow, and the raises that wait for provers of lapsed slices.
struct JobMoney {
    uint128 escrow;
    uint128 raises;
}

/// @notice When things happened and end. `lapseEnd`: the latest end + proveSeconds of a booked lapse.
struct JobClock {
    uint40 postedAt;
    uint40 claimEnd;
    uint40 tracedAt;
    uint40 deadline;
    uint40 lapseEnd;
    uint32 jobSeconds;
    bool executionLapsed;
}

/// @notice Who claimed the execution and at what price; zero when the requester brought the trace.
struct JobExecution {
    address executor;
    uint96 price;
}

/// @notice A slice somebody bid on or was paid for. `windowEnd` counts seconds from the trace.
struct SliceRecord {
    address holder;
    uint64 unitPrice;
    uint24 windowEnd;
    ISliceMarket.SliceState state;
}

/// @notice All that is kept of a job. `required` 0 stands for every provable slice. `traceHash` is the hash of the
/// inputs' commitments until there is a trace.
struct Job {
    JobHead head;
    JobPlace place;
    uint256 required;
    JobTerms terms;
    ExecutionOffer executionOffer;
    JobMoney money;
    JobClock clock;
    bytes32 traceHash;
    JobExecution execution;
    mapping(uint256 slice => SliceRecord record) slices;
}
