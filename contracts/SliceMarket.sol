// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IGroth16BatchVerifier} from "./interfaces/IGroth16BatchVerifier.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {ISliceMarket} from "./interfaces/ISliceMarket.sol";
import {Ending} from "./market/Ending.sol";
import {JobViews} from "./market/JobViews.sol";
import {Ledger} from "./market/Ledger.sol";
import {Posting} from "./market/Posting.sol";
import {Settling} from "./market/Settling.sol";

/// @title The market for proofs of slices
/// @notice See {ISliceMarket}. The parts are in contracts/market: ledger, posting, executing, bidding, settling, ending.
contract SliceMarket is Ending, Ownable2Step {
    /// @notice The highest fee that can be set, in basis points of a slice's price.
    uint256 public constant MAX_FEE_BPS = 500;

    /// @inheritdoc ISliceMarket
    address public treasury;
    /// @inheritdoc ISliceMarket
    uint16 public feeBps;

    /// @param asset_ The ERC-20 that everything is paid in.
    /// @param registry Where models are registered.
    /// @param verifier_ Who checks proofs; over the same circuit registry as the models'.
    /// @param owner_ Who may set fee and treasury.
    /// @param treasury_ Where fees are credited.
    /// @param feeBps_ The first fee.
    /// @param limits_ The bounds of offers.
    constructor(
        IERC20 asset_,
        IModelRegistry registry,
        IGroth16BatchVerifier verifier_,
        address owner_,
        address treasury_,
        uint16 feeBps_,
        Limits memory limits_
    ) Ledger(asset_) Posting(registry, limits_) Settling(verifier_) Ownable(owner_) {
        address circuits = address(registry.circuitRegistry());
        if (circuits != address(verifier_.circuitRegistry())) revert InvalidDeployment();
        _setTreasury(treasury_);
        _setFee(feeBps_);
    }

    /// @inheritdoc ISliceMarket
    function setFee(uint16 feeBps_) external onlyOwner {
        _setFee(feeBps_);
    }

    /// @inheritdoc ISliceMarket
    function setTreasury(address treasury_) external onlyOwner {
        _setTreasury(treasury_);
    }

    /// @inheritdoc ISliceMarket
    function jobOf(bytes32 jobId) external view returns (JobView memory) {
        return JobViews.jobOf(_jobOf(jobId));
    }

    /// @inheritdoc ISliceMarket
    function sliceOf(bytes32 jobId, uint256 slice) external view returns (SliceView memory) {
        return JobViews.sliceOf(_jobOf(jobId), jobId, slice);
    }

    /// @inheritdoc Posting
    function _currentFee() internal view override returns (uint16) {
        return feeBps;
    }

    /// @inheritdoc Settling
    function _treasuryAccount() internal view override returns (address) {
        return treasury;
    }

    function _setFee(uint16 feeBps_) private {
        if (feeBps_ > MAX_FEE_BPS) revert FeeTooHigh(feeBps_, MAX_FEE_BPS);
        feeBps = feeBps_;
        emit FeeSet(feeBps_);
    }

    function _setTreasury(address treasury_) private {
        if (treasury_ == address(0)) revert ZeroAccount();
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }
}
