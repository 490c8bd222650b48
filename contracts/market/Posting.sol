// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {ExecutionOffer, JobRequest} from "../types/JobRequest.sol";
import {JobBook} from "./JobBook.sol";
import {Job, JobClock} from "./JobRecord.sol";
import {Requests} from "./Requests.sol";

/// @title Posting jobs
abstract contract Posting is JobBook {
    IModelRegistry private immutable _modelRegistry;
    uint32 internal immutable _minProveSeconds;
    uint32 internal immutable _maxJobSeconds;

    constructor(IModelRegistry registry, Limits memory limits_) {
        // Windows are kept as 24-bit seconds from the trace.
        bool usable = address(registry).code.length != 0 &&
            limits_.minProveSeconds != 0 &&
            limits_.maxJobSeconds >= 2 * uint256(limits_.minProveSeconds) &&
            limits_.maxJobSeconds <= type(uint24).max;
        if (!usable) revert InvalidDeployment();
        _modelRegistry = registry;
        _minProveSeconds = limits_.minProveSeconds;
        _maxJobSeconds = limits_.maxJobSeconds;
    }

    /// @inheritdoc ISliceMarket
    function post(JobRequest calldata request) external returns (bytes32 jobId) {
        uint256 commitBy = block.timestamp +
            request.execution.rampSeconds +
            2 * uint256(request.execution.commitSeconds);
        jobId = _post(request, commitBy);
    }

    /// @inheritdoc ISliceMarket
    function postWithTrace(
        JobRequest calldata request,
        bytes32[] calldata trace,
        bytes32 traceDigest
    ) external returns (bytes32 jobId) {
        ExecutionOffer calldata execution = request.execution;
        bool asksNothing = execution.minPrice == 0 &&
            execution.maxPrice == 0 &&
            execution.rampSeconds == 0 &&
            execution.commitSeconds == 0;
        if (!asksNothing) revert ExecutionNotWanted();
        jobId = _post(request, 0);
        _acceptTrace(jobId, trace, traceDigest);
    }

    /// @inheritdoc ISliceMarket
    function modelRegistry() external view returns (IModelRegistry) {
        return _modelRegistry;
    }

    /// @inheritdoc ISliceMarket
    function limits() external view returns (Limits memory) {
        return Limits({minProveSeconds: _minProveSeconds, maxJobSeconds: _maxJobSeconds});
    }

    /// @inheritdoc ISliceMarket
    function jobIdOf(JobRequest calldata request) external view returns (bytes32 jobId) {
        return Requests.jobIdOf(request);
    }

    /// @dev Checks a trace against the job, stores its hash and starts the time for proofs.
    function _acceptTrace(bytes32 jobId, bytes32[] calldata trace, bytes32 traceDigest) internal {
        Job storage job = _jobs[jobId];
        (, uint256 inputs, , uint256 tensors, ) = ModelStore.headerOf(job.place.modelStore);
        if (trace.length != tensors) revert TraceLengthMismatch(trace.length, tensors);
        if (keccak256(abi.encodePacked(trace[:inputs])) != job.traceHash) revert TraceInputsMismatch(jobId);
        // The inputs were checked at post.
        Requests.checkCommitments(trace, inputs);

        bytes32 traceHash = keccak256(abi.encodePacked(trace));
        job.traceHash = traceHash;
        job.head.state = JobState.Traced;
        JobClock memory clock = job.clock;
        clock.tracedAt = uint40(block.timestamp);
        clock.deadline = uint40(block.timestamp + clock.jobSeconds);
        job.clock = clock;
        emit TraceCommitted(jobId, msg.sender, traceHash, traceDigest, clock.deadline, trace);
    }

    /// @dev The fee in force.
    function _currentFee() internal view virtual returns (uint16);

    function _post(JobRequest calldata request, uint256 commitBy) private returns (bytes32 jobId) {
        if (request.requester != msg.sender) revert NotRequester(msg.sender, request.requester);
        uint256 escrow;
        (jobId, escrow) = Requests.accept(
            _jobs,
            request,
            _modelRegistry,
            Limits({minProveSeconds: _minProveSeconds, maxJobSeconds: _maxJobSeconds}),
            _currentFee(),
            commitBy
        );
        _debit(msg.sender, escrow);
    }
}
