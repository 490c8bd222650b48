// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ISliceMarket} from "../interfaces/ISliceMarket.sol";
import {Accounts} from "./Accounts.sol";
import {Account, MarketState} from "./JobRecord.sol";

/// @title The market's internal ledger
/// @notice Every account has a free balance and a reserved part (collateral and bonds). The asset moves only on
/// deposit, withdrawal and when burned amounts are pushed out, so no token can hold up a job.
abstract contract Ledger is ISliceMarket, ReentrancyGuardTransient {
    using Accounts for MarketState;
    using SafeERC20 for IERC20;

    IERC20 private immutable _asset;
    /// @dev The market's whole state but its owner, treasury and fee; the linked parts work on it too.
    MarketState internal _market;

    constructor(IERC20 asset_) {
        if (address(asset_).code.length == 0) revert InvalidDeployment();
        _asset = asset_;
    }

    /// @inheritdoc ISliceMarket
    function deposit(uint256 amount) external nonReentrant {
        _deposit(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc ISliceMarket
    function depositFor(address account, uint256 amount) external nonReentrant {
        if (account == address(0)) revert ZeroAccount();
        _deposit(msg.sender, account, amount);
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
        _permit(msg.sender, amount, deadline, v, r, s);
        _deposit(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc ISliceMarket
    function depositWithPermitFor(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        // Where somebody used the permit already, the allowance is just its amount. Any other allowance wasn't given by
        // this permit, and nobody but its owner may use it.
        bool permitted = _permit(account, amount, deadline, v, r, s) ||
            _asset.allowance(account, address(this)) == amount;
        if (!permitted) revert PermitRefused(account);
        _deposit(account, account, amount);
    }

    /// @inheritdoc ISliceMarket
    function withdraw(uint256 amount, address to) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        if (to == address(0)) revert ZeroAccount();
        _market.debit(msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);
        _asset.safeTransfer(to, amount);
    }

    /// @inheritdoc ISliceMarket
    function pushBurned() external nonReentrant returns (uint256 amount) {
        amount = _market.accounts[Accounts.BURN].balance;
        if (amount == 0) revert ZeroAmount();
        _market.debit(Accounts.BURN, amount);
        emit BurnPushed(amount);
        _asset.safeTransfer(Accounts.BURN, amount);
    }

    /// @inheritdoc ISliceMarket
    function asset() external view returns (address) {
        return address(_asset);
    }

    /// @inheritdoc ISliceMarket
    function accountOf(address account) external view returns (uint256 balance, uint256 reserved) {
        Account memory entry = _market.accounts[account];
        return (entry.balance, entry.reserved);
    }

    /// @inheritdoc ISliceMarket
    function recordOf(address account) external view returns (uint32) {
        return _market.accounts[account].record;
    }

    /// @inheritdoc ISliceMarket
    function setOperator(address operator, bool named) external {
        if (operator == address(0)) revert ZeroAccount();
        _market.operators[msg.sender][operator] = named;
        emit OperatorSet(msg.sender, operator, named);
    }

    /// @inheritdoc ISliceMarket
    function isOperator(address account, address operator) external view returns (bool) {
        return _market.operators[account][operator];
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

    function _deposit(address from, address account, uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        uint256 before = _asset.balanceOf(address(this));
        _asset.safeTransferFrom(from, address(this), amount);
        uint256 afterwards = _asset.balanceOf(address(this));
        if (afterwards > type(uint112).max) revert AmountTooLarge(afterwards);
        uint256 received = afterwards - before;
        if (received != amount) revert TransferAmountMismatch(received, amount);
        _market.credit(account, amount);
        emit Deposited(account, from, amount);
    }
}
