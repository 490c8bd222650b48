// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {Account, MarketState, Operator} from "./JobRecord.sol";

/// @title Movements in the market's ledger
/// @notice Every account has a free balance and a reserved part: collateral and bonds.
/// @dev The sum of all entries is at most what the market holds of the asset, which fits 112 bits, so no addition here
/// can overflow.
library Accounts {
    /// @notice Whose ledger entry holds what was burned, and where it goes.
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;

    /// @notice Adds to an account's free balance.
    function credit(MarketState storage market, address account, uint256 amount) internal {
        if (amount != 0) market.accounts[account].balance += uint112(amount);
    }

    /// @notice Takes from an account's free balance.
    function debit(MarketState storage market, address account, uint256 amount) internal {
        Account storage entry = market.accounts[account];
        uint256 balance = entry.balance;
        if (balance < amount) revert IMarketErrors.InsufficientBalance(account, balance, amount);
        entry.balance = uint112(balance - amount);
    }

    /// @notice Moves a part of an account's free balance to its reserved part.
    function reserve(MarketState storage market, address account, uint256 amount) internal {
        Account memory entry = market.accounts[account];
        if (entry.balance < amount) {
            revert IMarketErrors.InsufficientBalance(account, entry.balance, amount);
        }
        entry.balance -= uint112(amount);
        entry.reserved += uint112(amount);
        market.accounts[account] = entry;
    }

    /// @notice {reserve} for a bid or a claim of `actor`. An operator's stays within what its account set: how much the account
    /// has reserved after it, and how much the operator staked today.
    function stake(MarketState storage market, address account, address actor, uint256 amount) internal {
        reserve(market, account, amount);
        if (actor == account) return;
        Operator memory entry = market.operators[account][actor];
        uint256 reserved = market.accounts[account].reserved;
        if (reserved > entry.maxReserved) {
            revert IMarketErrors.OperatorReservesTooMuch(account, actor, reserved, entry.maxReserved);
        }
        if (entry.day != today()) {
            entry.day = uint40(today());
            entry.staked = 0;
        }
        uint256 staked = uint256(entry.staked) + amount;
        if (staked > entry.maxDaily) {
            revert IMarketErrors.OperatorStakesTooMuch(account, actor, staked, entry.maxDaily);
        }
        entry.staked = uint112(staked);
        market.operators[account][actor] = entry;
    }

    /// @notice The most that {stake} would take now.
    function roomFor(
        MarketState storage market,
        address account,
        address actor
    ) internal view returns (uint256 room) {
        room = market.accounts[account].balance;
        if (actor == account) return room;
        Operator memory entry = market.operators[account][actor];
        uint256 staked = entry.day == today() ? entry.staked : 0;
        room = Math.min(room, Math.saturatingSub(entry.maxReserved, market.accounts[account].reserved));
        room = Math.min(room, Math.saturatingSub(entry.maxDaily, staked));
    }

    /// @notice Moves `amount` of an account's reserved part back to its free balance and adds `gain` to that.
    function release(MarketState storage market, address account, uint256 amount, uint256 gain) internal {
        Account memory entry = market.accounts[account];
        entry.balance += uint112(amount + gain);
        entry.reserved -= uint112(amount);
        market.accounts[account] = entry;
    }

    /// @notice {release} for some slices that were paid: the account's record grows by their number.
    function reward(
        MarketState storage market,
        address account,
        uint256 amount,
        uint256 gain,
        uint256 slices
    ) internal {
        Account memory entry = market.accounts[account];
        entry.balance += uint112(amount + gain);
        entry.reserved -= uint112(amount);
        uint256 record = entry.record + slices;
        entry.record = record > type(uint32).max ? type(uint32).max : uint32(record);
        market.accounts[account] = entry;
    }

    /// @notice Takes from an account's reserved part; the caller credits it elsewhere.
    function seize(MarketState storage market, address account, uint256 amount) internal {
        market.accounts[account].reserved -= uint112(amount);
    }

    /// @notice Refuses a caller that is neither the account nor one of its operators.
    function requireMayActFor(MarketState storage market, address account) internal view {
        if (!mayActFor(market, account, msg.sender)) revert IMarketErrors.NotOperator(account, msg.sender);
    }

    /// @notice Whether somebody is the account or one of its operators: whoever may stake something in a day.
    function mayActFor(
        MarketState storage market,
        address account,
        address actor
    ) internal view returns (bool) {
        return actor == account || market.operators[account][actor].maxDaily != 0;
    }

    /// @notice Refuses what would bring something new into a market that is closing.
    function requireNoSunset(MarketState storage market) internal view {
        uint256 end = market.sunsetAt;
        if (end != 0 && block.timestamp > end) revert IMarketErrors.MarketClosing(end);
    }

    /// @notice The day that operators' stakes are counted in, from midnight UTC.
    function today() internal view returns (uint256) {
        return block.timestamp / 1 days;
    }
}
