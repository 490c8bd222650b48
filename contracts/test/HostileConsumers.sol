// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IInferenceConsumer} from "../interfaces/IInferenceConsumer.sol";
import {InferenceResult} from "../types/InferenceResult.sol";
import {OutputOpening} from "../types/OutputOpening.sol";

/// @title A consumer that does as it is told: takes results, refuses, burns its gas, returns too much, calls back
contract FickleConsumer is IInferenceConsumer {
    /// @notice What it does when it is called.
    enum Mood {
        Takes,
        Refuses,
        BurnsGas,
        ReturnsBomb,
        RevertsBomb,
        CallsBack
    }

    /// @notice What it does now.
    Mood public mood;
    /// @notice How often it took a result, what the last one was, and what gas it was called with.
    uint256 public taken;
    InferenceResult public last;
    uint256 public gasSeen;
    /// @notice How many outputs came with it.
    uint256 public outputCount;
    /// @notice What its calls back ended with.
    bool public calledBack;
    bytes public answer;

    bytes private _call;

    /// @notice Thrown when it is told to refuse.
    error Refused(bytes32 jobId);

    /// @notice Sets what it does, and what it calls back with.
    function set(Mood mood_, bytes calldata call_) external {
        mood = mood_;
        _call = call_;
    }

    /// @inheritdoc IInferenceConsumer
    function onInferenceResult(InferenceResult calldata result, OutputOpening[] calldata outputs) external {
        gasSeen = gasleft();
        if (mood == Mood.Refuses) revert Refused(result.jobId);
        if (mood == Mood.BurnsGas) {
            while (true) ++taken;
        }
        if (mood == Mood.CallsBack) {
            // solhint-disable-next-line avoid-low-level-calls
            (calledBack, answer) = msg.sender.call(_call);
        }
        ++taken;
        last = result;
        outputCount = outputs.length;
        if (mood == Mood.ReturnsBomb || mood == Mood.RevertsBomb) {
            bool fails = mood == Mood.RevertsBomb;
            assembly ("memory-safe") {
                // A hundred kilobytes past the free memory pointer, which nothing else uses any more.
                let place := mload(0x40)
                if fails {
                    revert(place, 100000)
                }
                return(place, 100000)
            }
        }
    }
}

/// @title A wallet that signs by its owner's key
contract SigningWallet is IERC1271 {
    address private immutable _owner;

    /// @param owner_ Whose signatures are the wallet's.
    constructor(address owner_) {
        _owner = owner_;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(hash, signature) == _owner ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
