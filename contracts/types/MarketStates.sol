// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

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

/// @notice Why a slice was not paid. `NotAdmitted`: nobody holds it, and its job's admission contract doesn't let the prover in. `ProofRefused`: its circuit's external verifier didn't take the proof.
enum SkipReason {
    NotDue,
    AlreadySettled,
    WindowOpen,
    HeldByOther,
    JobClosing,
    JobEnded,
    NotAdmitted,
    ProofRefused
}

/// @notice Why a signed bid took nothing. `TooLittleFree`: its prover has less free than the collateral of all that it names
/// and that is due and unproved, or its signer's limits as an operator leave less. `NothingToTake`: no slice can be had
/// with it, as {IMarketCore-bid} says. `NotAdmitted`: the job's admission contract doesn't let the prover in.
enum BidRefusal {
    Outdated,
    NonceUsed,
    NotOperator,
    InvalidSignature,
    TooLittleFree,
    NothingToTake,
    NotAdmitted
}

/// @notice How a job ended without a result.
enum CloseReason {
    Cancelled,
    Expired
}
