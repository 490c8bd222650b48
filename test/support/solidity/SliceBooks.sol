// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobState, SkipReason} from "../../../contracts/types/MarketStates.sol";
import {BookPages} from "./BookPages.sol";
import {demand, Vm} from "./Vm.sol";

/// @title What the events of slices say: holds, lapses, payments, challenges, and the bond of who left one unproved
abstract contract SliceBooks is BookPages {
    function _bid(bytes32 jobId, Vm.Log memory log) internal {
        JobPage storage page = _jobs[jobId];
        address prover = _address(log, 2);
        (uint256 place, uint256 slices, , uint256 collateral, , , address outbid) = abi.decode(
            log.data,
            (uint256, uint256, uint64, uint256, uint40, uint40, address)
        );
        demand(page.state == JobState.Traced && slices != 0, "a bid on what can't be had");
        uint256 sum = 0;
        for (uint256 i = 0; i < SLICES; ++i) {
            if ((slices >> i) & 1 == 0) continue;
            SlicePage storage slice = _slices[jobId][i];
            demand(!slice.paid && slice.raise == 0, "a bid on what can't be had");
            demand(outbid == slice.holder, "a bid replaces the holder");
            slice.collateral = _market.sliceOf(jobId, i).collateral;
            sum += slice.collateral;
            slice.holder = prover;
            slice.place = place;
        }
        demand(sum == collateral, "the collateral of a bid is that of its slices");
        if (outbid != address(0)) _unreserve(outbid, collateral);
        _reserve(prover, collateral);
    }

    function _lapsed(bytes32 jobId, Vm.Log memory log) internal {
        JobPage storage page = _jobs[jobId];
        address holder = _address(log, 2);
        (uint256 place, uint256 slices, uint256 burned, uint256 raise, uint256 reward, address caller, ) = abi.decode(
            log.data,
            (uint256, uint256, uint256, uint256, uint256, address, uint40)
        );
        demand(page.state == JobState.Traced && slices != 0, "a lapse in a job that ended");
        uint256[3] memory shares;
        for (uint256 i = 0; i < SLICES; ++i) {
            SlicePage storage slice = _slices[jobId][i];
            bool named = (slices >> i) & 1 == 1;
            bool held = slice.holder == holder && slice.place == place && slice.collateral != 0;
            demand(named == held, "a bid lapses with all that it has unproved");
            if (!named) continue;
            uint256 collateral = slice.collateral;
            shares[0] += collateral / 2;
            shares[1] += collateral - collateral / 2 - collateral / 10;
            shares[2] += collateral / 10;
            slice.raise = collateral - collateral / 2 - collateral / 10;
            slice.holder = address(0);
            slice.collateral = 0;
        }
        demand(burned == shares[0], "half of what is slashed is burned");
        demand(reward == shares[2], "a tenth of what is slashed is the caller's");
        demand(raise == shares[1], "the rest of what is slashed raises the slices");
        _slash(page, holder, burned + raise + reward);
        _burn(page, burned);
        _rewardCaller(page, caller, reward);
        page.raises += raise;
        page.raised += raise;
    }

    /// @dev What a settlement says of some slices.
    struct Payment {
        uint256 slices;
        uint64 unitPrice;
        uint256 price;
        uint256 fee;
        uint256 raise;
        uint256 tip;
        uint256 released;
        address settler;
    }

    /// @dev Who is in a job stays in it: only what nobody holds is refused for the admission contract's sake, and never the executor.
    function _skipped(bytes32 jobId, Vm.Log memory log) internal view {
        (uint256 slices, SkipReason reason) = abi.decode(log.data, (uint256, SkipReason));
        if (reason != SkipReason.NotAdmitted) return;
        JobPage storage page = _jobs[jobId];
        demand(_address(log, 2) != (page.ownTrace ? page.requester : page.executor), "an executor may prove its job");
        for (uint256 i = 0; i < SLICES; ++i) {
            bool named = (slices >> i) & 1 == 1;
            demand(!named || _slices[jobId][i].holder == address(0), "who holds a slice is asked for nobody's leave");
        }
    }

    function _settled(bytes32 jobId, Vm.Log memory log) internal {
        JobPage storage page = _jobs[jobId];
        address prover = _address(log, 2);
        Payment memory paid = abi.decode(log.data, (Payment));
        demand(page.state == JobState.Traced && paid.slices != 0, "a slice is paid while its job runs");
        uint256 price = 0;
        uint256 raise = 0;
        uint256 released = 0;
        uint256 count = 0;
        for (uint256 i = 0; i < SLICES; ++i) {
            if ((paid.slices >> i) & 1 == 0) continue;
            SlicePage storage slice = _slices[jobId][i];
            demand(!slice.paid, "a slice is paid once");
            demand(slice.holder == address(0) || slice.holder == prover, "who holds a slice is paid for it");
            uint256 each = _weights[i] * paid.unitPrice;
            price += each;
            raise += slice.raise;
            released += slice.collateral;
            ++count;
            slice.paid = true;
            slice.holder = address(0);
            slice.collateral = 0;
            slice.cost = each + page.settleTip;
        }
        demand(paid.price == price && paid.raise == raise, "price and raise are the slices'");
        demand(paid.released == released, "who holds slices has their collateral back");
        demand(paid.fee == (price * page.feeBps) / 10_000, "the fee is the job's");
        demand(paid.tip == count * page.settleTip, "a tip a slice");
        _unreserve(prover, released);
        page.raises -= raise;
        page.provers += price - paid.fee;
        page.fees += paid.fee;
        page.tips += paid.tip;
        page.spent += price + paid.tip;
        _entry(prover).balance += price - paid.fee + raise;
        _entry(prover).record += count;
        _entry(_treasury).balance += paid.fee;
        _entry(paid.settler).balance += paid.tip;
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
        (uint256 bond, uint256 returned, uint256 delay) = abi.decode(log.data, (uint256, uint256, uint256));
        demand(bond == slice.challengeBond, "a challenger's bond is what it put up");
        demand(slice.paid && bond == slice.cost + returned + delay, "a challenger pays price, tip and the delay");
        demand(2 * delay + page.settleTip == bond, "a delay costs the slice's highest price");
        _entry(page.executor).balance += delay / 2;
        _entry(page.requester).balance += delay - delay / 2;
        slice.challengeBond = 0;
        page.fromChallengers += slice.cost;
        page.spent -= slice.cost;
        _entry(slice.challenger).reserved -= bond;
        _entry(slice.challenger).balance += returned;
    }

    function _challengeUnproved(bytes32 jobId, Vm.Log memory log) internal {
        JobPage storage page = _jobs[jobId];
        SlicePage storage slice = _slices[jobId][uint256(log.topics[2])];
        (uint256 bond, uint256 share) = abi.decode(log.data, (uint256, uint256));
        demand(!slice.paid && bond != 0 && bond == slice.challengeBond, "the bond that waits returns");
        slice.challengeBond = 0;
        page.sharersInTurn += 1;
        if (share != 0) {
            demand(slice.challenger != page.executor, "an executor earns nothing of its own bond");
            page.earnersInTurn += 1;
            page.sharesInTurn += share;
        }
        _unreserve(slice.challenger, bond);
        _entry(slice.challenger).balance += share;
    }

    /// @dev First what the job cost its requester; of the rest a tenth to the caller, a fifth to the challengers, equally.
    /// An executor gets nothing of it; one that is the requester keeps all but the challengers' part.
    function _bondForfeited(bytes32 jobId, Vm.Log memory log) internal {
        JobPage storage page = _jobs[jobId];
        (uint256 madeWhole, uint256 reward, uint256 burned, address caller) = abi.decode(
            log.data,
            (uint256, uint256, uint256, address)
        );
        uint256 bond = page.bond;
        uint256 sharers = page.sharersInTurn;
        demand(page.executor == _address(log, 2) && page.state == JobState.Traced, "a bond of no executor");
        bool own = page.executor == page.requester;
        uint256 spent = own ? 0 : page.spent;
        uint256 rest = bond - (spent < bond ? spent : bond);
        uint256 shares = sharers == 0 ? 0 : (rest / 5 / sharers) * page.earnersInTurn;
        demand(page.sharesInTurn == shares, "a fifth of the rest is the challengers'");
        demand(reward == (own || caller == page.executor ? 0 : rest / 10), "a tenth of the rest is the caller's");
        if (own) demand(madeWhole == bond - shares && burned == 0, "a requester keeps the rest of its own bond");
        else demand(madeWhole == bond - rest, "the requester is made whole first");
        demand(burned == bond - madeWhole - reward - shares, "what remains of a bond is burned");
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
