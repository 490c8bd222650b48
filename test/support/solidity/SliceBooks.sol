// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobState} from "../../../contracts/types/MarketStates.sol";
import {BookPages} from "./BookPages.sol";
import {demand, Vm} from "./Vm.sol";

/// @title What the events of slices say: holds, lapses, payments, challenges, and the bond of who left one unproved
abstract contract SliceBooks is BookPages {
    function _bid(bytes32 jobId, Vm.Log memory log) internal {
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

    function _lapsed(bytes32 jobId, Vm.Log memory log) internal {
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

    function _settled(bytes32 jobId, Vm.Log memory log) internal {
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
        ++_entry(prover).record;
        _entry(_treasury).balance += fee;
        _entry(settler).balance += tip;
    }

    // ---------------------------------------------------------------------------------- challenges and forfeits

    function _challenged(bytes32 jobId, Vm.Log memory log) internal {
        SlicePage storage slice = _slices[jobId][uint256(log.topics[2])];
        demand(_jobs[jobId].state == JobState.Traced, "a challenge of no trace");
        demand(slice.challenger == address(0) && !slice.paid, "a slice is challenged once");
        slice.challenger = _address(log, 3);
        (slice.challengeBond, ) = abi.decode(log.data, (uint256, uint40));
        _reserve(slice.challenger, slice.challengeBond);
    }

    function _challengeProved(bytes32 jobId, Vm.Log memory log) internal {
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

    function _challengeReturned(bytes32 jobId, Vm.Log memory log) internal {
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

    function _challengeUnproved(bytes32 jobId, Vm.Log memory log) internal {
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
    function _bondForfeited(bytes32 jobId, Vm.Log memory log) internal {
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
}
