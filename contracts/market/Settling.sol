// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16BatchVerifier} from "../interfaces/IGroth16BatchVerifier.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {Masks} from "../libraries/Masks.sol";
import {ModelStore} from "../libraries/ModelStore.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {JobBatch, SliceClaim} from "../types/JobBatch.sol";
import {JobState, SkipReason, SliceState} from "../types/MarketStates.sol";
import {SliceSpecs} from "../types/SliceSpec.sol";
import {Accounts} from "./Accounts.sol";
import {Admissions} from "./Admissions.sol";
import {Job, JobFlags, JobHead, JobMoney, JobPlace, JobTerms, MarketState, SliceRecord} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Lapses} from "./Lapses.sol";
import {Ledger} from "./Ledger.sol";
import {Traces} from "./Traces.sol";

/// @title Verifying proofs and paying for them
abstract contract Settling is Ledger {
    using Accounts for MarketState;
    using JobFlags for JobHead;
    using Masks for uint256;
    using SliceSpecs for uint256;

    IGroth16BatchVerifier private immutable _verifier;

    /// @dev What is the same for every claim of one job, and what they leave to be stored.
    struct PayContext {
        bytes32 jobId;
        uint256 due;
        uint256 audited;
        uint256 challenged;
        JobHead head;
        JobPlace place;
        JobTerms terms;
        JobMoney money;
    }

    /// @dev What a whole settlement leaves to be credited, and which of its claims aren't proved: the number of the claim
    /// in turn, the verifier's list, and how much of that was met.
    struct PayTotals {
        uint256 claim;
        uint256[] refused;
        uint256 refusedMet;
        uint256 fees;
        uint256 tips;
        Lapses.Totals lapses;
    }

    constructor(IGroth16BatchVerifier verifier_) {
        if (address(verifier_).code.length == 0) revert InvalidDeployment();
        _verifier = verifier_;
    }

    /// @inheritdoc ISliceMarket
    function settle(JobBatch[] calldata batches, bytes calldata proofs) external {
        uint256 claims = 0;
        for (uint256 b = 0; b < batches.length; ++b) claims += batches[b].claims.length;
        if (claims == 0) revert NothingNamed();

        PayTotals memory totals;
        totals.refused = _verifier.verify(msg.sender, _statementsOf(batches, claims), proofs);
        for (uint256 b = 0; b < batches.length; ++b) {
            _payBatch(batches[b].jobId, batches[b].claims, totals);
        }
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
        Traces.requireTrace(jobId, job, job.head, trace);
        uint256 spec = _provableSpec(jobId, job.place.modelStore, slice);
        if (prover == address(0)) revert ZeroProver(jobId, slice);
        uint256 count = spec.inputCount() + spec.outputCount();
        signals = new uint256[](count + 1);
        for (uint256 k = 0; k < count; ++k) signals[k] = uint256(trace[spec.tensorAt(k)]);
        signals[count] = _tagOf(jobId, slice, prover);
    }

    /// @inheritdoc ISliceMarket
    function verifier() external view returns (IGroth16BatchVerifier) {
        return _verifier;
    }

    /// @dev Where fees are credited.
    function _treasuryAccount() internal view virtual returns (address);

    /// @dev Circuit and signals of every claim: the statements that the proofs have to prove. Nothing of them but the
    /// trace, whose hash is checked, and the prover comes from the caller.
    function _statementsOf(
        JobBatch[] calldata batches,
        uint256 claims
    ) private view returns (uint256[] memory words) {
        words = new uint256[](claims * (SliceSpecs.MAX_TENSORS + 2));
        uint256 end;
        assembly ("memory-safe") {
            // Where the array's words start.
            end := add(words, 32)
        }
        for (uint256 b = 0; b < batches.length; ++b) end = _addStatements(batches[b], end);
        assembly ("memory-safe") {
            // Shortens the array to what was written: at most its length, 13 words a claim.
            mstore(words, shr(5, sub(sub(end, words), 32)))
        }
    }

    /// @dev Writes the statements of one job's claims to memory from `place` on; returns where they end.
    function _addStatements(JobBatch calldata batch, uint256 place) private view returns (uint256 end) {
        bytes32 jobId = batch.jobId;
        Job storage job = JobRecords.jobOf(_market, jobId);
        Traces.requireTrace(jobId, job, job.head, batch.trace);
        address modelStore = job.place.modelStore;
        end = place;
        for (uint256 c = 0; c < batch.claims.length; ++c) {
            uint256 claim = batch.claims[c];
            uint256 slice = SliceClaim.sliceOf(claim);
            uint256 spec = _provableSpec(jobId, modelStore, slice);
            address prover = SliceClaim.proverOf(claim);
            if (prover == address(0)) revert ZeroProver(jobId, slice);
            end = _writeStatement(spec, batch.trace, _tagOf(jobId, slice, prover), end);
        }
    }

    function _writeStatement(
        uint256 spec,
        bytes32[] calldata trace,
        uint256 tag,
        uint256 place
    ) private pure returns (uint256 end) {
        uint256 circuit = spec.circuit();
        uint256 count = spec.inputCount() + spec.outputCount();
        assembly ("memory-safe") {
            // Circuit, commitments and tag: at most 13 words, for which there is room. The trace has an entry for each
            // tensor of the model, as its hash was checked, and tensors' ids were checked when the model was registered.
            mstore(place, circuit)
            end := add(place, 32)
            for {
                let ids := shr(80, spec)
            } count {
                count := sub(count, 1)
            } {
                calldatacopy(end, add(trace.offset, shl(5, and(ids, 0xffff))), 32)
                ids := shr(16, ids)
                end := add(end, 32)
            }
            mstore(end, tag)
            end := add(end, 32)
        }
    }

    /// @dev Pays or skips each claim of one job by itself, and writes the job once.
    function _payBatch(bytes32 jobId, uint256[] calldata claims, PayTotals memory totals) private {
        Job storage job = _market.jobs[jobId];
        PayContext memory context;
        JobHead memory head = job.head;
        context.jobId = jobId;
        context.due = JobRecords.dueOf(job, head);
        (context.audited, context.challenged) = JobRecords.extrasOf(job, head);
        context.head = head;
        context.place = job.place;
        context.terms = job.terms;
        context.money = job.money;
        for (uint256 c = 0; c < claims.length; ++c) _payClaim(job, claims[c], context, totals);
        job.head = head;
        job.money = context.money;
    }

    function _payClaim(
        Job storage job,
        uint256 claim,
        PayContext memory context,
        PayTotals memory totals
    ) private {
        uint256 slice = SliceClaim.sliceOf(claim);
        address prover = SliceClaim.proverOf(claim);
        if (_isRefused(totals)) {
            emit SliceSkipped(context.jobId, slice, prover, SkipReason.ProofRefused);
            return;
        }
        SliceRecord storage stored = job.slices[slice];
        SliceRecord memory record = stored;
        (uint256 weight, uint256 collateral) = JobRecords.stakeOf(
            context.place.modelStore,
            context.terms,
            slice
        );
        (bool refused, SkipReason reason) = _refusalOf(
            job,
            stored,
            record,
            slice,
            prover,
            collateral,
            context,
            totals
        );
        if (refused) {
            emit SliceSkipped(context.jobId, slice, prover, reason);
            return;
        }

        bool held = record.state == SliceState.Held;
        uint256 raise = 0;
        if (record.state == SliceState.Lapsed) (, raise, ) = Pricing.lapseShares(collateral);
        if (record.state == SliceState.Open) {
            record.unitPrice = uint64(JobRecords.unitPriceNow(job, context.head, context.terms, slice));
        }
        record.state = SliceState.Settled;
        record.holder = prover;
        job.slices[slice] = record;

        uint256 price = weight * record.unitPrice;
        uint256 fee = (price * context.head.feeBps) / Pricing.BPS;
        uint256 tip = context.place.settleTip;
        context.head.settledCount += 1;
        totals.fees += fee;
        totals.tips += tip;
        _market.reward(prover, held ? collateral : 0, price - fee + raise);
        emit SliceSettled(context.jobId, slice, prover, price, fee, raise, tip, msg.sender);
        if (context.challenged.has(slice)) {
            _spendChallenge(context.jobId, job, slice, price + tip);
        } else {
            context.money.escrow -= uint112(price + tip);
            context.money.spent += uint112(price + tip);
        }
    }

    /// @dev A challenger's bond pays for the slice, the rest of it returns.
    function _spendChallenge(bytes32 jobId, Job storage job, uint256 slice, uint256 spent) private {
        address challenger = job.challenges[slice].challenger;
        uint256 bond = JobRecords.challengeBond(job, slice);
        _market.seize(challenger, bond);
        _market.credit(challenger, bond - spent);
        emit ChallengeProved(jobId, slice, challenger, bond, bond - spent);
    }

    /// @dev Whether the claim in turn is one that its external verifier refused; on to the next one.
    function _isRefused(PayTotals memory totals) private pure returns (bool refused) {
        uint256 claim = totals.claim++;
        uint256 met = totals.refusedMet;
        refused = met < totals.refused.length && totals.refused[met] == claim;
        if (refused) totals.refusedMet = met + 1;
    }

    /// @dev Why a claim can't be paid, if so. Books the slice's lapse on the way.
    function _refusalOf(
        Job storage job,
        SliceRecord storage stored,
        SliceRecord memory record,
        uint256 slice,
        address prover,
        uint256 collateral,
        PayContext memory context,
        PayTotals memory totals
    ) private returns (bool refused, SkipReason reason) {
        JobHead memory head = context.head;
        if (head.state != JobState.Traced) return (true, SkipReason.JobEnded);
        if (!context.due.has(slice)) return (true, SkipReason.NotDue);
        if (record.state == SliceState.Settled) return (true, SkipReason.AlreadySettled);
        if (record.state == SliceState.Held) {
            uint256 windowEnd = JobRecords.windowEnd(head, record);
            if (head.bidWindow != 0 && block.timestamp <= windowEnd) return (true, SkipReason.WindowOpen);
            if (block.timestamp <= windowEnd + head.proveSeconds) {
                return (record.holder != prover, SkipReason.HeldByOther);
            }
            Lapses.book(_market, context.jobId, slice, stored, record, collateral, head, totals.lapses);
        }
        if (!Admissions.admits(_market, job, head, prover)) return (true, SkipReason.NotAdmitted);
        // An open slice of a cancelled job is refunded when its time is over, whatever lapsed holds do to the job's end;
        // drawn and challenged ones can't be cancelled.
        bool cancelled = head.has(JobFlags.CANCELLED) &&
            record.state == SliceState.Open &&
            !(context.audited | context.challenged).has(slice);
        uint256 end = cancelled ? JobRecords.cancelEnd(head, context.money) : JobRecords.closing(head);
        return (block.timestamp > end, SkipReason.JobClosing);
    }

    function _provableSpec(
        bytes32 jobId,
        address modelStore,
        uint256 slice
    ) private view returns (uint256 spec) {
        if (!ModelStore.provableOf(modelStore).has(slice)) revert UnknownSlice(jobId, slice);
        return ModelStore.sliceOf(modelStore, slice);
    }

    /// @dev The last public signal of every proof: for whom, and for what, it was made.
    function _tagOf(bytes32 jobId, uint256 slice, address prover) private view returns (uint256) {
        return
            uint256(keccak256(abi.encode(block.chainid, address(this), jobId, slice, prover))) %
            Bn254.SCALAR_FIELD;
    }
}
