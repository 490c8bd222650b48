// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IMarketErrors} from "./interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "./interfaces/market/IMarketEvents.sol";
import {IMarketLedger} from "./interfaces/market/IMarketLedger.sol";
import {IPermit2} from "./interfaces/IPermit2.sol";
import {IWrappedCoin} from "./interfaces/IWrappedCoin.sol";
import {MarketViews} from "./MarketViews.sol";
import {Accounts} from "./market/Accounts.sol";
import {MarketState, Operator} from "./market/JobRecord.sol";
import {Nonces} from "./market/Nonces.sol";

/// @title The market's internal ledger, and what a market tells of its jobs
/// @notice See {IMarketLedger}. {SliceMarket} hands these calls on, so the code runs in its storage and with its balance; here by
/// itself it knows no account and no job. Every account has a free balance and a reserved part (collateral and bonds). The asset
/// moves here and nowhere else, so no token can hold up a job.
contract MarketLedger is MarketViews, IMarketLedger, ReentrancyGuardTransient {
    using Accounts for MarketState;
    using SafeERC20 for IERC20;

    /// @dev Where Permit2 is, on every chain that has it.
    IPermit2 private constant PERMIT2 = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);

    IERC20 private immutable _asset;
    /// @dev What the asset's smallest unit counts in the ledger: 10^(18 − its decimals).
    uint256 private immutable _scale;

    /// @param asset_ The ERC-20 that everything is paid in.
    constructor(IERC20 asset_) {
        if (address(asset_).code.length == 0) revert IMarketErrors.InvalidDeployment();
        uint8 decimals = IERC20Metadata(address(asset_)).decimals();
        if (decimals > 18) revert IMarketErrors.InvalidDeployment();
        _asset = asset_;
        _scale = 10 ** (18 - decimals);
    }

    /// @notice Coins come in with a deposit or a post; by themselves only from the asset, which unwraps them.
    receive() external payable {
        if (msg.sender != address(_asset)) revert IMarketErrors.CoinsNotTaken();
    }

    /// @inheritdoc IMarketLedger
    function deposit(address account, uint256 amount) external payable nonReentrant {
        if (msg.value == 0) return _take(msg.sender, account, amount);
        if (msg.value != amount) revert IMarketErrors.CoinsDiffer(msg.value, amount);
        uint256 before = _expect(account, amount);
        IWrappedCoin(address(_asset)).deposit{value: amount}();
        _credit(before, msg.sender, account, amount);
    }

    /// @inheritdoc IMarketLedger
    function depositWithPermit(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        bool own = account == msg.sender;
        uint256 nonce = own ? 0 : _permitNonce(account);
        bool permitted;
        try IERC20Permit(address(_asset)).permit(account, address(this), amount, deadline, v, r, s) {
            permitted = true;
        } catch {
            permitted = false;
        }
        // Of somebody else's tokens an allowance is no consent to this deposit, and a token that answers anything (WETH9's
        // fallback does) took no permit: only a nonce that moved says that the account signed.
        if (!own && !(permitted && _permitNonce(account) == nonce + 1)) revert IMarketErrors.PermitRefused(account);
        _take(account, account, amount);
    }

    /// @inheritdoc IMarketLedger
    function depositWithPermit2(
        uint256 amount,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external nonReentrant {
        uint256 before = _expect(msg.sender, amount);
        PERMIT2.permitTransferFrom(
            IPermit2.PermitTransferFrom({
                permitted: IPermit2.TokenPermissions({token: address(_asset), amount: amount}),
                nonce: nonce,
                deadline: deadline
            }),
            IPermit2.SignatureTransferDetails({to: address(this), requestedAmount: amount}),
            msg.sender,
            signature
        );
        _credit(before, msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IMarketLedger
    function withdraw(uint256 amount, address to, bool asCoins) external nonReentrant returns (uint256 sent) {
        sent = amount;
        if (amount == type(uint256).max) sent = _market.accounts[msg.sender].balance / _scale;
        if (sent == 0) revert IMarketErrors.ZeroAmount();
        if (to == address(0)) revert IMarketErrors.ZeroAccount();
        if (sent > type(uint112).max) revert IMarketErrors.AmountTooLarge(sent);
        uint256 booked = sent * _scale;
        _market.debit(msg.sender, booked);
        _market.held -= uint112(booked);
        emit IMarketEvents.Withdrawn(msg.sender, to, booked);
        if (!asCoins) {
            _asset.safeTransfer(to, sent);
            return sent;
        }
        IWrappedCoin(address(_asset)).withdraw(sent);
        Address.sendValue(payable(to), sent);
    }

    /// @inheritdoc IMarketLedger
    function pushBurned() external nonReentrant returns (uint256 amount) {
        amount = _market.accounts[Accounts.BURN].balance / _scale;
        if (amount == 0) revert IMarketErrors.ZeroAmount();
        uint256 booked = amount * _scale;
        _market.debit(Accounts.BURN, booked);
        _market.held -= uint112(booked);
        emit IMarketEvents.BurnPushed(booked);
        _asset.safeTransfer(Accounts.BURN, amount);
    }

    /// @inheritdoc IMarketLedger
    function setOperator(address operator, uint112 maxReserved, uint112 maxDaily) external {
        if (operator == address(0)) revert IMarketErrors.ZeroAccount();
        Operator storage entry = _market.operators[msg.sender][operator];
        entry.maxReserved = maxReserved;
        entry.maxDaily = maxDaily;
        emit IMarketEvents.OperatorSet(msg.sender, operator, maxReserved, maxDaily);
    }

    /// @inheritdoc IMarketLedger
    function cancelNonce(uint256 nonce) external {
        Nonces.use(_market, msg.sender, nonce);
    }

    /// @inheritdoc IMarketLedger
    function asset() external view returns (address) {
        return address(_asset);
    }

    /// @dev Moves an amount of the asset that is allowed to be moved.
    function _take(address from, address account, uint256 amount) private {
        uint256 before = _expect(account, amount);
        _asset.safeTransferFrom(from, address(this), amount);
        _credit(before, from, account, amount);
    }

    /// @dev Makes room for an amount that is to come. Returns what the asset says the market has.
    function _expect(address account, uint256 amount) private returns (uint256) {
        _market.requireNoSunset();
        if (account == address(0)) revert IMarketErrors.ZeroAccount();
        if (amount == 0) revert IMarketErrors.ZeroAmount();
        if (amount > type(uint112).max) revert IMarketErrors.AmountTooLarge(amount);
        uint256 held = _market.held + amount * _scale;
        if (held > type(uint112).max) revert IMarketErrors.AmountTooLarge(held);
        _market.held = uint112(held);
        return _asset.balanceOf(address(this));
    }

    /// @dev Credits an amount that came, all of it and nothing more.
    function _credit(uint256 before, address from, address account, uint256 amount) private {
        uint256 received = _asset.balanceOf(address(this)) - before;
        if (received != amount) revert IMarketErrors.TransferAmountMismatch(received, amount);
        _market.credit(account, amount * _scale);
        emit IMarketEvents.Deposited(account, from, amount * _scale);
    }

    /// @dev Reverts with {PermitRefused} if the asset has no permits.
    function _permitNonce(address account) private view returns (uint256) {
        (bool answered, bytes memory answer) = address(_asset).staticcall(
            abi.encodeCall(IERC20Permit.nonces, (account))
        );
        if (!answered || answer.length != 32) revert IMarketErrors.PermitRefused(account);
        return abi.decode(answer, (uint256));
    }
}
