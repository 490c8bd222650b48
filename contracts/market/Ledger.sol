// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IMarketCore} from "../interfaces/market/IMarketCore.sol";
import {Accounts} from "./Accounts.sol";
import {Account, MarketState, Operator} from "./JobRecord.sol";
import {MarketStorage} from "./MarketStorage.sol";

/// @title The market's internal ledger
/// @notice Every account has a free balance and a reserved part (collateral and bonds). The asset moves only on
/// deposit, withdrawal and when burned amounts are pushed out, so no token can hold up a job.
abstract contract Ledger is MarketStorage, IMarketCore, ReentrancyGuardTransient {
    using Accounts for MarketState;
    using SafeERC20 for IERC20;

    IERC20 private immutable _asset;
    /// @dev What all entries, escrows and raises are together: what was deposited and not withdrawn. What the asset says the
    /// market has may be more, since anybody may send it some.
    uint112 private _held;
    /// @inheritdoc IMarketCore
    uint40 public sunsetAt;

    constructor(IERC20 asset_) {
        if (address(asset_).code.length == 0) revert InvalidDeployment();
        _asset = asset_;
    }

    /// @inheritdoc IMarketCore
    function deposit(uint256 amount) external nonReentrant {
        _deposit(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IMarketCore
    function depositFor(address account, uint256 amount) external nonReentrant {
        if (account == address(0)) revert ZeroAccount();
        _deposit(msg.sender, account, amount);
    }

    /// @inheritdoc IMarketCore
    function depositWithPermit(
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // Somebody may have used the permit already, which left the allowance it gives: the transfer decides.
        _permit(msg.sender, amount, deadline, v, r, s);
        _deposit(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IMarketCore
    function depositWithPermitFor(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // An allowance is no consent to this deposit, and a token that answers anything (WETH9's fallback does) took no
        // permit: only a nonce that moved says that the account signed.
        uint256 nonce = _permitNonce(account);
        bool permitted = _permit(account, amount, deadline, v, r, s) && _permitNonce(account) == nonce + 1;
        if (!permitted) revert PermitRefused(account);
        _deposit(account, account, amount);
    }

    /// @inheritdoc IMarketCore
    function withdraw(uint256 amount, address to) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        if (to == address(0)) revert ZeroAccount();
        _market.debit(msg.sender, amount);
        _held -= uint112(amount);
        emit Withdrawn(msg.sender, to, amount);
        _asset.safeTransfer(to, amount);
    }

    /// @inheritdoc IMarketCore
    function pushBurned() external nonReentrant returns (uint256 amount) {
        amount = _market.accounts[Accounts.BURN].balance;
        if (amount == 0) revert ZeroAmount();
        _market.debit(Accounts.BURN, amount);
        _held -= uint112(amount);
        emit BurnPushed(amount);
        _asset.safeTransfer(Accounts.BURN, amount);
    }

    /// @inheritdoc IMarketCore
    function asset() external view returns (address) {
        return address(_asset);
    }

    /// @inheritdoc IMarketCore
    function accountOf(address account) external view returns (uint256 balance, uint256 reserved) {
        Account memory entry = _market.accounts[account];
        return (entry.balance, entry.reserved);
    }

    /// @inheritdoc IMarketCore
    function recordOf(address account) external view returns (uint32) {
        return _market.accounts[account].record;
    }

    /// @inheritdoc IMarketCore
    function setOperator(address operator, uint112 maxReserved, uint112 maxDaily) external {
        if (operator == address(0)) revert ZeroAccount();
        Operator storage entry = _market.operators[msg.sender][operator];
        entry.maxReserved = maxReserved;
        entry.maxDaily = maxDaily;
        emit OperatorSet(msg.sender, operator, maxReserved, maxDaily);
    }

    /// @inheritdoc IMarketCore
    function operatorOf(address account, address operator) external view returns (OperatorView memory out) {
        Operator memory entry = _market.operators[account][operator];
        out.maxReserved = entry.maxReserved;
        out.maxDaily = entry.maxDaily;
        if (entry.day == Accounts.today()) out.stakedToday = entry.staked;
    }

    /// @dev Announces the last second of deposits and posts.
    function _announceSunset(uint256 end) internal {
        if (sunsetAt != 0) revert SunsetAnnouncedBefore(sunsetAt);
        sunsetAt = uint40(end);
        emit SunsetAnnounced(uint40(end));
    }

    /// @dev Refuses what would bring something new into a market that is closing.
    function _requireNoSunset() internal view {
        uint256 end = sunsetAt;
        if (end != 0 && block.timestamp > end) revert MarketClosing(end);
    }

    function _permit(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) private returns (bool) {
        try IERC20Permit(address(_asset)).permit(account, address(this), amount, deadline, v, r, s) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Reverts with {PermitRefused} if the asset has no permits.
    function _permitNonce(address account) private view returns (uint256) {
        (bool answered, bytes memory answer) = address(_asset).staticcall(
            abi.encodeCall(IERC20Permit.nonces, (account))
        );
        if (!answered || answer.length != 32) revert PermitRefused(account);
        return abi.decode(answer, (uint256));
    }

    function _deposit(address from, address account, uint256 amount) private {
        _requireNoSunset();
        if (amount == 0) revert ZeroAmount();
        uint256 held = _held + amount;
        if (held > type(uint112).max) revert AmountTooLarge(held);
        _held = uint112(held);
        uint256 before = _asset.balanceOf(address(this));
        _asset.safeTransferFrom(from, address(this), amount);
        uint256 received = _asset.balanceOf(address(this)) - before;
        if (received != amount) revert TransferAmountMismatch(received, amount);
        _market.credit(account, amount);
        emit Deposited(account, from, amount);
    }
}
