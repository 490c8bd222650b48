// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketErrors} from "../interfaces/market/IMarketErrors.sol";
import {IMarketEvents} from "../interfaces/market/IMarketEvents.sol";
import {MarketState} from "./JobRecord.sol";

/// @title Nonces of what accounts sign: used in any order, once each, 256 in a word
library Nonces {
    /// @notice Whether what is signed with a nonce is refused.
    function isUsed(MarketState storage market, address account, uint256 nonce) internal view returns (bool) {
        return (market.nonces[account][nonce >> 8] >> (nonce & 0xff)) & 1 == 1;
    }

    /// @notice Uses up a nonce, which stops everything signed with it.
    function use(MarketState storage market, address account, uint256 nonce) internal {
        if (isUsed(market, account, nonce)) revert IMarketErrors.NonceAlreadyUsed(account, nonce);
        market.nonces[account][nonce >> 8] |= 1 << (nonce & 0xff);
        emit IMarketEvents.NonceUsed(account, nonce);
    }
}
