// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {ISliceVerifier} from "../interfaces/ISliceVerifier.sol";

/// @title A verifier as `snarkjs zkey export solidityverifier` writes it for a PLONK key with three public signals
interface IPlonkVerifier {
    /// @notice Whether a proof of 24 words holds for the public signals.
    function verifyProof(uint256[24] calldata proof, uint256[3] calldata signals) external view returns (bool);
}

/// @title An external verifier: slices with one input and one output, proved with PLONK
/// @notice What it takes to sell slices of another proof system: a contract that has the market's interface and asks that
/// system's own verifier. The tag is one of the signals that the proof is about, so nobody can claim another's proof.
contract PlonkSliceVerifier is ISliceVerifier {
    IPlonkVerifier public immutable plonk;

    /// @param plonk_ The circuit's own verifier.
    constructor(IPlonkVerifier plonk_) {
        plonk = plonk_;
    }

    /// @inheritdoc ISliceVerifier
    /// @param proof 24 words, as `snarkjs plonk prove` gives them.
    /// @param signals Commitment of the input, of the output, and the tag.
    function verify(bytes calldata proof, uint256[] calldata signals) external view returns (bool) {
        if (proof.length != 32 * 24 || signals.length != 3) return false;
        uint256[24] memory words = abi.decode(proof, (uint256[24]));
        return plonk.verifyProof(words, [signals[0], signals[1], signals[2]]);
    }
}
