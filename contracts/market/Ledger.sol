// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IMarketCore} from "../interfaces/market/IMarketCore.sol";
import {Asset, Deposits, Permit} from "./Deposits.sol";
import {Operator} from "./JobRecord.sol";
import {MarketStorage} from "./MarketStorage.sol";

/// @title The market's internal ledger
/// @notice Every account has a free balance and a reserved part (collateral and bonds). The asset moves only on
/// deposit, withdrawal and when burned amounts are pushed out, so no token can hold up a job.
abstract contract Ledger is MarketStorage, IMarketCore, ReentrancyGuardTransient {
    IERC20 private immutable _asset;
    uint256 private immutable _scale;

    constructor(IERC20 asset_) {
        if (address(asset_).code.length == 0) revert InvalidDeployment();
        uint8 decimals = IERC20Metadata(address(asset_)).decimals();
        if (decimals > 18) revert InvalidDeployment();
        _asset = asset_;
        _scale = 10 ** (18 - decimals);
    }

    /// @notice Coins come in by {depositCoins} and with a post; by themselves only from the asset, which unwraps them.
    receive() external payable {
        if (msg.sender != address(_asset)) revert CoinsNotTaken();
    }

    /// @inheritdoc IMarketCore
    function deposit(uint256 amount) external nonReentrant {
        Deposits.take(_market, _assetOf(), msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IMarketCore
    function depositFor(address account, uint256 amount) external nonReentrant {
        Deposits.take(_market, _assetOf(), msg.sender, account, amount);
    }

    /// @inheritdoc IMarketCore
    function depositWithPermit(
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        Deposits.takeOwn(_market, _assetOf(), amount, Permit(deadline, v, r, s));
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
        Deposits.takeOthers(_market, _assetOf(), account, amount, Permit(deadline, v, r, s));
    }

    /// @inheritdoc IMarketCore
    function depositWithPermit2(
        uint256 amount,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external nonReentrant {
        Deposits.takeSigned(_market, _assetOf(), amount, nonce, deadline, signature);
    }

    /// @inheritdoc IMarketCore
    function depositCoins() external payable {
        _depositCoins();
    }

    /// @inheritdoc IMarketCore
    function withdraw(uint256 amount, address to) external nonReentrant returns (uint256 sent) {
        sent = Deposits.give(_market, _assetOf(), amount, to);
    }

    /// @inheritdoc IMarketCore
    function withdrawCoins(uint256 amount, address to) external nonReentrant returns (uint256 sent) {
        sent = Deposits.giveCoins(_market, _assetOf(), amount, to);
    }

    /// @inheritdoc IMarketCore
    function pushBurned() external nonReentrant returns (uint256 amount) {
        amount = Deposits.pushBurned(_market, _assetOf());
    }

    /// @inheritdoc IMarketCore
    function asset() external view returns (address) {
        return address(_asset);
    }

    /// @inheritdoc IMarketCore
    function setOperator(address operator, uint112 maxReserved, uint112 maxDaily) external {
        if (operator == address(0)) revert ZeroAccount();
        Operator storage entry = _market.operators[msg.sender][operator];
        entry.maxReserved = maxReserved;
        entry.maxDaily = maxDaily;
        emit OperatorSet(msg.sender, operator, maxReserved, maxDaily);
    }

    /// @dev Announces the last second of deposits and posts.
    function _announceSunset(uint256 end) internal {
        if (_market.sunsetAt != 0) revert SunsetAnnouncedBefore(_market.sunsetAt);
        _market.sunsetAt = uint40(end);
        emit SunsetAnnounced(uint40(end));
    }

    /// @dev Wraps the coins that came with this call.
    function _depositCoins() internal nonReentrant {
        Deposits.takeCoins(_market, _assetOf(), msg.value);
    }

    function _assetOf() private view returns (Asset memory) {
        return Asset({token: _asset, scale: _scale});
    }
}
