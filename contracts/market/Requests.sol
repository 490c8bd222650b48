// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {ExecutionOffer, JobRequest, Offer} from "../types/JobRequest.sol";
import {Job, JobClock, JobHead, JobMoney, JobPlace, JobTerms} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";

/// @title Checking and recording requests
/// @notice Code of {SliceMarket} that is deployed by itself and linked, since one contract has no room for all. It runs
/// in the market's storage, at an address that is fixed in the market's code: the market stays what it was deployed as.
library Requests {
    using Masks for uint256;

    /// @notice The least collateral, in basis points of a slice's highest price. At 200% a lapse costs more than any
    /// price the holder could have been paid, and the slice's raise (40% of it) never pays for lapsing on purpose.
    uint256 public constant MIN_COLLATERAL_BPS = 20_000;
    /// @notice The most collateral an offer may ask.
    uint256 public constant MAX_COLLATERAL_BPS = 60_000;
    /// @notice The largest smallest undercut an offer may ask.
    uint256 public constant MAX_UNDERCUT_BPS = 5_000;

    /// @notice The id that a request has in the market.
    function jobIdOf(JobRequest calldata request) external view returns (bytes32 jobId) {
        return _idOf(request);
    }

    /// @notice Checks a request, records the job and emits {ISliceMarket-JobPosted}. The caller has checked who posts and
    /// takes the escrow.
    function accept(
        mapping(bytes32 jobId => Job job) storage jobs,
        JobRequest calldata request,
        IModelRegistry registry,
        ISliceMarket.Limits memory limits,
        uint16 fee,
        uint256 commitBy
    ) external returns (bytes32 jobId, uint256 escrow) {
        if (block.timestamp > request.validUntil) revert ISliceMarket.RequestOutdated(request.validUntil, block.timestamp);
        if (request.audits != 0) revert ISliceMarket.AuditsNotSupported(request.audits);
        if (request.consumer != address(0) || request.consumerGas != 0) {
            revert ISliceMarket.ConsumerNotSupported(request.consumer, request.consumerGas);
        }
        if (fee > request.maxFeeBps) revert ISliceMarket.FeeAboveLimit(fee, request.maxFeeBps);
        _checkOffer(request.offer, request.jobSeconds, request.challengeSeconds, limits);
        if (commitBy != 0) _checkExecutionOffer(request.execution, limits);

        address store = registry.modelStore(request.modelId);
        if (store == address(0)) revert ISliceMarket.UnknownModel(request.modelId);
        uint256 due = _checkSlices(store, request);
        jobId = _idOf(request);
        Job storage job = jobs[jobId];
        if (job.head.state != ISliceMarket.JobState.None) revert ISliceMarket.JobAlreadyPosted(jobId);

        Offer calldata offer = request.offer;
        escrow = JobRecords.escrowFor(
            store,
            due,
            offer.maxUnitPrice,
            offer.settleTip,
            request.execution.maxPrice
        );
        _store(job, request, store, due, fee, escrow);
        emit ISliceMarket.JobPosted(jobId, msg.sender, request.modelId, request, due, escrow, fee, uint40(commitBy));
    }

    function _store(
        Job storage job,
        JobRequest calldata request,
        address store,
        uint256 due,
        uint16 fee,
        uint256 escrow
    ) private {
        Offer calldata offer = request.offer;
        job.head = JobHead({
            requester: msg.sender,
            state: ISliceMarket.JobState.Posted,
            cancelled: false,
            feeBps: fee,
            dueCount: uint16(due.count()),
            settledCount: 0,
            bidWindow: offer.bidWindow
        });
        job.place = JobPlace({modelStore: store, settleTip: offer.settleTip});
        if (request.required != 0) job.required = request.required;
        job.terms = JobTerms({
            minUnitPrice: offer.minUnitPrice,
            maxUnitPrice: offer.maxUnitPrice,
            rampSeconds: offer.rampSeconds,
            proveSeconds: offer.proveSeconds,
            challengeSeconds: request.challengeSeconds,
            collateralBps: offer.collateralBps,
            minUndercutBps: offer.minUndercutBps
        });
        if (request.execution.commitSeconds != 0) job.executionOffer = request.execution;
        job.money = JobMoney({escrow: uint128(escrow), raises: 0});
        job.clock = JobClock({
            postedAt: uint40(block.timestamp),
            claimEnd: 0,
            tracedAt: 0,
            deadline: 0,
            lapseEnd: 0,
            jobSeconds: request.jobSeconds,
            executionLapsed: false
        });
        job.traceHash = keccak256(abi.encodePacked(request.inputs));
    }

    function _checkOffer(Offer calldata offer,
        uint256 jobSeconds,
        uint256 challengeSeconds,
        ISliceMarket.Limits memory limits
    ) private pure {
        if (offer.minUnitPrice == 0 || offer.minUnitPrice > offer.maxUnitPrice) {
            revert ISliceMarket.InvalidUnitPrices(offer.minUnitPrice, offer.maxUnitPrice);
        }
        if (offer.collateralBps < MIN_COLLATERAL_BPS || offer.collateralBps > MAX_COLLATERAL_BPS) {
            revert ISliceMarket.CollateralOutOfRange(offer.collateralBps, MIN_COLLATERAL_BPS, MAX_COLLATERAL_BPS);
        }
        if (offer.minUndercutBps > MAX_UNDERCUT_BPS) {
            revert ISliceMarket.UndercutOutOfRange(offer.minUndercutBps, MAX_UNDERCUT_BPS);
        }
        if (offer.proveSeconds < limits.minProveSeconds) {
            revert ISliceMarket.ProveSecondsTooShort(offer.proveSeconds, limits.minProveSeconds);
        }
        uint256 least = uint256(offer.rampSeconds) + offer.bidWindow + 2 * uint256(offer.proveSeconds);
        if (jobSeconds < least || jobSeconds > limits.maxJobSeconds) {
            revert ISliceMarket.JobSecondsOutOfRange(jobSeconds, least, limits.maxJobSeconds);
        }
        if (challengeSeconds > jobSeconds) revert ISliceMarket.ChallengeSecondsTooLong(challengeSeconds, jobSeconds);
    }

    function _checkExecutionOffer(
        ExecutionOffer calldata execution,
        ISliceMarket.Limits memory limits
    ) private pure {
        bool usable = execution.minPrice <= execution.maxPrice &&
            execution.commitSeconds != 0 &&
            execution.commitSeconds <= limits.maxJobSeconds &&
            execution.rampSeconds <= limits.maxJobSeconds;
        if (!usable) revert ISliceMarket.InvalidExecutionOffer(execution);
    }

    /// @dev The due slices of a request, and whether its input commitments fit the model.
    function _checkSlices(address store, JobRequest calldata request) private view returns (uint256 due) {
        uint256 provable = ModelStore.provableOf(store);
        if (provable == 0) revert ISliceMarket.NothingToProve(request.modelId);
        uint256 excess = request.required & ~provable;
        if (excess != 0) revert ISliceMarket.SliceNotProvable(excess.lowest());
        due = request.required == 0 ? provable : request.required;
        (, uint256 inputs, , , ) = ModelStore.headerOf(store);
        if (request.inputs.length != inputs) revert ISliceMarket.InputCountMismatch(request.inputs.length, inputs);
        checkCommitments(request.inputs, 0);
    }

    /// @notice Refuses commitments from a position on that aren't below the scalar field's order.
    function checkCommitments(bytes32[] calldata commitments, uint256 from) internal pure {
        for (uint256 i = from; i < commitments.length; ++i) {
            if (uint256(commitments[i]) >= Bn254.SCALAR_FIELD) revert ISliceMarket.CommitmentOutOfRange(i, commitments[i]);
        }
    }

    function _idOf(JobRequest calldata request) private view returns (bytes32 jobId) {
        bytes32 requestHash = keccak256(abi.encode(request));
        return
            keccak256(abi.encode(block.chainid, address(this), request.requester, request.nonce, requestHash));
    }
}
