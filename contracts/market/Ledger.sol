// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";

/// @title The market's internal ledger
/// @notice Every account has a free balance and a reserved part (collateral and bonds). The asset moves only on
/// deposit, withdrawal and when burned amounts are pushed out, so no token can hold up a job.
abstract contract Ledger is ISliceMarket, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Whose ledger entry holds what was burned, and where it goes.
    address public constant BURN_ACCOUNT = 0x000000000000000000000000000000000000dEaD;

    struct Account {
        uint128 balance;
        uint128 reserved;
    }

    IERC20 internal immutable _asset;
    mapping(address account => Account entry) private _accounts;

    constructor(IERC20 asset_) {
        if (address(asset_).code.length == 0) revert InvalidDeployment();
        _asset = asset_;
    }

    /// @inheritdoc ISliceMarket
    function deposit(uint256 amount) external nonReentrant {
        _deposit(msg.sender, amount);
    }

    /// @inheritdoc ISliceMarket
    function depositFor(address account, uint256 amount) external nonReentrant {
        if (account == address(0)) revert ZeroAccount();
        _deposit(account, amount);
    }

    /// @inheritdoc ISliceMarket
    function depositWithPermit(
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // Somebody may have used the permit already, which left the allowance it gives: the transfer decides.
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(address(_asset)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _deposit(msg.sender, amount);
    }

    /// @inheritdoc ISliceMarket
    function withdraw(uint256 amount, address to) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        if (to == address(0)) revert ZeroAccount();
        _debit(msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);
        _asset.safeTransfer(to, amount);
    }

    /// @inheritdoc ISliceMarket
    function pushBurned() external nonReentrant returns (uint256 amount) {
        amount = _accounts[BURN_ACCOUNT].balance;
        if (amount == 0) revert ZeroAmount();
        _accounts[BURN_ACCOUNT].balance = 0;
        emit BurnPushed(amount);
        _asset.safeTransfer(BURN_ACCOUNT, amount);
    }

    /// @inheritdoc ISliceMarket
    function asset() external view returns (address) {
        return address(_asset);
    }

    /// @inheritdoc ISliceMarket
    function accountOf(address account) external view returns (uint256 balance, uint256 reserved) {
        Account memory entry = _accounts[account];
        return (entry.balance, entry.reserved);
    }

    /// @dev Adds to an account's free balance. The sum of all entries is at most what the market holds of the asset,
    /// which fits 128 bits, so no addition here can overflow.
    function _credit(address account, uint256 amount) internal {
        if (amount != 0) _accounts[account].balance += uint128(amount);
    }

    /// @dev Takes from an account's free balance.
    function _debit(address account, uint256 amount) internal {
        Account storage entry = _accounts[account];
        uint256 balance = entry.balance;
        if (balance < amount) revert InsufficientBalance(account, balance, amount);
        entry.balance = uint128(balance - amount);
    }

    /// @dev Moves a part of an account's free balance to its reserved part.
    function _reserve(address account, uint256 amount) internal {
        Account memory entry = _accounts[account];
        if (entry.balance < amount) revert InsufficientBalance(account, entry.balance, amount);
        _accounts[account] = Account({
            balance: entry.balance - uint128(amount),
            reserved: entry.reserved + uint128(amount)
        });
    }

    /// @dev Moves `amount` of an account's reserved part back to its free balance and adds `gain` to that.
    function _release(address account, uint256 amount, uint256 gain) internal {
        Account memory entry = _accounts[account];
        _accounts[account] = Account({
            balance: entry.balance + uint128(amount + gain),
            reserved: entry.reserved - uint128(amount)
        });
    }

    /// @dev Takes from an account's reserved part; the caller credits it elsewhere.
    function _seize(address account, uint256 amount) internal {
        _accounts[account].reserved -= uint128(amount);
    }

    function _deposit(address account, uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        uint256 before = _asset.balanceOf(address(this));
        _asset.safeTransferFrom(msg.sender, address(this), amount);
        uint256 afterwards = _asset.balanceOf(address(this));
        if (afterwards > type(uint128).max) revert AmountTooLarge(afterwards);
        uint256 received = afterwards - before;
        if (received != amount) revert TransferAmountMismatch(received, amount);
        _credit(account, amount);
        emit Deposited(account, msg.sender, amount);
    }
}
