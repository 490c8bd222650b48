// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice What a requester offers for the proofs of slices.
/// @dev Unit prices are in 10^-18 of the market's asset a constraint, whatever decimals the asset has; `settleTip` as all amounts
/// of the market in 10^-18 of it. The unit price ramps linearly from `minUnitPrice` to `maxUnitPrice` over `rampSeconds`. A first bid opens `bidWindow`
/// seconds (0: it wins at once) in which others undercut by at least `minUndercutBps`; then the holder has
/// `proveSeconds`. Collateral is `collateralBps` of the slice's highest price. `settleTip` goes to whoever settles
/// the slice.
struct Offer {
    uint64 minUnitPrice;
    uint64 maxUnitPrice;
    uint32 rampSeconds;
    uint32 bidWindow;
    uint32 proveSeconds;
    uint16 minUndercutBps;
    uint16 collateralBps;
    uint96 settleTip;
}

/// @notice What a requester offers for running the whole model and committing to its trace; all zero when the
/// requester posts with a trace of its own.
/// @dev The price, in 10^-18 of the market's asset, ramps from `minPrice` to `maxPrice` over `rampSeconds`; whoever claims has `commitSeconds`.
struct ExecutionOffer {
    uint96 minPrice;
    uint96 maxPrice;
    uint32 rampSeconds;
    uint32 commitSeconds;
}

/// @notice Who says whom the requester lets execute and prove: an {IAdmission}, which is told `data`. All zero: anyone may.
struct Admission {
    address hook;
    bytes32 data;
}

/// @notice A job: one inference of one model, and which of its slices have to be proved.
/// @dev
/// - `nonce`: any number; the same request with the same nonce is the same job and can be posted once.
/// - `inputs`: commitments of the model's inputs, in tensor order, each below the scalar field's order.
/// - `inputDigest`: sha-256 under which the input bundle (values and salts) is fetched from the artifact store.
/// - `required`: bit i asks for a proof of slice i; 0 asks for every provable slice.
/// - `audits`: how many of the other provable slices are drawn, after the trace, to be proved as well.
/// - `contestable`: the slices that may be drawn or challenged, of those that have a circuit; 0: all of these. An executor
///   checks them before it stakes anything.
/// - `jobSeconds`: from the trace to the deadline. `challengeSeconds`: from the trace, at most `jobSeconds`; how long
///   anyone may challenge a slice of a job that a node executed (0: nobody may).
/// - `maxFeeBps`: the highest market fee the requester accepts. `validUntil`: the last second to post in.
/// - `outputCommitmentOnly`: the output stays a commitment. Otherwise a node's trace must come with the output's values
///   and salts.
/// - `admission`: who says who may execute and prove.
struct JobRequest {
    address requester;
    uint256 nonce;
    bytes32 modelId;
    bytes32[] inputs;
    bytes32 inputDigest;
    uint256 required;
    uint16 audits;
    uint256 contestable;
    Offer offer;
    ExecutionOffer execution;
    uint32 jobSeconds;
    uint32 challengeSeconds;
    uint16 maxFeeBps;
    uint40 validUntil;
    bool outputCommitmentOnly;
    Admission admission;
}
