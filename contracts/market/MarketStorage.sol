// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketState} from "./JobRecord.sol";

/// @title Where a market's state is: in the first slots of whoever inherits this first
abstract contract MarketStorage {
    /// @dev The market's whole state but its owner, treasury and fee; the parts that are deployed by themselves work on it too.
    MarketState internal _market;
}
