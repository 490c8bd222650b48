// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../../../contracts/interfaces/ISliceMarket.sol";
import {IMarketEvents} from "../../../contracts/interfaces/market/IMarketEvents.sol";
import {JobRequest} from "../../../contracts/types/JobRequest.sol";
import {CloseReason, JobState} from "../../../contracts/types/MarketStates.sol";
import {BookPages} from "./BookPages.sol";
import {SliceBooks} from "./SliceBooks.sol";
import {demand, VM, Vm} from "./Vm.sol";

/// @title A market's books, kept from its events alone
/// @notice Follows the table of {IMarketEvents}: entries of accounts, and for each job what came in and where it went.
/// Shares are reckoned here by docs/protocol.md, from stakes as they were put up, so an event that names other shares
/// ends the run, and so does money that moved without an event or otherwise than it says ({Books} compares).
abstract contract JobBooks is SliceBooks {
    constructor(ISliceMarket market, address treasury) BookPages(market, treasury) {
        open();
    }

    /// @notice Listens from now on: the runner forgets that it did when a test begins.
    function open() public {
        VM.recordLogs();
    }

    /// @notice Books what was logged since the last time.
    function book() external {
        Vm.Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(_market)) _book(logs[i]);
        }
    }

    /// @notice Forgets what was logged since the last time: the call was refused.
    function discard() external {
        VM.getRecordedLogs();
    }

    function _book(Vm.Log memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == IMarketEvents.Deposited.selector) {
            _entry(_address(log, 1)).balance += abi.decode(log.data, (uint256));
        } else if (kind == IMarketEvents.Withdrawn.selector) {
            _entry(_address(log, 1)).balance -= abi.decode(log.data, (uint256));
        } else if (kind == IMarketEvents.BurnPushed.selector) {
            _entry(BURN).balance -= abi.decode(log.data, (uint256));
        } else if (kind == IMarketEvents.TreasurySet.selector) {
            _treasury = _address(log, 1);
        } else if (log.topics.length > 1) {
            _bookJob(kind, log);
        }
    }

    function _bookJob(bytes32 kind, Vm.Log memory log) private {
        bytes32 jobId = log.topics[1];
        if (kind == IMarketEvents.JobPosted.selector) _posted(jobId, log);
        else if (kind == IMarketEvents.OfferRaised.selector) _raised(jobId, log);
        else if (kind == IMarketEvents.ExecutionClaimed.selector) _claimed(jobId, log);
        else if (kind == IMarketEvents.ExecutionLapsed.selector) _executionLapsed(jobId, log);
        else if (kind == IMarketEvents.TraceCommitted.selector) _traced(jobId, log);
        else if (kind == IMarketEvents.BidPlaced.selector) _bid(jobId, log);
        else if (kind == IMarketEvents.SlicesLapsed.selector) _lapsed(jobId, log);
        else if (kind == IMarketEvents.SlicesSettled.selector) _settled(jobId, log);
        else if (kind == IMarketEvents.SlicesSkipped.selector) _skipped(jobId, log);
        else if (kind == IMarketEvents.SliceChallenged.selector) _challenged(jobId, log);
        else if (kind == IMarketEvents.ChallengeProved.selector) _challengeProved(jobId, log);
        else if (kind == IMarketEvents.ChallengeUnproved.selector) _challengeUnproved(jobId, log);
        else if (kind == IMarketEvents.BondForfeited.selector) _bondForfeited(jobId, log);
        else if (kind == IMarketEvents.JobFinalized.selector) _finalized(jobId, log);
        else if (kind == IMarketEvents.JobClosed.selector) _closed(jobId, log);
    }

    // ------------------------------------------------------------------------------------------------ a job's way

    function _posted(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        demand(page.state == JobState.None, "a job is posted once");
        (JobRequest memory request, , uint256 escrow, uint16 feeBps, uint40 commitBy) = abi.decode(
            log.data,
            (JobRequest, uint256, uint256, uint16, uint40)
        );
        page.state = JobState.Posted;
        page.ownTrace = commitBy == 0;
        page.requester = _address(log, 2);
        page.settleTip = request.offer.settleTip;
        page.feeBps = feeBps;
        page.escrowed = escrow;
        _entry(page.requester).balance -= escrow;
    }

    function _raised(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        (, uint256 added) = abi.decode(log.data, (uint64, uint256));
        demand(!_ended(page), "the offer of a job that ended is raised");
        page.escrowed += added;
        _entry(page.requester).balance -= added;
    }

    function _claimed(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        demand(page.state == JobState.Posted && !page.ownTrace, "a claim of what isn't open");
        page.state = JobState.Claimed;
        page.executor = _address(log, 2);
        (page.executionPrice, page.bond, ) = abi.decode(log.data, (uint256, uint256, uint40));
        _reserve(page.executor, page.bond);
    }

    function _executionLapsed(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        (uint256 burned, uint256 reward, address caller) = abi.decode(log.data, (uint256, uint256, address));
        demand(page.state == JobState.Claimed && page.executor == _address(log, 2), "a lapse of no claim");
        demand(reward == page.bond / 10, "a tenth of a lapsed bond is the caller's");
        demand(burned + reward == page.bond, "the rest of a lapsed bond is burned");
        _slash(page, page.executor, page.bond);
        _burn(page, burned);
        _rewardCaller(page, caller, reward);
        page.state = JobState.Posted;
        page.executor = address(0);
        page.bond = 0;
        page.executionPrice = 0;
    }

    function _traced(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        address executor = page.ownTrace ? page.requester : page.executor;
        demand(page.state == (page.ownTrace ? JobState.Posted : JobState.Claimed), "a trace of no claim");
        demand(executor == _address(log, 2), "a trace is its executor's");
        page.state = JobState.Traced;
    }

    function _finalized(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        (uint256 price, uint256 refund, uint256 bond) = abi.decode(log.data, (uint256, uint256, uint256));
        demand(page.state == JobState.Traced, "a result of no trace");
        page.state = JobState.Finalized;
        _release(page, price, refund, bond);
        demand(page.raises == 0, "a raise is left");
    }

    function _closed(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        (CloseReason reason, uint256 refund, uint256 burnedRaises, uint256 price, uint256 bond) = abi.decode(
            log.data,
            (CloseReason, uint256, uint256, uint256, uint256)
        );
        demand(page.state == JobState.Posted || page.state == JobState.Traced, "a job ends once");
        page.state = JobState.Closed;
        address executor = page.executor;
        bool keeps = reason == CloseReason.Cancelled || (executor == page.requester && page.sharersInTurn == 0);
        demand((page.bond != 0) == (executor != address(0) && keeps), "who left a slice unproved loses its bond, nobody else");
        demand(page.sharesInTurn == 0, "a share of no bond");
        demand(burnedRaises == page.raises, "raises that nobody earned are burned");
        page.raises = 0;
        _entry(BURN).balance += burnedRaises;
        _release(page, price, refund, bond);
    }

    /// @dev A job's end: nothing of what came in stays.
    function _release(JobPage storage page, uint256 price, uint256 refund, uint256 bond) private {
        demand(bond == page.bond, "the executor's bond is released");
        demand(price == 0 || price == page.executionPrice, "the executor's price");
        page.execution += price;
        page.refunded += refund;
        page.bond = 0;
        _entry(page.requester).balance += refund;
        if (page.executor != address(0)) {
            _entry(page.executor).reserved -= bond;
            _entry(page.executor).balance += bond + price;
        }
        demand(_escrowOf(page) == 0, "paid + refunded + fees + tips = escrow");
    }
}
