// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {IPermit2} from "../interfaces/IPermit2.sol";
import {IWrappedCoin} from "../interfaces/IWrappedCoin.sol";
import {Accounts} from "./Accounts.sol";
import {MarketState} from "./JobRecord.sol";

/// @notice The market's asset, and what one of its smallest units counts in the ledger: 10^(18 − its decimals).
struct Asset {
    IERC20 token;
    uint256 scale;
}

/// @notice An EIP-2612 permit.
struct Permit {
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @title Deposits and withdrawals: the only times that the asset moves
/// @notice Code of {SliceMarket} that is deployed by itself and linked: see {Requests}. Amounts here are in the asset's smallest
/// unit, as the asset moves them; the ledger counts in 10^-18 of the asset. The market lets nobody in twice at a time.
library Deposits {
    using Accounts for MarketState;
    using SafeERC20 for IERC20;

    /// @notice Where Permit2 is, on every chain that has it.
    IPermit2 internal constant PERMIT2 = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);

    /// @notice See {IMarketCore-depositFor}.
    function take(
        MarketState storage market,
        Asset memory asset,
        address from,
        address account,
        uint256 amount
    ) public {
        if (account == address(0)) revert IMarketErrors.ZeroAccount();
        uint256 before = _expect(market, asset, amount);
        asset.token.safeTransferFrom(from, address(this), amount);
        _credit(market, asset, before, from, account, amount);
    }

    /// @notice See {IMarketCore-depositWithPermit}.
    function takeOwn(
        MarketState storage market,
        Asset memory asset,
        uint256 amount,
        Permit memory permit
    ) external {
        // Somebody may have used the permit already, which left the allowance it gives: the transfer decides.
        _permit(asset.token, msg.sender, amount, permit);
        take(market, asset, msg.sender, msg.sender, amount);
    }

    /// @notice See {IMarketCore-depositWithPermitFor}.
    function takeOthers(
        MarketState storage market,
        Asset memory asset,
        address account,
        uint256 amount,
        Permit memory permit
    ) external {
        // An allowance is no consent to this deposit, and a token that answers anything (WETH9's fallback does) took no
        // permit: only a nonce that moved says that the account signed.
        uint256 nonce = _permitNonce(asset.token, account);
        bool permitted = _permit(asset.token, account, amount, permit) &&
            _permitNonce(asset.token, account) == nonce + 1;
        if (!permitted) revert IMarketErrors.PermitRefused(account);
        take(market, asset, account, account, amount);
    }

    /// @notice See {IMarketCore-depositWithPermit2}.
    function takeSigned(
        MarketState storage market,
        Asset memory asset,
        uint256 amount,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        uint256 before = _expect(market, asset, amount);
        PERMIT2.permitTransferFrom(
            IPermit2.PermitTransferFrom({
                permitted: IPermit2.TokenPermissions({token: address(asset.token), amount: amount}),
                nonce: nonce,
                deadline: deadline
            }),
            IPermit2.SignatureTransferDetails({to: address(this), requestedAmount: amount}),
            msg.sender,
            signature
        );
        _credit(market, asset, before, msg.sender, msg.sender, amount);
    }

    /// @notice See {IMarketCore-depositCoins}.
    function takeCoins(MarketState storage market, Asset memory asset, uint256 amount) external {
        uint256 before = _expect(market, asset, amount);
        IWrappedCoin(address(asset.token)).deposit{value: amount}();
        _credit(market, asset, before, msg.sender, msg.sender, amount);
    }

    /// @notice See {IMarketCore-withdraw}.
    function give(
        MarketState storage market,
        Asset memory asset,
        uint256 amount,
        address to
    ) external returns (uint256 sent) {
        sent = _debit(market, asset, amount, to);
        asset.token.safeTransfer(to, sent);
    }

    /// @notice See {IMarketCore-withdrawCoins}.
    function giveCoins(
        MarketState storage market,
        Asset memory asset,
        uint256 amount,
        address to
    ) external returns (uint256 sent) {
        sent = _debit(market, asset, amount, to);
        IWrappedCoin(address(asset.token)).withdraw(sent);
        Address.sendValue(payable(to), sent);
    }

    /// @notice See {IMarketCore-pushBurned}.
    function pushBurned(MarketState storage market, Asset memory asset) external returns (uint256 amount) {
        amount = market.accounts[Accounts.BURN].balance / asset.scale;
        if (amount == 0) revert IMarketErrors.ZeroAmount();
        uint256 booked = amount * asset.scale;
        market.debit(Accounts.BURN, booked);
        market.held -= uint112(booked);
        emit IMarketEvents.BurnPushed(booked);
        asset.token.safeTransfer(Accounts.BURN, amount);
    }

    /// @notice Refuses what would bring something new into a market that is closing.
    function requireNoSunset(MarketState storage market) internal view {
        uint256 end = market.sunsetAt;
        if (end != 0 && block.timestamp > end) revert IMarketErrors.MarketClosing(end);
    }

    /// @dev Makes room for an amount that is to come. Returns what the asset says the market has.
    function _expect(
        MarketState storage market,
        Asset memory asset,
        uint256 amount
    ) private returns (uint256) {
        requireNoSunset(market);
        if (amount == 0) revert IMarketErrors.ZeroAmount();
        if (amount > type(uint112).max) revert IMarketErrors.AmountTooLarge(amount);
        uint256 held = market.held + amount * asset.scale;
        if (held > type(uint112).max) revert IMarketErrors.AmountTooLarge(held);
        market.held = uint112(held);
        return asset.token.balanceOf(address(this));
    }

    /// @dev Credits an amount that came, all of it and nothing more.
    function _credit(
        MarketState storage market,
        Asset memory asset,
        uint256 before,
        address from,
        address account,
        uint256 amount
    ) private {
        uint256 received = asset.token.balanceOf(address(this)) - before;
        if (received != amount) revert IMarketErrors.TransferAmountMismatch(received, amount);
        market.credit(account, amount * asset.scale);
        emit IMarketEvents.Deposited(account, from, amount * asset.scale);
    }

    /// @dev Books what the caller withdraws; the largest amount there is stands for all that the asset can move.
    function _debit(
        MarketState storage market,
        Asset memory asset,
        uint256 amount,
        address to
    ) private returns (uint256 sent) {
        sent = amount;
        if (amount == type(uint256).max) sent = market.accounts[msg.sender].balance / asset.scale;
        if (sent == 0) revert IMarketErrors.ZeroAmount();
        if (to == address(0)) revert IMarketErrors.ZeroAccount();
        if (sent > type(uint112).max) revert IMarketErrors.AmountTooLarge(sent);
        uint256 booked = sent * asset.scale;
        market.debit(msg.sender, booked);
        market.held -= uint112(booked);
        emit IMarketEvents.Withdrawn(msg.sender, to, booked);
    }

    function _permit(
        IERC20 token,
        address account,
        uint256 amount,
        Permit memory permit
    ) private returns (bool) {
        try
            IERC20Permit(address(token)).permit(
                account,
                address(this),
                amount,
                permit.deadline,
                permit.v,
                permit.r,
                permit.s
            )
        {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Reverts with {PermitRefused} if the asset has no permits.
    function _permitNonce(IERC20 token, address account) private view returns (uint256) {
        (bool answered, bytes memory answer) = address(token).staticcall(
            abi.encodeCall(IERC20Permit.nonces, (account))
        );
        if (!answered || answer.length != 32) revert IMarketErrors.PermitRefused(account);
        return abi.decode(answer, (uint256));
    }
}
