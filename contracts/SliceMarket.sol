// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IGroth16BatchVerifier} from "./interfaces/IGroth16BatchVerifier.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {ISliceMarket} from "./interfaces/ISliceMarket.sol";
import {ITensorHasher} from "./interfaces/ITensorHasher.sol";
import {Accounts} from "./market/Accounts.sol";
import {Audits} from "./market/Audits.sol";
import {Bids} from "./market/Bids.sol";
import {Endings} from "./market/Endings.sol";
import {Executions} from "./market/Executions.sol";
import {JobViews} from "./market/JobViews.sol";
import {MarketState} from "./market/JobRecord.sol";
import {Ledger} from "./market/Ledger.sol";
import {Offers} from "./market/Offers.sol";
import {Requests} from "./market/Requests.sol";
import {Results} from "./market/Results.sol";
import {Settling} from "./market/Settling.sol";
import {SignedRequests} from "./market/SignedRequests.sol";
import {InferenceResult} from "./types/InferenceResult.sol";
import {JobRequest} from "./types/JobRequest.sol";
import {OutputOpening} from "./types/OutputOpening.sol";

/// @title The market for proofs of slices
/// @notice See {ISliceMarket}. The parts are in contracts/market. Ledger and settling are this contract's own; the others
/// are deployed by themselves and linked, at addresses that are fixed in this contract's code.
contract SliceMarket is Settling, Ownable2Step, EIP712 {
    using Accounts for MarketState;

    /// @notice The highest fee that can be set, in basis points of a slice's price.
    uint256 public constant MAX_FEE_BPS = 500;

    IModelRegistry private immutable _modelRegistry;
    ITensorHasher private immutable _tensorHasher;
    uint32 private immutable _minProveSeconds;
    uint32 private immutable _maxJobSeconds;

    /// @inheritdoc ISliceMarket
    address public treasury;
    /// @inheritdoc ISliceMarket
    uint16 public feeBps;

    /// @param asset_ The ERC-20 that everything is paid in.
    /// @param registry Where models are registered.
    /// @param verifier_ Who checks proofs; over the same circuit registry as the models'.
    /// @param hasher What outputs are checked with.
    /// @param owner_ Who may set fee and treasury.
    /// @param treasury_ Where fees are credited.
    /// @param feeBps_ The first fee.
    /// @param limits_ The bounds of offers.
    constructor(
        IERC20 asset_,
        IModelRegistry registry,
        IGroth16BatchVerifier verifier_,
        ITensorHasher hasher,
        address owner_,
        address treasury_,
        uint16 feeBps_,
        Limits memory limits_
    ) Ledger(asset_) Settling(verifier_) Ownable(owner_) EIP712("sliceproof SliceMarket", "1") {
        // Windows are kept as 24-bit seconds from the trace, and a challenge may move a deadline to twice a job's length.
        bool usable = address(registry).code.length != 0 &&
            address(hasher).code.length != 0 &&
            limits_.minProveSeconds != 0 &&
            limits_.maxJobSeconds >= 2 * uint256(limits_.minProveSeconds) &&
            limits_.maxJobSeconds <= type(uint24).max / 2;
        if (!usable) revert InvalidDeployment();
        if (address(registry.circuitRegistry()) != address(verifier_.circuitRegistry())) {
            revert InvalidDeployment();
        }
        _modelRegistry = registry;
        _tensorHasher = hasher;
        _minProveSeconds = limits_.minProveSeconds;
        _maxJobSeconds = limits_.maxJobSeconds;
        _setTreasury(treasury_);
        _setFee(feeBps_);
    }

    /// @inheritdoc ISliceMarket
    function post(JobRequest calldata request) external returns (bytes32 jobId) {
        _requireRequester(request);
        jobId = _post(request, false);
    }

    /// @inheritdoc ISliceMarket
    function postSigned(
        JobRequest calldata request,
        bytes calldata signature
    ) external returns (bytes32 jobId) {
        SignedRequests.accept(_market, request, signature, _domainSeparatorV4());
        jobId = _post(request, false);
    }

    /// @inheritdoc ISliceMarket
    function postWithTrace(
        JobRequest calldata request,
        bytes32[] calldata trace,
        bytes32 traceDigest
    ) external returns (bytes32 jobId) {
        _requireRequester(request);
        jobId = _post(request, true);
        Executions.commitOwnTrace(_market, jobId, trace, traceDigest);
    }

    /// @inheritdoc ISliceMarket
    function cancelNonce(uint256 nonce) external {
        SignedRequests.use(_market, msg.sender, nonce);
    }

    /// @inheritdoc ISliceMarket
    function raiseOffer(bytes32 jobId, uint64 maxUnitPrice) external returns (uint256 added) {
        added = Offers.raiseTo(_market, jobId, maxUnitPrice);
    }

    /// @inheritdoc ISliceMarket
    function claimExecution(bytes32 jobId) external returns (uint256 price, uint256 bond) {
        (price, bond) = Executions.claim(_market, msg.sender, jobId);
    }

    /// @inheritdoc ISliceMarket
    function claimExecutionFor(
        address executor,
        bytes32 jobId
    ) external returns (uint256 price, uint256 bond) {
        _market.requireMayActFor(executor);
        (price, bond) = Executions.claim(_market, executor, jobId);
    }

    /// @inheritdoc ISliceMarket
    function commitTrace(
        bytes32 jobId,
        bytes32[] calldata trace,
        bytes32 traceDigest,
        OutputOpening[] calldata outputs
    ) external {
        Executions.commitTrace(_market, jobId, trace, traceDigest, outputs, _tensorHasher);
    }

    /// @inheritdoc ISliceMarket
    function slashExecution(bytes32 jobId) external {
        Executions.slash(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function draw(bytes32 jobId) external returns (uint256 audited) {
        audited = Audits.draw(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function challenge(bytes32 jobId, uint256 slice) external {
        Audits.challenge(_market, jobId, slice);
    }

    /// @inheritdoc ISliceMarket
    function bid(
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken) {
        taken = Bids.bid(_market, msg.sender, jobId, traceHash, slices, unitPrice);
    }

    /// @inheritdoc ISliceMarket
    function bidFor(
        address prover,
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken) {
        _market.requireMayActFor(prover);
        taken = Bids.bid(_market, prover, jobId, traceHash, slices, unitPrice);
    }

    /// @inheritdoc ISliceMarket
    function slash(bytes32 jobId, uint256 slices) external returns (uint256 booked) {
        booked = Bids.slash(_market, jobId, slices);
    }

    /// @inheritdoc ISliceMarket
    function cancel(bytes32 jobId) external {
        Endings.cancel(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function finalize(bytes32 jobId) external {
        Endings.finalize(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function finalizeAndDeliver(bytes32 jobId, OutputOpening[] calldata outputs) external {
        Endings.finalize(_market, jobId);
        Results.deliver(_market, jobId, outputs);
    }

    /// @inheritdoc ISliceMarket
    function expire(bytes32 jobId) external {
        Endings.expire(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function revealOutput(
        bytes32 jobId,
        bytes32[] calldata trace,
        OutputOpening[] calldata outputs
    ) external {
        Results.reveal(_market, jobId, trace, outputs, _tensorHasher);
    }

    /// @inheritdoc ISliceMarket
    function deliver(bytes32 jobId, OutputOpening[] calldata outputs) external {
        Results.deliver(_market, jobId, outputs);
    }

    /// @inheritdoc ISliceMarket
    function setFee(uint16 feeBps_) external onlyOwner {
        _setFee(feeBps_);
    }

    /// @inheritdoc ISliceMarket
    function setTreasury(address treasury_) external onlyOwner {
        _setTreasury(treasury_);
    }

    /// @inheritdoc ISliceMarket
    function jobIdOf(JobRequest calldata request) external view returns (bytes32 jobId) {
        jobId = Requests.jobIdOf(request);
    }

    /// @inheritdoc ISliceMarket
    function jobOf(bytes32 jobId) external view returns (JobView memory) {
        return JobViews.jobOf(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function sliceOf(bytes32 jobId, uint256 slice) external view returns (SliceView memory) {
        return JobViews.sliceOf(_market, jobId, slice);
    }

    /// @inheritdoc ISliceMarket
    function coverageOf(bytes32 jobId) external view returns (Coverage memory) {
        return JobViews.coverageOf(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function resultOf(bytes32 jobId) external view returns (InferenceResult memory) {
        return Results.resultOf(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function unitPriceNow(bytes32 jobId) external view returns (uint64) {
        return JobViews.unitPriceNow(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function executionPriceNow(bytes32 jobId) external view returns (uint96) {
        return JobViews.executionPriceNow(_market, jobId);
    }

    /// @inheritdoc ISliceMarket
    function isNonceUsed(address account, uint256 nonce) external view returns (bool) {
        return _market.nonces[account][nonce];
    }

    /// @inheritdoc ISliceMarket
    function admits(bytes32 jobId, address account) external view returns (bool) {
        return JobViews.admits(_market, jobId, account);
    }

    /// @inheritdoc ISliceMarket
    function modelRegistry() external view returns (IModelRegistry) {
        return _modelRegistry;
    }

    /// @inheritdoc ISliceMarket
    function tensorHasher() external view returns (ITensorHasher) {
        return _tensorHasher;
    }

    /// @inheritdoc ISliceMarket
    function limits() public view returns (Limits memory) {
        return Limits({minProveSeconds: _minProveSeconds, maxJobSeconds: _maxJobSeconds});
    }

    /// @inheritdoc Settling
    function _treasuryAccount() internal view override returns (address) {
        return treasury;
    }

    function _post(JobRequest calldata request, bool ownTrace) private returns (bytes32 jobId) {
        jobId = Requests.accept(_market, request, _modelRegistry, limits(), feeBps, ownTrace);
    }

    function _requireRequester(JobRequest calldata request) private view {
        if (request.requester != msg.sender) revert NotRequester(msg.sender, request.requester);
    }

    function _setFee(uint16 feeBps_) private {
        if (feeBps_ > MAX_FEE_BPS) revert FeeTooHigh(feeBps_, MAX_FEE_BPS);
        feeBps = feeBps_;
        emit FeeSet(feeBps_);
    }

    function _setTreasury(address treasury_) private {
        if (treasury_ == address(0)) revert ZeroAccount();
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }
}
