// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {IMarketCore} from "./market/IMarketCore.sol";
import {IMarketLedger} from "./market/IMarketLedger.sol";
import {IMarketViews} from "./market/IMarketViews.sol";

/// @title The market for proofs of slices
/// @notice All that a market's address answers to: jobs and proofs, in {IMarketCore}, with its events and errors; the
/// ledger, in {IMarketLedger}; and what it tells of its jobs, in {IMarketViews}.
// solhint-disable-next-line no-empty-blocks
interface ISliceMarket is IMarketCore, IMarketLedger, IMarketViews {}
