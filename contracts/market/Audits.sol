// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {BlockHashes} from "../libraries/BlockHashes.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {JobState, SliceState} from "../types/MarketStates.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {Accounts} from "./Accounts.sol";
import {
    ChallengeRecord,
    Job,
    JobChanges,
    JobFlags,
    JobHead,
    JobRun,
    JobTerms,
    MarketState,
    SliceRecord
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
        // A challenge takes nothing out of what is drawn from.
        uint256 population = ModelStore.provableOf(job.place.modelStore) & ~(due & ~job.challenged);
        audited = _pick(population, job.origin.audits, keccak256(abi.encode(anchorHash, jobId)));
        drawn.drawnAt = uint40(block.timestamp);
        job.changes = drawn;
        job.audited = audited;
        job.due = due | audited;
        head.flags = (head.flags & ~JobFlags.DRAW_PENDING) | JobFlags.SOME_DUE | JobFlags.EXTRAS;
        head.unproved += uint16((audited & ~due).count());
        emit IMarketEvents.AuditsDrawn(jobId, audited, drawn.anchor, anchorHash);
        uint256 both = audited & job.challenged;
        if (both != 0) _returnChallenges(market, jobId, job, head, both);
        job.head = head;
    }

    /// @notice See {ISliceMarket-challenge}.
    function challenge(MarketState storage market, bytes32 jobId, uint256 slice) external {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        if (head.state != JobState.Traced) revert IMarketErrors.WrongJobState(jobId, head.state);
        JobRun memory run = job.run;
        if (run.executor == address(0)) revert IMarketErrors.NotChallengeable(jobId);
        uint256 span = job.origin.challengeSeconds;
        uint256 end = run.tracedAt + span;
        if (span == 0 || block.timestamp > end) {
            revert IMarketErrors.ChallengeTooLate(jobId, end);
        }
        uint256 due = JobRecords.dueOf(job, head);
        uint256 candidates = ModelStore.provableOf(job.place.modelStore) & ~due;
        if (!candidates.has(slice)) revert IMarketErrors.SliceNotChallengeable(jobId, slice);

        uint256 bond = JobRecords.challengeBond(job, slice);
        market.reserve(msg.sender, bond);
        job.challenges[slice] = ChallengeRecord({
            challenger: msg.sender,
            challengedAt: uint40(block.timestamp)
        });
        job.challenged |= 1 << slice;
        job.due = due | (1 << slice);
        head.flags |= JobFlags.SOME_DUE | JobFlags.EXTRAS;
        head.unproved += 1;
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

    /// @dev Drawn slices are paid from the escrow: bonds go back, and so does what they paid already. Changes `head`, which
    /// the caller stores.
    function _returnChallenges(
        MarketState storage market,
        bytes32 jobId,
        Job storage job,
        JobHead memory head,
        uint256 slices
    ) private {
        uint256 tip = job.place.settleTip;
        while (slices != 0) {
            uint256 slice = slices.lowest();
            slices &= slices - 1;
            address challenger = job.challenges[slice].challenger;
            SliceRecord memory record = job.slices[slice];
            uint256 bond = 0;
            uint256 reimbursed = 0;
            if (record.state == SliceState.Settled) {
                uint256 weight = SliceSpecs.weight(ModelStore.sliceOf(job.place.modelStore, slice));
                reimbursed = weight * record.unitPrice + tip;
                head.escrow -= uint112(reimbursed);
                head.spent += uint112(reimbursed);
            } else {
                bond = JobRecords.challengeBond(job, slice);
            }
            market.release(challenger, bond, reimbursed);
            emit IMarketEvents.ChallengeReturned(jobId, slice, challenger, bond, reimbursed);
        }
    }
}
