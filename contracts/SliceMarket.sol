// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IGroth16BatchVerifier} from "./interfaces/IGroth16BatchVerifier.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IMarketCore} from "./interfaces/market/IMarketCore.sol";
import {IMarketLedger} from "./interfaces/market/IMarketLedger.sol";
import {ITensorHasher} from "./interfaces/ITensorHasher.sol";
import {Accounts} from "./market/Accounts.sol";
import {Audits} from "./market/Audits.sol";
import {Bids} from "./market/Bids.sol";
import {Endings} from "./market/Endings.sol";
import {Executions} from "./market/Executions.sol";
import {MarketState} from "./market/JobRecord.sol";
import {Offers} from "./market/Offers.sol";
import {Requests} from "./market/Requests.sol";
import {Results} from "./market/Results.sol";
import {Settling} from "./market/Settling.sol";
import {SignedRequests} from "./market/SignedRequests.sol";
import {JobRequest} from "./types/JobRequest.sol";
import {OutputOpening} from "./types/OutputOpening.sol";
import {SignedBid} from "./types/SignedBid.sol";

/// @title The market for proofs of slices
/// @notice See {ISliceMarket}. The parts are in contracts/market. Settling is this contract's own; the others
/// are deployed by themselves and linked, at addresses that are fixed in this contract's code. So is {MarketLedger}, which
/// takes whatever this contract doesn't know: OpenZeppelin's {Proxy} with an implementation that never changes.
contract SliceMarket is Settling, Ownable2Step, EIP712, Proxy {
    using Accounts for MarketState;

    /// @notice The highest fee that can be set, in basis points of a slice's price.
    uint256 public constant MAX_FEE_BPS = 500;
    /// @notice How long before it counts another fee is announced.
    uint256 public constant FEE_DELAY = 2 days;
    /// @notice How long before the last deposit and the last post a sunset is announced.
    uint256 public constant SUNSET_DELAY = 30 days;

    IModelRegistry private immutable _modelRegistry;
    ITensorHasher private immutable _tensorHasher;
    address private immutable _ledger;
    uint32 private immutable _minProveSeconds;
    uint32 private immutable _minCommitSeconds;
    uint32 private immutable _minJobSeconds;
    uint32 private immutable _maxJobSeconds;

    /// @inheritdoc IMarketCore
    address public treasury;
    uint16 private _fee;
    uint16 private _nextFee;
    uint40 private _nextFeeFrom;

    /// @param registry Where models are registered.
    /// @param verifier_ Who checks proofs; over the same circuit registry as the models'.
    /// @param hasher What outputs are checked with.
    /// @param ledger What takes deposits, and tells of accounts and jobs.
    /// @param owner_ Who may set fee and treasury.
    /// @param treasury_ Where fees are credited.
    /// @param feeBps_ The first fee.
    /// @param limits_ The bounds of offers.
    constructor(
        IModelRegistry registry,
        IGroth16BatchVerifier verifier_,
        ITensorHasher hasher,
        IMarketLedger ledger,
        address owner_,
        address treasury_,
        uint16 feeBps_,
        Limits memory limits_
    ) Settling(verifier_) Ownable(owner_) EIP712("sliceproof SliceMarket", "1") {
        // Windows are kept as 24-bit seconds from the trace, and a challenge may move a deadline to twice a job's length.
        bool usable = address(registry).code.length != 0 &&
            address(hasher).code.length != 0 &&
            address(ledger).code.length != 0 &&
            limits_.minProveSeconds != 0 &&
            limits_.minCommitSeconds != 0 &&
            limits_.minCommitSeconds <= limits_.maxJobSeconds &&
            limits_.minJobSeconds <= limits_.maxJobSeconds &&
            limits_.maxJobSeconds >= 2 * uint256(limits_.minProveSeconds) &&
            limits_.maxJobSeconds <= type(uint24).max / 2;
        if (!usable) revert InvalidDeployment();
        if (address(registry.circuitRegistry()) != address(verifier_.circuitRegistry())) {
            revert InvalidDeployment();
        }
        _modelRegistry = registry;
        _tensorHasher = hasher;
        _ledger = address(ledger);
        _minProveSeconds = limits_.minProveSeconds;
        _minCommitSeconds = limits_.minCommitSeconds;
        _minJobSeconds = limits_.minJobSeconds;
        _maxJobSeconds = limits_.maxJobSeconds;
        _setTreasury(treasury_);
        _announceFee(feeBps_, block.timestamp);
    }

    /// @inheritdoc IMarketCore
    function multicall(bytes[] calldata calls) external returns (bytes[] memory results) {
        results = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            results[i] = Address.functionDelegateCall(address(this), calls[i]);
        }
    }

    /// @notice Coins are the ledger's to take or refuse.
    receive() external payable {
        _fallback();
    }

    /// @inheritdoc IMarketCore
    function post(
        JobRequest calldata request,
        bytes calldata signature
    ) external payable returns (bytes32 jobId) {
        // A contract may say yes to no bytes at all, so somebody else's request is always asked about.
        if (signature.length != 0 || request.requester != msg.sender) {
            SignedRequests.accept(_market, request, signature, _domainSeparatorV4());
        }
        (jobId, ) = _post(request, false);
    }

    /// @inheritdoc IMarketCore
    function postWithTrace(
        JobRequest calldata request,
        bytes32[] calldata trace,
        bytes32 traceDigest
    ) external payable returns (bytes32 jobId) {
        if (request.requester != msg.sender) revert NotRequester(msg.sender, request.requester);
        bytes32 requestId;
        (jobId, requestId) = _post(request, true);
        Executions.commitOwnTrace(_market, jobId, requestId, trace, traceDigest);
    }

    /// @inheritdoc IMarketCore
    function raiseOffer(bytes32 jobId, uint64 maxUnitPrice) external returns (uint256 added) {
        added = Offers.raiseTo(_market, jobId, maxUnitPrice);
    }

    /// @inheritdoc IMarketCore
    function claimExecution(
        address executor,
        bytes32 jobId
    ) external returns (uint256 price, uint256 bond) {
        _market.requireMayActFor(executor);
        (price, bond) = Executions.claim(_market, executor, jobId);
    }

    /// @inheritdoc IMarketCore
    function commitTrace(
        bytes32 jobId,
        bytes32 requestId,
        bytes32[] calldata trace,
        bytes32 traceDigest,
        OutputOpening[] calldata outputs
    ) external {
        Executions.commitTrace(_market, jobId, requestId, trace, traceDigest, outputs, _tensorHasher);
    }

    /// @inheritdoc IMarketCore
    function draw(bytes32 jobId) external returns (uint256 audited) {
        audited = Audits.draw(_market, jobId);
    }

    /// @inheritdoc IMarketCore
    function challenge(bytes32 jobId, uint256 slice) external {
        Audits.challenge(_market, jobId, slice);
    }

    /// @inheritdoc IMarketCore
    function bid(
        address prover,
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken) {
        _market.requireMayActFor(prover);
        taken = Bids.bid(_market, prover, jobId, traceHash, slices, unitPrice);
    }

    /// @inheritdoc IMarketCore
    function bidSigned(SignedBid[] calldata bids) external returns (uint256[] memory taken) {
        taken = Bids.bidSigned(_market, bids, _domainSeparatorV4());
    }

    /// @inheritdoc IMarketCore
    function slash(bytes32 jobId, uint256 slices) external returns (uint256 booked) {
        booked = Bids.slash(_market, jobId, slices);
    }

    /// @inheritdoc IMarketCore
    function cancel(bytes32 jobId) external {
        Endings.cancel(_market, jobId);
    }

    /// @inheritdoc IMarketCore
    function finalize(bytes32 jobId) external {
        Endings.finalize(_market, jobId);
    }

    /// @inheritdoc IMarketCore
    function expire(bytes32 jobId) external {
        Endings.expire(_market, jobId, _modelRegistry.circuitRegistry());
    }

    /// @inheritdoc IMarketCore
    function revealOutput(
        bytes32 jobId,
        bytes32[] calldata trace,
        OutputOpening[] calldata outputs
    ) external {
        Results.reveal(_market, jobId, trace, outputs, _tensorHasher);
    }

    /// @inheritdoc IMarketCore
    function setFee(uint16 feeBps_) external onlyOwner {
        _announceFee(feeBps_, block.timestamp + FEE_DELAY);
    }

    /// @inheritdoc IMarketCore
    function announceSunset() external onlyOwner {
        if (_market.sunsetAt != 0) revert SunsetAnnouncedBefore(_market.sunsetAt);
        _market.sunsetAt = uint40(block.timestamp + SUNSET_DELAY);
        emit SunsetAnnounced(_market.sunsetAt);
    }

    /// @inheritdoc IMarketCore
    function setTreasury(address treasury_) external onlyOwner {
        _setTreasury(treasury_);
    }

    /// @inheritdoc IMarketCore
    function modelRegistry() external view returns (IModelRegistry) {
        return _modelRegistry;
    }

    /// @inheritdoc IMarketCore
    function tensorHasher() external view returns (ITensorHasher) {
        return _tensorHasher;
    }

    /// @inheritdoc IMarketCore
    function limits() public view returns (Limits memory) {
        return
            Limits({
                minProveSeconds: _minProveSeconds,
                minCommitSeconds: _minCommitSeconds,
                minJobSeconds: _minJobSeconds,
                maxJobSeconds: _maxJobSeconds
            });
    }

    /// @inheritdoc IMarketCore
    function feeBps() public view returns (uint16) {
        return block.timestamp < _nextFeeFrom ? _fee : _nextFee;
    }

    /// @inheritdoc Settling
    function _treasuryAccount() internal view override returns (address) {
        return treasury;
    }

    /// @inheritdoc Proxy
    function _implementation() internal view override returns (address) {
        return _ledger;
    }

    function _post(
        JobRequest calldata request,
        bool ownTrace
    ) private returns (bytes32 jobId, bytes32 requestId) {
        _market.requireNoSunset();
        if (msg.value != 0) {
            // With the same coins: they are there once, and taken by one call of all that a transaction makes.
            bytes memory data = abi.encodeCall(IMarketLedger.deposit, (request.requester, msg.value));
            Address.functionDelegateCall(_ledger, data);
        }
        (jobId, requestId) = Requests.accept(_market, request, _modelRegistry, limits(), feeBps(), ownTrace);
    }

    function _announceFee(uint16 feeBps_, uint256 from) private {
        if (feeBps_ > MAX_FEE_BPS) revert FeeTooHigh(feeBps_, MAX_FEE_BPS);
        _fee = feeBps();
        _nextFee = feeBps_;
        _nextFeeFrom = uint40(from);
        emit FeeSet(feeBps_, uint40(from));
    }

    function _setTreasury(address treasury_) private {
        if (treasury_ == address(0)) revert ZeroAccount();
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }
}
