// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {Masks} from "../libraries/Masks.sol";
import {Pricing} from "../libraries/Pricing.sol";
import {BidRefusal, JobState} from "../types/MarketStates.sol";
import {SignedBid} from "../types/SignedBid.sol";
import {Accounts} from "./Accounts.sol";
import {Admissions} from "./Admissions.sol";
import {Bid, BidRecord, Job, JobFlags, JobHead, JobRun, JobTerms, MarketState} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Lapses} from "./Lapses.sol";
import {Nonces} from "./Nonces.sol";
import {SignedBids} from "./SignedBids.sol";
import {Weights} from "./Weights.sol";

/// @title Bidding on slices, and booking what ran out
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
/// @dev A bid is two slots, whatever it takes: who, at which price, until when; and which slices. One that is bid less for in
/// all that it has gives up its place, so every place has slices of its own, and there are never more places than slices.
library Bids {
    using Accounts for MarketState;
    using JobFlags for JobHead;
    using Masks for uint256;

    /// @dev What is the same for all that one bid takes, and the collateral that it adds up to.
    struct Context {
        bytes32 jobId;
        address prover;
        uint64 unitPrice;
        uint256 reserved;
        address modelStore;
        JobHead head;
        JobTerms terms;
        JobRun run;
    }

    /// @notice See {ISliceMarket-bid}.
    function bid(
        MarketState storage market,
        address prover,
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken) {
        if (slices == 0) revert IMarketErrors.NothingNamed();
        Job storage job = JobRecords.jobOf(market, jobId);
        Context memory context;
        context.jobId = jobId;
        context.prover = prover;
        context.unitPrice = unitPrice;
        slices = _wanted(job, traceHash, slices, context);
        if (slices == 0) return 0;
        if (!Admissions.admits(job, context.head, jobId, prover)) revert IMarketErrors.NotAdmitted(jobId, prover);
        taken = _take(market, job, slices, msg.sender, context);
    }

    /// @notice See {ISliceMarket-bidSigned}.
    function bidSigned(
        MarketState storage market,
        SignedBid[] calldata bids,
        bytes32 domainSeparator
    ) external returns (uint256[] memory taken) {
        if (bids.length == 0) revert IMarketErrors.NothingNamed();
        taken = new uint256[](bids.length);
        for (uint256 i = 0; i < bids.length; ++i) {
            SignedBid calldata signed = bids[i];
            BidRefusal reason;
            (taken[i], reason) = _bring(market, signed, domainSeparator);
            if (taken[i] != 0) {
                Nonces.use(market, signed.signer, signed.nonce);
            } else {
                emit IMarketEvents.SignedBidRefused(
                    signed.jobId,
                    signed.prover,
                    signed.signer,
                    signed.nonce,
                    reason
                );
            }
        }
    }

    /// @notice See {ISliceMarket-slash}.
    function slash(
        MarketState storage market,
        bytes32 jobId,
        uint256 slices
    ) external returns (uint256 booked) {
        Job storage job = JobRecords.jobOf(market, jobId);
        JobHead memory head = job.head;
        if (head.state == JobState.Claimed) {
            Lapses.bookExecution(market, jobId, job);
            return 0;
        }
        if (slices == 0) revert IMarketErrors.NothingNamed();
        if (head.state != JobState.Traced) return 0;
        booked = Lapses.bookAll(market, jobId, job, slices, ~JobRecords.settledOf(job, head));
    }

    /// @dev Nothing of one signed bid reverts, whatever it says: others are brought with it.
    /// @return taken What it took. @return reason Why that is nothing.
    function _bring(
        MarketState storage market,
        SignedBid calldata signed,
        bytes32 domainSeparator
    ) private returns (uint256 taken, BidRefusal reason) {
        if (block.timestamp > signed.validUntil) return (0, BidRefusal.Outdated);
        if (Nonces.isUsed(market, signed.signer, signed.nonce)) return (0, BidRefusal.NonceUsed);
        if (!market.mayActFor(signed.prover, signed.signer)) return (0, BidRefusal.NotOperator);
        if (!SignedBids.isSigned(signed, domainSeparator)) return (0, BidRefusal.InvalidSignature);
        Job storage job = market.jobs[signed.jobId];
        Context memory context;
        context.jobId = signed.jobId;
        context.prover = signed.prover;
        context.unitPrice = signed.unitPrice;
        uint256 slices = _wanted(job, signed.traceHash, signed.slices, context);
        if (slices == 0) return (0, BidRefusal.NothingToTake);
        // More than this is never reserved for the bid.
        if (_collateralOf(slices, context) > market.roomFor(signed.prover, signed.signer)) {
            return (0, BidRefusal.TooLittleFree);
        }
        if (!Admissions.admits(job, context.head, signed.jobId, signed.prover)) return (0, BidRefusal.NotAdmitted);
        return (_take(market, job, slices, signed.signer, context), BidRefusal.NothingToTake);
    }

    /// @dev Those of the named slices that a bid may be for at all, by the job. Fills the context.
    function _wanted(
        Job storage job,
        bytes32 traceHash,
        uint256 slices,
        Context memory context
    ) private view returns (uint256) {
        JobHead memory head = job.head;
        if (head.state != JobState.Traced || job.offerOrTrace != traceHash) return 0;
        context.modelStore = job.place.modelStore;
        context.head = head;
        context.terms = job.terms;
        context.run = job.run;
        slices &= JobRecords.dueOf(job, head) & ~JobRecords.settledOf(job, head);
        if (!head.has(JobFlags.CANCELLED)) return slices;
        (uint256 audited, uint256 challenged) = JobRecords.extrasOf(job, head);
        return slices & (audited | challenged);
    }

    /// @dev Takes those of the slices that can be had, and reserves their collateral.
    function _take(
        MarketState storage market,
        Job storage job,
        uint256 slices,
        address actor,
        Context memory context
    ) private returns (uint256 taken) {
        uint256 places = context.head.bids;
        for (uint256 place = 0; place < places; ++place) {
            uint256 others = job.bids[place].slices;
            if (others & slices == 0) continue;
            if (_undercut(market, job, place, others, others & slices, context)) taken |= others & slices;
            slices &= ~others;
        }
        taken |= _takeOpen(job, slices, context);
        if (context.head.bids != places) job.head = context.head;
        if (context.reserved != 0) market.stake(context.prover, actor, context.reserved);
    }

    /// @dev Takes over some of the slices of a place, if their bid can be bid less for. They keep their window.
    function _undercut(
        MarketState storage market,
        Job storage job,
        uint256 place,
        uint256 others,
        uint256 slices,
        Context memory context
    ) private returns (bool) {
        Bid memory rival = job.bids[place].bid;
        JobTerms memory terms = context.terms;
        uint256 windowEnd = JobRecords.windowEnd(context.run, rival);
        if (rival.prover == context.prover || terms.bidWindow == 0 || block.timestamp > windowEnd) return false;
        (bool possible, uint256 most) = Pricing.undercut(rival.unitPrice, terms.minUndercutBps);
        if (!possible || context.unitPrice > most) return false;

        uint256 collateral = _collateralOf(slices, context);
        market.release(rival.prover, collateral, 0);
        address outbid = rival.prover;
        rival.prover = context.prover;
        rival.unitPrice = context.unitPrice;
        if (slices == others) {
            job.bids[place].bid = rival;
        } else {
            job.bids[place].slices = others & ~slices;
            place = _newPlace(job, rival, slices, context);
        }
        _tell(place, slices, collateral, windowEnd, outbid, context);
        return true;
    }

    /// @dev Takes those of the slices that nobody holds whose ramp has come up to the price.
    function _takeOpen(
        Job storage job,
        uint256 slices,
        Context memory context
    ) private returns (uint256 taken) {
        JobTerms memory terms = context.terms;
        uint256 windowEnd = block.timestamp + terms.bidWindow;
        if (slices == 0 || windowEnd + terms.proveSeconds > context.run.deadline) return 0;
        taken = JobRecords.affordable(job, context.head, terms, slices, context.unitPrice);
        if (taken == 0) return 0;
        Bid memory own = Bid({
            prover: context.prover,
            unitPrice: context.unitPrice,
            windowEnd: uint24(windowEnd - context.run.tracedAt),
            lapsed: false
        });
        uint256 place = _newPlace(job, own, taken, context);
        _tell(place, taken, _collateralOf(taken, context), windowEnd, address(0), context);
    }

    /// @dev Puts a bid behind all others; the caller stores the head.
    function _newPlace(
        Job storage job,
        Bid memory own,
        uint256 slices,
        Context memory context
    ) private returns (uint256 place) {
        place = context.head.bids++;
        job.bids[place] = BidRecord({bid: own, slices: slices});
    }

    function _collateralOf(uint256 slices, Context memory context) private view returns (uint256) {
        return Weights.of_(context.modelStore, slices) * JobRecords.unitCollateral(context.terms);
    }

    function _tell(
        uint256 place,
        uint256 slices,
        uint256 collateral,
        uint256 windowEnd,
        address outbid,
        Context memory context
    ) private {
        context.reserved += collateral;
        emit IMarketEvents.BidPlaced(
            context.jobId,
            context.prover,
            place,
            slices,
            context.unitPrice,
            collateral,
            uint40(windowEnd),
            uint40(windowEnd + context.terms.proveSeconds),
            outbid
        );
    }
}
