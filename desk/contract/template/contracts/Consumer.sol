// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInferenceVerifier} from "./sliceproof/interfaces/IInferenceVerifier.sol";
import {PackedValues} from "./sliceproof/libraries/PackedValues.sol";
import {OutputOpening} from "./sliceproof/types/OutputOpening.sol";
import {SliceProof} from "./sliceproof/types/SliceProof.sol";

/// @title An example: keeps the place of the largest output of each inference that is brought
/// @notice Whoever brings it, each trace counts once. What the input was nobody says but its commitment, `trace[0]` and the
/// next: a contract that cares compares it with one that it knows.
contract {{Name}}Consumer {
    IInferenceVerifier public immutable verifier;
    uint64 private immutable _output;
    /// @dev The slices that have to be proved: all that can be. {{executedNote}}
    uint256 private constant REQUIRED = {{required}};

    /// @notice The place of the largest output, plus one, by keccak256 of the trace; zero: nothing came.
    mapping(bytes32 inference => uint256 placePlusOne) public results;

    /// @notice An inference was brought for the first time.
    event Inferred(bytes32 indexed inference, bytes32 indexed input, uint256 largest, int256 value);

    /// @notice Thrown when a slice that has to be proved isn't.
    error NotProved(uint256 proved, uint256 required);
    /// @notice Thrown when an inference is brought again.
    error KnownAlready(bytes32 inference);

    constructor(IInferenceVerifier verifier_) {
        verifier = verifier_;
        _output = verifier_.outputSpecs()[0];
    }

    /// @notice Takes an inference; the arguments are those of {IInferenceVerifier-verify}.
    /// @return largest The place of the largest value of the first output.
    function submit(
        bytes32[] calldata trace,
        SliceProof[] calldata proofs,
        OutputOpening[] calldata outputs
    ) external returns (uint256 largest) {
        bytes32 inference = keccak256(abi.encodePacked(trace));
        if (results[inference] != 0) revert KnownAlready(inference);
        (uint256 proved, ) = verifier.verify(trace, proofs, outputs);
        if (proved & REQUIRED != REQUIRED) revert NotProved(proved, REQUIRED);
        uint256[] memory words = outputs[0].words;
        int256 most = PackedValues.valueAt(_output, words, 0);
        for (uint256 i = 1; i < uint32(_output); ++i) {
            int256 value = PackedValues.valueAt(_output, words, i);
            if (value > most) (largest, most) = (i, value);
        }
        results[inference] = largest + 1;
        emit Inferred(inference, trace[0], largest, most);
    }
}
