// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a requester offers for the proofs of slices.
/// @dev Prices are in the smallest unit of the market's asset per unit of weight (a thousand constraints). The unit
/// price ramps linearly from `minUnitPrice` to `maxUnitPrice` over `rampSeconds`. A first bid opens `bidWindow`
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
/// @dev The price ramps from `minPrice` to `maxPrice` over `rampSeconds`; whoever claims has `commitSeconds`.
struct ExecutionOffer {
    uint96 minPrice;
    uint96 maxPrice;
    uint32 rampSeconds;
    uint32 commitSeconds;
}

/// @notice A job: one inference of one model, and which of its slices have to be proved.
/// @dev
/// - `nonce`: any number; the same request with the same nonce is the same job and can be posted once.
/// - `inputs`: commitments of the model's inputs, in tensor order, each below the scalar field's order.
/// - `inputDigest`: sha-256 under which the input bundle (values and salts) is fetched from the artifact store.
/// - `required`: bit i asks for a proof of slice i; 0 asks for every provable slice.
/// - `audits`: how many of the other provable slices are drawn to be proved as well. Must be 0 for now.
/// - `jobSeconds`: from the trace to the deadline. `challengeSeconds`: from the trace, at most `jobSeconds`.
/// - `maxFeeBps`: the highest market fee the requester accepts. `validUntil`: the last second to post in.
/// - `consumer`, `consumerGas`: who is called with the result. Must be zero for now.
/// - `outputCommitmentOnly`: the output may stay a commitment. Recorded and emitted; both values are accepted, and
///   the market doesn't enforce the output's publication: it is found in the trace bundle (`traceDigest`).
struct JobRequest {
    address requester;
    uint256 nonce;
    bytes32 modelId;
    bytes32[] inputs;
    bytes32 inputDigest;
    uint256 required;
    uint16 audits;
    Offer offer;
    ExecutionOffer execution;
    uint32 jobSeconds;
    uint32 challengeSeconds;
    uint16 maxFeeBps;
    uint40 validUntil;
    address consumer;
    uint32 consumerGas;
    bool outputCommitmentOnly;
}
