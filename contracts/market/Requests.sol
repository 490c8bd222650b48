// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IMarketCore} from "../interfaces/market/IMarketCore.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {PackedValues} from "../libraries/PackedValues.sol";
import {ExecutionOffer, JobRequest, Offer} from "../types/JobRequest.sol";
import {JobState} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {Admissions} from "./Admissions.sol";
import {Job, JobFlags, JobHead, JobOrigin, JobPlace, JobTerms, MarketState} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Traces} from "./Traces.sol";
import {Weights} from "./Weights.sol";

/// @title Checking and recording requests
/// @notice Code of {SliceMarket} that is deployed by itself and linked, since one contract has no room for all. It runs
/// in the market's storage, at an address that is fixed in the market's code: the market stays what it was deployed as.
library Requests {
    using Accounts for MarketState;
    using Masks for uint256;

    /// @notice The least collateral, in basis points of a slice's highest price. At 200% a lapse costs more than any
    /// price the holder could have been paid, and the slice's raise (40% of it) never pays for lapsing on purpose.
    uint256 public constant MIN_COLLATERAL_BPS = 20_000;
    /// @notice The most collateral an offer may ask.
    uint256 public constant MAX_COLLATERAL_BPS = 60_000;
    /// @notice The largest smallest undercut an offer may ask.
    uint256 public constant MAX_UNDERCUT_BPS = 5_000;
    /// @notice The most words of packed output that a node's trace can bring: revealing takes some 31,000 gas a word, and
    /// a transaction has at most 16,777,216.
    uint256 public constant MAX_OUTPUT_WORDS = 480;

    /// @notice Checks a request, records the job, escrows what it can cost at most and emits
    /// {IMarketEvents-JobPosted}. The caller has checked that the requester wants it.
    /// @return jobId The job's id. @return requestId The request's, which its trace comes with.
    function accept(
        MarketState storage market,
        JobRequest calldata request,
        IModelRegistry registry,
        IMarketCore.Limits memory limits,
        uint16 fee,
        bool ownTrace
    ) external returns (bytes32 jobId, bytes32 requestId) {
        if (block.timestamp > request.validUntil) revert IMarketErrors.RequestOutdated(request.validUntil, block.timestamp);
        if (fee > request.maxFeeBps) revert IMarketErrors.FeeAboveLimit(fee, request.maxFeeBps);
        _checkOffer(request.offer, limits);
        _checkTimes(request, limits);
        uint256 commitBy = 0;
        if (ownTrace) {
            _checkNoExecution(request.execution);
        } else {
            _checkExecutionOffer(request.execution, limits);
            commitBy = block.timestamp +
                request.execution.rampSeconds +
                2 * uint256(request.execution.commitSeconds);
        }

        address store = registry.modelStore(request.modelId);
        if (store == address(0)) revert IMarketErrors.UnknownModel(request.modelId);
        uint256 due = _checkSlices(store, request);
        if (!ownTrace && !request.outputCommitmentOnly) _checkOutputs(store);
        uint256 escrow = _escrowFor(store, due, request);
        if (escrow > type(uint96).max) revert IMarketErrors.AmountTooLarge(escrow);
        // Encoded once: what is hashed is the end of what is told.
        bytes memory told = abi.encode(request, due, escrow, fee, uint40(commitBy));
        requestId = JobRecords.requestIdOf(request, _hashOf(told));
        jobId = JobRecords.idOf(requestId, Traces.hashOf(request.inputs));
        Job storage job = market.jobs[jobId];
        if (job.head.state != JobState.None) revert IMarketErrors.JobAlreadyPosted(jobId);

        _store(job, request, store, due, fee, escrow);
        market.debit(request.requester, escrow);
        _tell(told, jobId, request.requester, request.modelId);
    }

    /// @dev keccak256(abi.encode(request)), of the encoding of a request and four words behind it.
    function _hashOf(bytes memory told) private pure returns (bytes32 requestHash) {
        assembly ("memory-safe") {
            // Five words, the first of which says where the request starts: behind them. A request encoded by itself is
            // such a word, which is 32, and the same bytes. The fifth word is that one meanwhile.
            let start := add(told, 160)
            let kept := mload(start)
            mstore(start, 32)
            requestHash := keccak256(start, sub(mload(told), 128))
            mstore(start, kept)
        }
    }

    /// @dev Emits {IMarketEvents-JobPosted} with what was encoded.
    function _tell(bytes memory told, bytes32 jobId, address requester, bytes32 modelId) private {
        bytes32 topic = IMarketEvents.JobPosted.selector;
        assembly ("memory-safe") {
            // Reads the bytes; nothing is written.
            log4(add(told, 32), mload(told), topic, jobId, requester, modelId)
        }
    }

    /// @dev The most that a job can cost: the execution's highest price, those of the required slices and of the dearest
    /// that may be drawn, and as many tips.
    function _escrowFor(
        address store,
        uint256 due,
        JobRequest calldata request
    ) private view returns (uint256) {
        uint256 others = ModelStore.provableOf(store) & ~due;
        if (request.contestable != 0) others &= request.contestable;
        uint256 candidates = others.count();
        if (request.audits > candidates) revert IMarketErrors.AuditsOutOfRange(request.audits, candidates);
        uint256 weight = Weights.sum(store, due, others, request.audits);
        uint256 paid = due.count() + request.audits;
        Offer calldata offer = request.offer;
        return request.execution.maxPrice + weight * offer.maxUnitPrice + paid * offer.settleTip;
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
        uint16 flags = 0;
        if (request.required != 0) {
            flags |= JobFlags.SOME_DUE;
            job.due = due;
        }
        if (request.contestable != 0) job.contestable = request.contestable;
        if (request.audits != 0) flags |= JobFlags.DRAW_PENDING;
        if (request.outputCommitmentOnly) flags |= JobFlags.COMMITMENT_ONLY;
        if (Admissions.check(request.admission)) {
            flags |= JobFlags.ADMISSION;
            job.admission = request.admission;
        }
        job.head = JobHead({
            state: JobState.Posted,
            flags: flags,
            bids: 0,
            settledLow: 0,
            escrow: uint96(escrow),
            spent: 0
        });
        job.place = JobPlace({modelStore: store, settleTip: offer.settleTip});
        // Windows are parts of a job's time, which the market's limits keep below 2^24 seconds.
        job.terms = JobTerms({
            minUnitPrice: offer.minUnitPrice,
            maxUnitPrice: offer.maxUnitPrice,
            collateralBps: offer.collateralBps,
            minUndercutBps: offer.minUndercutBps,
            feeBps: fee,
            bidWindow: uint24(offer.bidWindow),
            proveSeconds: uint24(offer.proveSeconds),
            rampSeconds: uint24(offer.rampSeconds)
        });
        job.origin = JobOrigin({
            requester: request.requester,
            postedAt: uint40(block.timestamp),
            jobSeconds: uint24(request.jobSeconds),
            challengeSeconds: uint24(request.challengeSeconds),
            audits: uint8(request.audits)
        });
        if (request.execution.commitSeconds != 0) job.offerOrTrace = JobRecords.packOffer(request.execution);
    }

    function _checkNoExecution(ExecutionOffer calldata execution) private pure {
        bool asksNothing = execution.minPrice == 0 &&
            execution.maxPrice == 0 &&
            execution.rampSeconds == 0 &&
            execution.commitSeconds == 0;
        if (!asksNothing) revert IMarketErrors.ExecutionNotWanted();
    }

    function _checkOffer(Offer calldata offer, IMarketCore.Limits memory limits) private pure {
        if (offer.minUnitPrice == 0 || offer.minUnitPrice > offer.maxUnitPrice) {
            revert IMarketErrors.InvalidUnitPrices(offer.minUnitPrice, offer.maxUnitPrice);
        }
        if (offer.collateralBps < MIN_COLLATERAL_BPS || offer.collateralBps > MAX_COLLATERAL_BPS) {
            revert IMarketErrors.CollateralOutOfRange(offer.collateralBps, MIN_COLLATERAL_BPS, MAX_COLLATERAL_BPS);
        }
        if (offer.minUndercutBps > MAX_UNDERCUT_BPS) {
            revert IMarketErrors.UndercutOutOfRange(offer.minUndercutBps, MAX_UNDERCUT_BPS);
        }
        if (offer.proveSeconds < limits.minProveSeconds) {
            revert IMarketErrors.ProveSecondsTooShort(offer.proveSeconds, limits.minProveSeconds);
        }
    }

    /// @dev A job has time for its ramp, a bid, and two proofs of each slice; with audits also for the transaction that
    /// draws them, which starts the ramp anew.
    function _checkTimes(JobRequest calldata request, IMarketCore.Limits memory limits) private pure {
        Offer calldata offer = request.offer;
        uint256 least = uint256(offer.rampSeconds) + offer.bidWindow + 2 * uint256(offer.proveSeconds);
        if (request.audits != 0) least += limits.minCommitSeconds;
        if (least < limits.minJobSeconds) least = limits.minJobSeconds;
        uint256 jobSeconds = request.jobSeconds;
        if (jobSeconds < least || jobSeconds > limits.maxJobSeconds) {
            revert IMarketErrors.JobSecondsOutOfRange(jobSeconds, least, limits.maxJobSeconds);
        }
        if (request.challengeSeconds > jobSeconds) {
            revert IMarketErrors.ChallengeSecondsTooLong(request.challengeSeconds, jobSeconds);
        }
    }

    function _checkExecutionOffer(
        ExecutionOffer calldata execution,
        IMarketCore.Limits memory limits
    ) private pure {
        if (execution.commitSeconds < limits.minCommitSeconds) {
            revert IMarketErrors.CommitSecondsTooShort(execution.commitSeconds, limits.minCommitSeconds);
        }
        bool usable = execution.minPrice <= execution.maxPrice &&
            execution.commitSeconds <= limits.maxJobSeconds &&
            execution.rampSeconds <= limits.maxJobSeconds;
        if (!usable) revert IMarketErrors.InvalidExecutionOffer(execution);
    }

    /// @dev The due slices of a request, and whether its input commitments fit the model.
    function _checkSlices(address store, JobRequest calldata request) private view returns (uint256 due) {
        uint256 provable = ModelStore.provableOf(store);
        if (provable == 0) revert IMarketErrors.NothingToProve(request.modelId);
        uint256 excess = (request.required | request.contestable) & ~provable;
        if (excess != 0) revert IMarketErrors.SliceNotProvable(excess.lowest());
        due = request.required == 0 ? provable : request.required;
        (, uint256 inputs, , , ) = ModelStore.headerOf(store);
        if (request.inputs.length != inputs) revert IMarketErrors.InputCountMismatch(request.inputs.length, inputs);
        Traces.checkCommitments(request.inputs, 0);
    }

    /// @dev A node's trace brings the values of all outputs, in one transaction.
    function _checkOutputs(address store) private view {
        (, , uint256 outputs, uint256 tensors, uint256 slices) = ModelStore.headerOf(store);
        uint16[] memory ids = ModelStore.outputsOf(store, slices, tensors, outputs);
        uint256 words = 0;
        for (uint256 i = 0; i < outputs; ++i) {
            words += PackedValues.wordCount(ModelStore.tensorOf(store, slices, ids[i]));
        }
        if (words > MAX_OUTPUT_WORDS) revert IMarketErrors.OutputsTooLarge(words, MAX_OUTPUT_WORDS);
    }
}
