// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {BlockHashes} from "../libraries/BlockHashes.sol";
import {Masks} from "../libraries/Masks.sol";
import {JobState} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {
    ChallengeRecord,
    Job,
    JobChanges,
    JobFlags,
    JobHead,
    JobRun,
    JobTerms,
    MarketState
} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";

/// @title Slices that become due after the trace: drawn and challenged ones
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
library Audits {
    using Accounts for MarketState;
    using JobFlags for JobHead;
    using Masks for uint256;

    /// @notice See {ISliceMarket-draw}.
    function draw(MarketState storage market, bytes32 jobId) external returns (uint256 audited) {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        if (head.state != JobState.Traced) revert IMarketErrors.WrongJobState(jobId, head.state);
        if (!head.has(JobFlags.DRAW_PENDING)) revert IMarketErrors.NothingToDraw(jobId);
        JobChanges memory drawn = job.changes;
        if (block.number <= drawn.anchor) revert IMarketErrors.DrawTooEarly(jobId, drawn.anchor);
        bytes32 anchorHash = BlockHashes.hashOf(drawn.anchor);
        if (anchorHash == 0) revert IMarketErrors.DrawMissed(jobId, drawn.anchor);

        uint256 due = JobRecords.dueOf(job, head);
        bytes32 seed = keccak256(abi.encode(anchorHash, jobId));
        audited = _pick(JobRecords.contestableOf(job, due), job.origin.audits, seed);
        drawn.drawnAt = uint40(block.timestamp);
        job.changes = drawn;
        job.audited = audited;
        head.flags &= ~JobFlags.DRAW_PENDING;
        JobRecords.makeDue(job, head, due, audited);
        job.head = head;
        emit IMarketEvents.AuditsDrawn(jobId, audited, drawn.anchor, anchorHash);
    }

    /// @notice See {ISliceMarket-challenge}.
    function challenge(MarketState storage market, bytes32 jobId, uint256 slice) external {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        if (head.state != JobState.Traced) revert IMarketErrors.WrongJobState(jobId, head.state);
        // What is drawn is paid for by the job: only then is it known what a challenge has to pay for.
        if (head.has(JobFlags.DRAW_PENDING)) revert IMarketErrors.AuditsNotDrawn(jobId);
        JobRun memory run = job.run;
        if (run.executor == address(0)) revert IMarketErrors.NotChallengeable(jobId);
        uint256 span = job.origin.challengeSeconds;
        uint256 end = run.tracedAt + span;
        if (span == 0 || block.timestamp > end) {
            revert IMarketErrors.ChallengeTooLate(jobId, end);
        }
        uint256 due = JobRecords.dueOf(job, head);
        if (!JobRecords.contestableOf(job, due).has(slice)) {
            revert IMarketErrors.SliceNotChallengeable(jobId, slice);
        }

        (uint256 bond, ) = JobRecords.challengeStake(job, slice);
        market.reserve(msg.sender, bond);
        job.challenges[slice] = ChallengeRecord({
            challenger: msg.sender,
            challengedAt: uint40(block.timestamp)
        });
        job.challenged |= 1 << slice;
        JobRecords.makeDue(job, head, due, 1 << slice);
        job.head = head;
        JobTerms memory terms = job.terms;
        uint256 least = block.timestamp + terms.bidWindow + 2 * uint256(terms.proveSeconds);
        if (run.deadline < least) {
            run.deadline = uint40(least);
            job.run = run;
        }
        emit IMarketEvents.SliceChallenged(jobId, slice, msg.sender, bond, run.deadline);
    }

    /// @dev Picks `count` of the slices of a mask, each set of them with the same probability but for 2^-240: the first
    /// steps of a shuffle.
    function _pick(uint256 population, uint256 count, bytes32 seed) private pure returns (uint256 picked) {
        uint256 size = population.count();
        uint8[] memory slices = new uint8[](size);
        for (uint256 i = 0; i < size; ++i) {
            slices[i] = uint8(population.lowest());
            population &= population - 1;
        }
        for (uint256 i = 0; i < count; ++i) {
            uint256 place = i + (uint256(keccak256(abi.encode(seed, i))) % (size - i));
            picked |= 1 << slices[place];
            slices[place] = slices[i];
        }
    }
}
