// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16BatchVerifier} from "../interfaces/IGroth16BatchVerifier.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {JobBatch, SliceClaim} from "../types/JobBatch.sol";
import {JobState, SkipReason, SliceState} from "../types/MarketStates.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {Accounts} from "./Accounts.sol";
import {Admissions} from "./Admissions.sol";
import {Claims} from "./Claims.sol";
import {Job, JobFlags, JobHead, JobRun, JobTerms, MarketState, SliceRecord, SliceRecords} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Lapses} from "./Lapses.sol";
import {Ledger} from "./Ledger.sol";
import {Traces} from "./Traces.sol";

/// @title Verifying proofs and paying for them
abstract contract Settling is Ledger {
    using Accounts for MarketState;
    using JobFlags for JobHead;
    using Masks for uint256;
    using SliceRecords for SliceRecord;
    using SliceSpecs for uint256;

    IGroth16BatchVerifier private immutable _verifier;

    /// @dev What is the same for every claim of one job, and what they leave to be stored: how many were paid, and what
    /// of the escrow was spent.
    struct PayContext {
        bytes32 jobId;
        uint256 due;
        uint256 audited;
        uint256 challenged;
        uint256 settleTip;
        JobHead head;
        JobTerms terms;
        JobRun run;
        uint256 settled;
        uint256 spent;
    }

    /// @dev What a whole settlement leaves to be credited, and which of its claims aren't proved: the number of the claim
    /// in turn, all claims' slices, the verifier's list, and how much of that was met. What a prover is paid for claims
    /// in a row is added up in `released`, `gained` and `paid`, and booked at once: sums, never an entry as it once was,
    /// so it doesn't matter who else the prover is.
    struct PayTotals {
        uint256 claim;
        uint256[] specs;
        uint256[] refused;
        uint256 refusedMet;
        uint256 fees;
        uint256 tips;
        address prover;
        uint256 released;
        uint256 gained;
        uint256 paid;
        Lapses.Totals lapses;
    }

    constructor(IGroth16BatchVerifier verifier_) {
        if (address(verifier_).code.length == 0) revert InvalidDeployment();
        _verifier = verifier_;
    }

    /// @inheritdoc ISliceMarket
    function settle(JobBatch[] calldata batches, bytes calldata proofs) external {
        PayTotals memory totals;
        (totals.specs, totals.refused) = Claims.verify(_market, _verifier, batches, proofs);
        for (uint256 b = 0; b < batches.length; ++b) {
            JobBatch calldata batch = batches[b];
            _payBatch(batch.jobId, batch.claims, totals);
        }
        _bookProver(totals);
        _market.credit(_treasuryAccount(), totals.fees);
        _market.credit(Accounts.BURN, totals.lapses.burned);
        _market.credit(msg.sender, totals.tips + totals.lapses.reward);
    }

    /// @inheritdoc ISliceMarket
    function signalsOf(
        bytes32 jobId,
        uint256 slice,
        address prover,
        bytes32[] calldata trace
    ) external view returns (uint256[] memory signals) {
        Job storage job = JobRecords.jobOf(_market, jobId);
        Traces.requireTrace(jobId, job, trace);
        address modelStore = job.place.modelStore;
        uint256 spec = Claims.provableSpec(jobId, modelStore, ModelStore.provableOf(modelStore), slice);
        uint256 tag = Claims.tagOf(jobId, slice, prover);
        uint256 count = spec.inputCount() + spec.outputCount();
        signals = new uint256[](count + 1);
        for (uint256 k = 0; k < count; ++k) signals[k] = uint256(trace[spec.tensorAt(k)]);
        signals[count] = tag;
    }

    /// @inheritdoc ISliceMarket
    function verifier() external view returns (IGroth16BatchVerifier) {
        return _verifier;
    }

    /// @dev Where fees are credited.
    function _treasuryAccount() internal view virtual returns (address);

    /// @dev Pays or skips each claim of one job by itself, and writes the job once.
    function _payBatch(bytes32 jobId, uint256[] calldata claims, PayTotals memory totals) private {
        Job storage job = _market.jobs[jobId];
        JobHead memory head = job.head;
        (uint256 audited, uint256 challenged) = JobRecords.extrasOf(job, head);
        PayContext memory context = PayContext({
            jobId: jobId,
            due: JobRecords.dueOf(job, head),
            audited: audited,
            challenged: challenged,
            settleTip: job.place.settleTip,
            head: head,
            terms: job.terms,
            run: job.run,
            settled: 0,
            spent: 0
        });
        for (uint256 c = 0; c < claims.length; ++c) _payClaim(job, claims[c], context, totals);
        if (context.settled == 0) return;
        // A job has at most 256 slices, each is paid once, and price and tip of one are below 2^97: the sum fits.
        head.unproved -= uint16(context.settled);
        head.escrow -= uint112(context.spent);
        head.spent += uint112(context.spent);
        job.head = head;
    }

    function _payClaim(
        Job storage job,
        uint256 claim,
        PayContext memory context,
        PayTotals memory totals
    ) private {
        uint256 slice = SliceClaim.sliceOf(claim);
        address prover = SliceClaim.proverOf(claim);
        (uint256 spec, bool unproved) = _next(totals);
        if (unproved) {
            emit SliceSkipped(context.jobId, slice, prover, SkipReason.ProofRefused);
            return;
        }
        JobTerms memory terms = context.terms;
        uint256 collateral = _collateralOf(spec, terms);
        SliceRecord storage stored = job.slices[slice];
        SliceRecord memory record = stored;
        (bool refused, SkipReason reason) = _refusalOf(job, record, slice, prover, collateral, context, totals);
        if (refused) {
            emit SliceSkipped(context.jobId, slice, prover, reason);
            return;
        }

        uint256 released = record.state == SliceState.Held ? collateral : 0;
        uint256 raise = 0;
        if (record.state == SliceState.Lapsed) (, raise, ) = Pricing.lapseShares(collateral);
        if (record.state == SliceState.Open) {
            record.unitPrice = uint64(JobRecords.unitPriceNow(job, context.head, terms, slice));
        }
        stored.settle(prover, record.unitPrice, record.windowEnd);
        uint256 spent = _pay(prover, slice, spec.weight() * record.unitPrice, raise, released, context, totals);
        if (context.challenged.has(slice)) {
            _spendChallenge(context.jobId, job, slice, spent);
        } else {
            context.spent += spent;
        }
    }

    function _collateralOf(uint256 spec, JobTerms memory terms) private pure returns (uint256) {
        // 32, 64 and 16 bits, and a little.
        unchecked {
            return Pricing.collateral(spec.weight() * terms.maxUnitPrice, terms.collateralBps);
        }
    }

    /// @dev Adds up what paying a slice moves. Returns what it costs.
    function _pay(
        address prover,
        uint256 slice,
        uint256 price,
        uint256 raise,
        uint256 released,
        PayContext memory context,
        PayTotals memory totals
    ) private returns (uint256 spent) {
        if (totals.prover != prover) {
            _bookProver(totals);
            totals.prover = prover;
        }
        // Nothing overflows: prices are below 2^96, tips too, collateral and raises below 2^99, a fee is a part of its
        // price, and there are fewer claims than 2^32.
        unchecked {
            uint256 fee = (price * context.terms.feeBps) / Pricing.BPS;
            uint256 tip = context.settleTip;
            spent = price + tip;
            context.settled += 1;
            totals.fees += fee;
            totals.tips += tip;
            totals.released += released;
            totals.gained += price - fee + raise;
            totals.paid += 1;
            emit SliceSettled(context.jobId, slice, prover, price, fee, raise, tip, msg.sender);
        }
    }

    /// @dev Books what the prover in turn was paid.
    function _bookProver(PayTotals memory totals) private {
        if (totals.paid == 0) return;
        _market.reward(totals.prover, totals.released, totals.gained, totals.paid);
        totals.released = 0;
        totals.gained = 0;
        totals.paid = 0;
    }

    /// @dev A challenger's bond pays for the slice, the rest of it returns.
    function _spendChallenge(bytes32 jobId, Job storage job, uint256 slice, uint256 spent) private {
        address challenger = job.challenges[slice].challenger;
        uint256 bond = JobRecords.challengeBond(job, slice);
        _market.seize(challenger, bond);
        _market.credit(challenger, bond - spent);
        emit ChallengeProved(jobId, slice, challenger, bond, bond - spent);
    }

    /// @dev The slice of the claim in turn, and whether its external verifier refused the proof; on to the next one.
    function _next(PayTotals memory totals) private pure returns (uint256 spec, bool refused) {
        uint256 claim = totals.claim;
        uint256 met = totals.refusedMet;
        spec = totals.specs[claim];
        refused = met < totals.refused.length && totals.refused[met] == claim;
        // Both count claims.
        unchecked {
            totals.claim = claim + 1;
            if (refused) totals.refusedMet = met + 1;
        }
    }

    /// @dev Why a claim can't be paid, if so. Books the slice's lapse on the way.
    function _refusalOf(
        Job storage job,
        SliceRecord memory record,
        uint256 slice,
        address prover,
        uint256 collateral,
        PayContext memory context,
        PayTotals memory totals
    ) private returns (bool refused, SkipReason reason) {
        JobHead memory head = context.head;
        JobTerms memory terms = context.terms;
        JobRun memory run = context.run;
        if (head.state != JobState.Traced) return (true, SkipReason.JobEnded);
        if (!context.due.has(slice)) return (true, SkipReason.NotDue);
        if (record.state == SliceState.Settled) return (true, SkipReason.AlreadySettled);
        if (record.state == SliceState.Held) {
            uint256 windowEnd = JobRecords.windowEnd(run, record);
            if (terms.bidWindow != 0 && block.timestamp <= windowEnd) return (true, SkipReason.WindowOpen);
            // 41 and 24 bits.
            unchecked {
                if (block.timestamp <= windowEnd + terms.proveSeconds) {
                    return (record.holder != prover, SkipReason.HeldByOther);
                }
            }
            Lapses.book(_market, context.jobId, job, slice, record, collateral, terms, run, totals.lapses);
        }
        if (head.has(JobFlags.ADMISSION)) {
            // The slices that were just paid count for the prover's record.
            _bookProver(totals);
            if (!Admissions.admits(_market, job, head, prover)) return (true, SkipReason.NotAdmitted);
        }
        // An open slice of a cancelled job is refunded when its time is over, whatever lapsed holds do to the job's end;
        // drawn and challenged ones can't be cancelled.
        bool cancelled = head.has(JobFlags.CANCELLED) &&
            record.state == SliceState.Open &&
            !(context.audited | context.challenged).has(slice);
        uint256 end = cancelled ? JobRecords.cancelEnd(job, run) : JobRecords.closing(job, run);
        return (block.timestamp > end, SkipReason.JobClosing);
    }
}
