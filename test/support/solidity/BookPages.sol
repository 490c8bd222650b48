// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../../../contracts/interfaces/ISliceMarket.sol";
import {JobState} from "../../../contracts/types/MarketStates.sol";
import {Vm} from "./Vm.sol";

/// @title The pages of a market's books: entries of accounts, and for each job and slice what came in and where it went
abstract contract BookPages {
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;
    uint256 internal constant SLICES = 4;
    /// @dev Of the slices of the model that the histories are of.
    uint8[4] internal _weights = [3, 5, 0, 7];

    struct Entry {
        uint256 balance;
        uint256 reserved;
        uint256 record;
    }

    /// @dev A slice of a job: who holds it with which collateral, whose bond waits, and what it cost once paid.
    struct SlicePage {
        address holder;
        uint256 place;
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
        uint256 earnersInTurn;
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
    }

    function _escrowOf(JobPage storage page) internal view returns (uint256) {
        return
            page.escrowed +
            page.fromChallengers -
            (page.provers + page.fees + page.tips + page.execution + page.refunded);
    }

    function _ended(JobPage storage page) internal view returns (bool) {
        return page.state == JobState.Finalized || page.state == JobState.Closed;
    }

    function _slash(JobPage storage page, address account, uint256 amount) internal {
        page.slashed += amount;
        _entry(account).reserved -= amount;
    }

    function _burn(JobPage storage page, uint256 amount) internal {
        page.burned += amount;
        _entry(BURN).balance += amount;
    }

    function _rewardCaller(JobPage storage page, address caller, uint256 amount) internal {
        page.callers += amount;
        _entry(caller).balance += amount;
    }

    function _reserve(address account, uint256 amount) internal {
        Entry storage entry = _entry(account);
        entry.balance -= amount;
        entry.reserved += amount;
    }

    function _unreserve(address account, uint256 amount) internal {
        Entry storage entry = _entry(account);
        entry.reserved -= amount;
        entry.balance += amount;
    }

    function _entry(address account) internal returns (Entry storage) {
        if (!_known[account]) {
            _known[account] = true;
            _accounts.push(account);
        }
        return _entries[account];
    }

    function _address(Vm.Log memory log, uint256 topic) internal pure returns (address) {
        return address(uint160(uint256(log.topics[topic])));
    }
}
