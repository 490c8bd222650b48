// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16BatchVerifier} from "../interfaces/IGroth16BatchVerifier.sol";
import {IMarketCore} from "../interfaces/market/IMarketCore.sol";
import {Masks} from "../libraries/Masks.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {JobBatch, ProvedSlices} from "../types/JobBatch.sol";
import {JobState, SkipReason} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {Admissions} from "./Admissions.sol";
import {Claims} from "./Claims.sol";
import {Bid, Job, JobFlags, JobHead, JobPlace, JobRun, JobTerms, MarketState} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Lapses} from "./Lapses.sol";
import {MarketStorage} from "./MarketStorage.sol";
import {Weights} from "./Weights.sol";

/// @title Verifying proofs and paying for them
abstract contract Settling is MarketStorage, IMarketCore {
    using Accounts for MarketState;
    using JobFlags for JobHead;
    using Masks for uint256;

    IGroth16BatchVerifier private immutable _verifier;

    /// @dev What is the same for all slices of one job, and what they leave to be stored: which were paid, and what of the
    /// escrow was spent. `settled`: which were before.
    struct PayContext {
        bytes32 jobId;
        address modelStore;
        uint256 settleTip;
        uint256 due;
        uint256 audited;
        uint256 challenged;
        uint256 settled;
        JobHead head;
        JobTerms terms;
        JobRun run;
        uint256 paid;
        uint256 spent;
    }

    /// @dev Slices that one prover's proofs are of and that are still to be paid or skipped. `admitted`: whether it may be paid for what
    /// it doesn't hold, if that was `asked`.
    struct Group {
        address prover;
        uint256 left;
        bool asked;
        bool admitted;
    }

    /// @dev What a whole settlement leaves to be credited, and which of its proofs were refused: the number of the proof
    /// in turn, the verifier's list, and how much of that was met. What a prover is paid by groups
    /// in a row is added up in `released`, `gained` and `paid`, and booked at once: sums, never an entry as it once was,
    /// so it doesn't matter who else the prover is.
    struct PayTotals {
        uint256 proof;
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

    /// @inheritdoc IMarketCore
    function settle(JobBatch[] calldata batches, bytes calldata proofs) external {
        PayTotals memory totals;
        totals.refused = Claims.verify(_market, _verifier, batches, proofs);
        for (uint256 b = 0; b < batches.length; ++b) _payBatch(batches[b].jobId, batches[b].groups, totals);
        _bookProver(totals);
        _market.credit(_treasuryAccount(), totals.fees);
        _market.credit(Accounts.BURN, totals.lapses.burned);
        _market.credit(msg.sender, totals.tips + totals.lapses.reward);
    }

    /// @inheritdoc IMarketCore
    function verifier() external view returns (IGroth16BatchVerifier) {
        return _verifier;
    }

    /// @dev Where fees are credited.
    function _treasuryAccount() internal view virtual returns (address);

    /// @dev Pays or skips each slice of one job by itself, and writes the job once.
    function _payBatch(bytes32 jobId, ProvedSlices[] calldata groups, PayTotals memory totals) private {
        Job storage job = _market.jobs[jobId];
        JobHead memory head = job.head;
        (uint256 audited, uint256 challenged) = JobRecords.extrasOf(job, head);
        JobPlace memory place = job.place;
        PayContext memory context = PayContext({
            jobId: jobId,
            modelStore: place.modelStore,
            settleTip: place.settleTip,
            due: JobRecords.dueOf(job, head),
            audited: audited,
            challenged: challenged,
            settled: JobRecords.settledOf(job, head),
            head: head,
            terms: job.terms,
            run: job.run,
            paid: 0,
            spent: 0
        });
        for (uint256 g = 0; g < groups.length; ++g) {
            Group memory group = _groupOf(groups[g], context, totals);
            if (group.left != 0) _payOwn(job, groups[g].bid, group, context, totals);
            if (group.left != 0) _payOthers(job, group, context, totals);
            if (group.left != 0) _payOpen(job, group, context, totals);
        }
        if (context.paid == 0) return;
        JobRecords.settle(job, head, context.paid, context.due & ~context.settled);
        // A slice is paid once, and the escrow was set aside for the highest prices and tips of all.
        head.escrow -= uint96(context.spent);
        head.spent += uint96(context.spent);
        job.head = head;
    }

    /// @dev The slices of a group that may be paid at all, the others skipped; on to the next group's proofs.
    function _groupOf(
        ProvedSlices calldata named,
        PayContext memory context,
        PayTotals memory totals
    ) private returns (Group memory group) {
        uint256 slices = named.slices;
        group.prover = named.prover;
        group.left = slices;
        _skip(_refusedOf(slices, totals), SkipReason.ProofRefused, group, context);
        JobHead memory head = context.head;
        if (head.state != JobState.Traced) _skip(group.left, SkipReason.JobEnded, group, context);
        _skip(group.left & ~context.due, SkipReason.NotDue, group, context);
        _skip(group.left & (context.settled | context.paid), SkipReason.AlreadySettled, group, context);
    }

    /// @dev Whether a group's prover may be paid for what it doesn't hold, asked once a group and only when it matters: a holder is in
    /// the job, whatever the job's admission contract says by now. If not, those slices are skipped.
    function _enters(
        Job storage job,
        uint256 slices,
        Group memory group,
        PayContext memory context,
        PayTotals memory totals
    ) private returns (bool) {
        if (!group.asked) {
            // The slices that were just paid count for the prover's record.
            if (context.head.has(JobFlags.ADMISSION)) _bookProver(totals);
            group.admitted = Admissions.admits(job, context.head, context.jobId, group.prover);
            group.asked = true;
        }
        if (!group.admitted) _skip(slices, SkipReason.NotAdmitted, group, context);
        return group.admitted;
    }

    /// @dev Pays what the group's prover holds by the bid that it names. Nothing is looked for: that is what naming is for.
    function _payOwn(
        Job storage job,
        uint256 place,
        Group memory group,
        PayContext memory context,
        PayTotals memory totals
    ) private {
        if (place >= context.head.bids) return;
        Bid memory bid = job.bids[place].bid;
        if (bid.prover != group.prover || bid.lapsed) return;
        if (Lapses.isOver(bid, context.terms, context.run)) return;
        _payHeld(bid, group.left & job.bids[place].slices, group, context, totals);
    }

    /// @dev Pays or skips what somebody bid on. Bids that ran out are booked, and what they had is paid to whoever proved it.
    function _payOthers(
        Job storage job,
        Group memory group,
        PayContext memory context,
        PayTotals memory totals
    ) private {
        for (uint256 place = 0; place < context.head.bids; ++place) {
            uint256 all = job.bids[place].slices;
            uint256 slices = group.left & all;
            if (slices == 0) continue;
            Bid memory bid = job.bids[place].bid;
            if (!Lapses.isOver(bid, context.terms, context.run)) {
                if (bid.prover == group.prover) _payHeld(bid, slices, group, context, totals);
                else _skip(slices, SkipReason.HeldByOther, group, context);
                continue;
            }
            if (!bid.lapsed) {
                all &= ~(context.settled | context.paid);
                Lapses.book(_market, context.jobId, job, place, all, totals.lapses);
            }
            if (block.timestamp > JobRecords.closing(job, context.run)) {
                _skip(slices, SkipReason.JobClosing, group, context);
                continue;
            }
            if (!_enters(job, slices, group, context, totals)) continue;
            (, uint256 raise, ) = Lapses.sharesOf(context.modelStore, context.terms, slices);
            _pay(slices, bid.unitPrice, raise, false, group, context, totals);
        }
    }

    /// @dev Pays what nobody bid on, at the ramp's price; of a cancelled job only what can't be cancelled, once the time for
    /// the others is over.
    function _payOpen(
        Job storage job,
        Group memory group,
        PayContext memory context,
        PayTotals memory totals
    ) private {
        if (block.timestamp > JobRecords.closing(job, context.run)) {
            _skip(group.left, SkipReason.JobClosing, group, context);
            return;
        }
        if (!_enters(job, group.left, group, context, totals)) return;
        uint256 plain = group.left & ~(context.audited | context.challenged);
        // An open slice of a cancelled job is refunded when its time is over, whatever lapsed holds do to the job's end.
        bool cancelled = context.head.has(JobFlags.CANCELLED) &&
            block.timestamp > JobRecords.cancelEnd(job, context.run);
        if (cancelled) _skip(plain, SkipReason.JobClosing, group, context);
        else _payRamp(job, plain, group, context, totals);
        _payRamp(job, group.left & context.audited, group, context, totals);
        for (uint256 left = group.left & context.challenged; left != 0; left &= left - 1) {
            _payRamp(job, left & (~left + 1), group, context, totals);
        }
    }

    /// @dev Slices whose ramp is the same.
    function _payRamp(
        Job storage job,
        uint256 slices,
        Group memory group,
        PayContext memory context,
        PayTotals memory totals
    ) private {
        if (slices == 0) return;
        uint256 unitPrice = JobRecords.unitPriceNow(job, context.head, context.terms, slices.lowest());
        _pay(slices, unitPrice, 0, false, group, context, totals);
    }

    function _payHeld(
        Bid memory bid,
        uint256 slices,
        Group memory group,
        PayContext memory context,
        PayTotals memory totals
    ) private {
        if (context.terms.bidWindow != 0 && block.timestamp <= JobRecords.windowEnd(context.run, bid)) {
            _skip(slices, SkipReason.WindowOpen, group, context);
        } else if (slices != 0) {
            _pay(slices, bid.unitPrice, 0, true, group, context, totals);
        }
    }

    /// @dev Adds up what paying some slices of a group at one price moves.
    function _pay(
        uint256 slices,
        uint256 unitPrice,
        uint256 raise,
        bool held,
        Group memory group,
        PayContext memory context,
        PayTotals memory totals
    ) private {
        if (totals.prover != group.prover) {
            _bookProver(totals);
            totals.prover = group.prover;
        }
        uint256 count = slices.count();
        uint256 weight = Weights.of_(context.modelStore, slices);
        // Nothing overflows: there are at most 256 slices, prices are below 2^96, tips too, collateral and raises below 2^100,
        // a fee is a part of its price, and there are fewer proofs than 2^32.
        unchecked {
            uint256 price = weight * unitPrice;
            uint256 fee = (price * context.terms.feeBps) / Pricing.BPS;
            uint256 tip = count * context.settleTip;
            uint256 released = held ? weight * JobRecords.unitCollateral(context.terms) : 0;
            group.left &= ~slices;
            context.paid |= slices;
            context.spent += price + tip;
            totals.fees += fee;
            totals.tips += tip;
            totals.released += released;
            totals.gained += price - fee + raise;
            totals.paid += count;
            emit SlicesSettled(
                context.jobId,
                group.prover,
                slices,
                uint64(unitPrice),
                price,
                fee,
                raise,
                tip,
                released,
                msg.sender
            );
        }
        uint256 challenged = slices & context.challenged;
        if (challenged != 0) _spendChallenges(challenged, unitPrice, context);
    }

    /// @dev Books what the prover in turn was paid.
    function _bookProver(PayTotals memory totals) private {
        if (totals.paid == 0) return;
        _market.reward(totals.prover, totals.released, totals.gained, totals.paid);
        totals.released = 0;
        totals.gained = 0;
        totals.paid = 0;
    }

    /// @dev Challengers' bonds pay for their slices instead of the escrow, and for the time of those who had to wait; the rest
    /// of each returns.
    function _spendChallenges(uint256 slices, uint256 unitPrice, PayContext memory context) private {
        Job storage job = _market.jobs[context.jobId];
        for (; slices != 0; slices &= slices - 1) {
            uint256 slice = slices.lowest();
            address challenger = job.challenges[slice].challenger;
            (uint256 bond, uint256 delay) = JobRecords.challengeStake(job, slice);
            uint256 spent = JobRecords.weightOf(context.modelStore, slice) * unitPrice + context.settleTip;
            uint256 returned = bond - delay - spent;
            context.spent -= spent;
            _market.seize(challenger, bond);
            _market.credit(challenger, returned);
            _market.credit(context.run.executor, delay / 2);
            _market.credit(job.origin.requester, delay - delay / 2);
            emit ChallengeProved(context.jobId, slice, challenger, bond, returned, delay);
        }
    }

    function _skip(
        uint256 slices,
        SkipReason reason,
        Group memory group,
        PayContext memory context
    ) private {
        if (slices == 0) return;
        group.left &= ~slices;
        emit SlicesSkipped(context.jobId, group.prover, slices, reason);
    }

    /// @dev Those of a group's slices whose proofs external verifiers refused; on to the proofs behind it.
    function _refusedOf(uint256 slices, PayTotals memory totals) private pure returns (uint256 refused) {
        uint256 proof = totals.proof;
        totals.proof = proof + slices.count();
        uint256 met = totals.refusedMet;
        if (met == totals.refused.length) return 0;
        for (; slices != 0 && met < totals.refused.length; slices &= slices - 1) {
            if (totals.refused[met] == proof++) {
                refused |= slices & (~slices + 1);
                ++met;
            }
        }
        totals.refusedMet = met;
    }
}
