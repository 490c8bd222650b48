// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ISliceMarket} from "sliceproof/contracts/interfaces/ISliceMarket.sol";
import {InferenceConsumer} from "sliceproof/contracts/periphery/InferenceConsumer.sol";
import {InferenceResult} from "sliceproof/contracts/types/InferenceResult.sol";
import {OutputOpening} from "sliceproof/contracts/types/OutputOpening.sol";
import {DigitLedger} from "sliceproof/contracts/examples/DigitLedger.sol";

/// @title A dApp's own contract, which counts the results that it can rely on
contract Counter is InferenceConsumer {
    uint256 public proved;

    constructor(ISliceMarket market_, bytes32 modelId_) InferenceConsumer(market_, modelId_) {}

    function _use(InferenceResult memory, OutputOpening[] calldata) internal override {
        ++proved;
    }
}

contract OwnLedger is DigitLedger {
    constructor(ISliceMarket market_, bytes32 modelId_) DigitLedger(market_, modelId_) {}
}
