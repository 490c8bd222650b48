// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {JobState} from "../types/MarketStates.sol";
import {Accounts} from "./Accounts.sol";
import {Job, JobFlags, JobHead, MarketState} from "./JobRecord.sol";
import {JobRecords} from "./JobRecords.sol";
import {Weights} from "./Weights.sol";

/// @title Raising the offer of a running job
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}.
library Offers {
    using Accounts for MarketState;
    using JobFlags for JobHead;

    /// @notice See {ISliceMarket-raiseOffer}.
    function raiseTo(
        MarketState storage market,
        bytes32 jobId,
        uint64 unitPrice
    ) external returns (uint256 added) {
        Job storage job = JobRecords.jobOf(market, jobId);
        address requester = job.origin.requester;
        if (msg.sender != requester) revert IMarketErrors.NotRequester(msg.sender, requester);
        JobHead memory head = job.head;
        if (head.state == JobState.Finalized || head.state == JobState.Closed) {
            revert IMarketErrors.WrongJobState(jobId, head.state);
        }
        if (head.has(JobFlags.CANCELLED)) revert IMarketErrors.AlreadyCancelled(jobId);
        uint256 current = JobRecords.highUnitPrice(job, head, job.terms);
        if (unitPrice <= current) revert IMarketErrors.OfferNotRaised(unitPrice, current);

        added = _weightAtStake(job, head) * (unitPrice - current);
        job.changes.highUnitPrice = unitPrice;
        head.flags |= JobFlags.RAISED;
        uint256 escrow = head.escrow + added;
        if (escrow + head.spent > type(uint96).max) revert IMarketErrors.AmountTooLarge(escrow + head.spent);
        head.escrow = uint96(escrow);
        job.head = head;
        market.debit(requester, added);
        emit IMarketEvents.OfferRaised(jobId, unitPrice, added);
    }

    /// @dev The weight of the slices that may still be paid by the ramp's price: open ones, and the heaviest that may
    /// be drawn. The challenger pays for challenged ones, at most the first offer's price.
    function _weightAtStake(Job storage job, JobHead memory head) private view returns (uint256 weight) {
        (, uint256 challenged) = JobRecords.extrasOf(job, head);
        uint256 required = JobRecords.dueOf(job, head) & ~challenged;
        uint256 open = required & ~(JobRecords.settledOf(job, head) | JobRecords.takenOf(job, head));
        address store = job.place.modelStore;
        bool pending = head.has(JobFlags.DRAW_PENDING);
        uint256 others = pending ? JobRecords.contestableOf(job, required) : 0;
        weight = Weights.sum(store, open, others, pending ? job.origin.audits : 0);
    }
}
