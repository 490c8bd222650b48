// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IInferenceConsumer} from "sliceproof/contracts/interfaces/IInferenceConsumer.sol";
import {ISliceMarket} from "sliceproof/contracts/interfaces/ISliceMarket.sol";
import {InferenceResult} from "sliceproof/contracts/types/InferenceResult.sol";
import {OutputOpening} from "sliceproof/contracts/types/OutputOpening.sol";
import {DigitLedger} from "sliceproof/contracts/examples/DigitLedger.sol";

/// @title A dApp's own ledger, and one that counts only what is fully proved
contract Counter is IInferenceConsumer {
    ISliceMarket public immutable market;
    uint256 public proved;

    constructor(ISliceMarket market_) {
        market = market_;
    }

    function onInferenceResult(InferenceResult calldata result, OutputOpening[] calldata) external {
        require(msg.sender == address(market), "not the market");
        if (result.fullyProved) ++proved;
    }
}

contract OwnLedger is DigitLedger {
    constructor(ISliceMarket market_, bytes32 modelId_) DigitLedger(market_, modelId_) {}
}
