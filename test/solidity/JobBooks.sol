// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../../contracts/interfaces/ISliceMarket.sol";
import {IMarketEvents} from "../../contracts/interfaces/market/IMarketEvents.sol";
import {JobRequest} from "../../contracts/types/JobRequest.sol";
import {CloseReason, JobState} from "../../contracts/types/MarketStates.sol";
import {demand, VM, Vm} from "./Vm.sol";

/// @title A market's books, kept from its events alone
/// @notice Follows the table of {IMarketEvents}: entries of accounts, and for each job what came in and where it went.
/// Shares are reckoned here by docs/protocol.md, from stakes as they were put up, so an event that names other shares
/// ends the run, and so does money that moved without an event or otherwise than it says ({BooksCheck} compares).
abstract contract JobBooks {
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;
    uint256 internal constant SLICES = 4;

    struct Entry {
        uint256 balance;
        uint256 reserved;
    }

    /// @dev A slice of a job: who holds it with which collateral, whose bond waits, and what it cost once paid.
    struct SlicePage {
        address holder;
        uint256 collateral;
        uint256 raise;
        address challenger;
        uint256 challengeBond;
        uint256 cost;
        bool paid;
    }

    /// @dev What a job took in and what it paid: `provers` net of fees. `spent`: price and tips that the escrow bore.
    struct JobPage {
        JobState state;
        bool ownTrace;
        address requester;
        address executor;
        uint256 settleTip;
        uint256 feeBps;
        uint256 bond;
        uint256 executionPrice;
        uint256 escrowed;
        uint256 fromChallengers;
        uint256 provers;
        uint256 fees;
        uint256 tips;
        uint256 execution;
        uint256 refunded;
        uint256 spent;
        uint256 raises;
        uint256 slashed;
        uint256 burned;
        uint256 raised;
        uint256 callers;
        uint256 challengers;
        uint256 madeWhole;
        uint256 sharesInTurn;
        uint256 sharersInTurn;
    }

    ISliceMarket internal immutable _market;
    address internal _treasury;
    address[] internal _accounts;
    mapping(address account => bool known) private _known;
    mapping(address account => Entry entry) internal _entries;
    mapping(bytes32 jobId => JobPage page) internal _jobs;
    mapping(bytes32 jobId => mapping(uint256 slice => SlicePage page)) internal _slices;

    constructor(ISliceMarket market, address treasury) {
        _market = market;
        _treasury = treasury;
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
        else if (kind == IMarketEvents.SliceLapsed.selector) _lapsed(jobId, log);
        else if (kind == IMarketEvents.SliceSettled.selector) _settled(jobId, log);
        else if (kind == IMarketEvents.SliceChallenged.selector) _challenged(jobId, log);
        else if (kind == IMarketEvents.ChallengeProved.selector) _challengeProved(jobId, log);
        else if (kind == IMarketEvents.ChallengeReturned.selector) _challengeReturned(jobId, log);
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
        bool keeps = executor != address(0) && (reason == CloseReason.Cancelled || executor == page.requester);
        demand((page.bond != 0) == keeps, "who left a slice unproved loses its bond, nobody else");
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

    // ---------------------------------------------------------------------------------------------- a slice's way

    function _bid(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        SlicePage storage slice = _slices[jobId][uint256(log.topics[2])];
        (, , uint256 collateral, , , address outbid) = abi.decode(
            log.data,
            (uint64, uint256, uint256, uint40, uint40, address)
        );
        demand(page.state == JobState.Traced && !slice.paid && slice.raise == 0, "a bid on what can't be had");
        demand(outbid == slice.holder, "a bid replaces the holder");
        if (outbid != address(0)) _unreserve(outbid, slice.collateral);
        slice.holder = _address(log, 3);
        slice.collateral = collateral;
        _reserve(slice.holder, collateral);
    }

    function _lapsed(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        SlicePage storage slice = _slices[jobId][uint256(log.topics[2])];
        (uint256 burned, uint256 raise, uint256 reward, address caller, ) = abi.decode(
            log.data,
            (uint256, uint256, uint256, address, uint40)
        );
        uint256 collateral = slice.collateral;
        demand(page.state == JobState.Traced && !slice.paid, "a lapse in a job that ended");
        demand(collateral != 0 && slice.holder == _address(log, 3), "a lapse of no hold");
        demand(burned == collateral / 2, "half of what is slashed is burned");
        demand(reward == collateral / 10, "a tenth of what is slashed is the caller's");
        demand(burned + raise + reward == collateral, "the rest of what is slashed raises the slice");
        _slash(page, slice.holder, collateral);
        _burn(page, burned);
        _rewardCaller(page, caller, reward);
        page.raises += raise;
        page.raised += raise;
        slice.raise = raise;
        slice.holder = address(0);
        slice.collateral = 0;
    }

    function _settled(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        SlicePage storage slice = _slices[jobId][uint256(log.topics[2])];
        address prover = _address(log, 3);
        (uint256 price, uint256 fee, uint256 raise, uint256 tip, address settler) = abi.decode(
            log.data,
            (uint256, uint256, uint256, uint256, address)
        );
        demand(page.state == JobState.Traced, "a slice is paid while its job runs");
        demand(!slice.paid, "a slice is paid once");
        demand(slice.holder == address(0) || slice.holder == prover, "who holds a slice is paid for it");
        demand(raise == slice.raise, "the raise is the lapsed collateral's rest");
        demand(fee == (price * page.feeBps) / 10_000 && tip == page.settleTip, "fee and tip are the job's");
        if (slice.collateral != 0) _unreserve(prover, slice.collateral);
        slice.paid = true;
        slice.holder = address(0);
        slice.collateral = 0;
        slice.cost = price + tip;
        page.raises -= raise;
        page.provers += price - fee;
        page.fees += fee;
        page.tips += tip;
        page.spent += price + tip;
        _entry(prover).balance += price - fee + raise;
        _entry(_treasury).balance += fee;
        _entry(settler).balance += tip;
    }

    // ---------------------------------------------------------------------------------- challenges and forfeits

    function _challenged(bytes32 jobId, Vm.Log memory log) private {
        SlicePage storage slice = _slices[jobId][uint256(log.topics[2])];
        demand(_jobs[jobId].state == JobState.Traced, "a challenge of no trace");
        demand(slice.challenger == address(0) && !slice.paid, "a slice is challenged once");
        slice.challenger = _address(log, 3);
        (slice.challengeBond, ) = abi.decode(log.data, (uint256, uint40));
        _reserve(slice.challenger, slice.challengeBond);
    }

    function _challengeProved(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        SlicePage storage slice = _slices[jobId][uint256(log.topics[2])];
        (uint256 bond, uint256 returned) = abi.decode(log.data, (uint256, uint256));
        demand(bond == slice.challengeBond, "a challenger's bond is what it put up");
        demand(slice.paid && bond == slice.cost + returned, "a challenger pays price and tip");
        slice.challengeBond = 0;
        page.fromChallengers += slice.cost;
        page.spent -= slice.cost;
        _entry(slice.challenger).reserved -= bond;
        _entry(slice.challenger).balance += returned;
    }

    function _challengeReturned(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        SlicePage storage slice = _slices[jobId][uint256(log.topics[2])];
        (uint256 bond, uint256 reimbursed) = abi.decode(log.data, (uint256, uint256));
        demand(bond == slice.challengeBond, "the bond that waits returns");
        demand(reimbursed == slice.cost, "what a challenger paid for a drawn slice is made good");
        slice.challengeBond = 0;
        page.fromChallengers -= reimbursed;
        page.spent += reimbursed;
        _unreserve(slice.challenger, bond);
        _entry(slice.challenger).balance += reimbursed;
    }

    function _challengeUnproved(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        SlicePage storage slice = _slices[jobId][uint256(log.topics[2])];
        (uint256 bond, uint256 share) = abi.decode(log.data, (uint256, uint256));
        demand(!slice.paid && bond != 0 && bond == slice.challengeBond, "the bond that waits returns");
        slice.challengeBond = 0;
        page.sharersInTurn += 1;
        page.sharesInTurn += share;
        _unreserve(slice.challenger, bond);
        _entry(slice.challenger).balance += share;
    }

    /// @dev First what the job cost its requester; of the rest a tenth to the caller, a fifth to the challengers, equally.
    function _bondForfeited(bytes32 jobId, Vm.Log memory log) private {
        JobPage storage page = _jobs[jobId];
        (uint256 madeWhole, uint256 reward, uint256 burned, address caller) = abi.decode(
            log.data,
            (uint256, uint256, uint256, address)
        );
        uint256 bond = page.bond;
        uint256 sharers = page.sharersInTurn;
        demand(page.executor == _address(log, 2) && page.state == JobState.Traced, "a bond of no executor");
        demand(madeWhole == (page.spent < bond ? page.spent : bond), "the requester is made whole first");
        uint256 rest = bond - madeWhole;
        demand(reward == rest / 10, "a tenth of the rest is the caller's");
        uint256 shares = sharers == 0 ? 0 : (rest / 5 / sharers) * sharers;
        demand(page.sharesInTurn == shares, "a fifth of the rest is the challengers'");
        demand(burned == rest - reward - shares, "what remains of a bond is burned");
        _slash(page, page.executor, bond);
        _burn(page, burned);
        _rewardCaller(page, caller, reward);
        page.challengers += shares;
        page.madeWhole += madeWhole;
        page.sharesInTurn = 0;
        page.bond = 0;
        _entry(page.requester).balance += madeWhole;
    }

    // ------------------------------------------------------------------------------------------------------ money

    function _escrowOf(JobPage storage page) internal view returns (uint256) {
        return
            page.escrowed +
            page.fromChallengers -
            (page.provers + page.fees + page.tips + page.execution + page.refunded);
    }

    function _ended(JobPage storage page) internal view returns (bool) {
        return page.state == JobState.Finalized || page.state == JobState.Closed;
    }

    function _slash(JobPage storage page, address account, uint256 amount) private {
        page.slashed += amount;
        _entry(account).reserved -= amount;
    }

    function _burn(JobPage storage page, uint256 amount) private {
        page.burned += amount;
        _entry(BURN).balance += amount;
    }

    function _rewardCaller(JobPage storage page, address caller, uint256 amount) private {
        page.callers += amount;
        _entry(caller).balance += amount;
    }

    function _reserve(address account, uint256 amount) private {
        Entry storage entry = _entry(account);
        entry.balance -= amount;
        entry.reserved += amount;
    }

    function _unreserve(address account, uint256 amount) private {
        Entry storage entry = _entry(account);
        entry.reserved -= amount;
        entry.balance += amount;
    }

    function _entry(address account) private returns (Entry storage) {
        if (!_known[account]) {
            _known[account] = true;
            _accounts.push(account);
        }
        return _entries[account];
    }

    function _address(Vm.Log memory log, uint256 topic) private pure returns (address) {
        return address(uint160(uint256(log.topics[topic])));
    }
}
