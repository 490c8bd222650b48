// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceVerifier} from "../interfaces/ISliceVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {G1Point, G2Point, VerifyingKey} from "../types/VerifyingKey.sol";

/// @title A verifier of single Groth16 proofs, as snarkjs exports them, in place of a foreign proof system
/// @notice A proof is the ABI encoding of A, B and C.
contract SingleGroth16Verifier is ISliceVerifier {
    VerifyingKey private _key;

    /// @param key The verifying key of the one circuit.
    constructor(VerifyingKey memory key) {
        _key = key;
    }

    /// @inheritdoc ISliceVerifier
    function verify(bytes calldata proof, uint256[] calldata signals) external view returns (bool) {
        (G1Point memory a, G2Point memory b, G1Point memory c) = abi.decode(proof, (G1Point, G2Point, G1Point));
        VerifyingKey memory key = _key;
        G1Point memory ic = key.ic[0];
        for (uint256 i = 0; i < signals.length; ++i) ic = _add(ic, _mul(key.ic[i + 1], signals[i]));
        bytes memory input = abi.encode(
            G1Point(a.x, Bn254.BASE_FIELD - a.y),
            b,
            key.alpha,
            key.beta,
            ic,
            key.gamma,
            c,
            key.delta
        );
        (bool ok, bytes memory answer) = address(8).staticcall(input);
        return ok && abi.decode(answer, (uint256)) == 1;
    }

    function _mul(G1Point memory p, uint256 scalar) private view returns (G1Point memory) {
        (, bytes memory answer) = address(7).staticcall(abi.encode(p, scalar));
        return abi.decode(answer, (G1Point));
    }

    function _add(G1Point memory p, G1Point memory q) private view returns (G1Point memory) {
        (, bytes memory answer) = address(6).staticcall(abi.encode(p, q));
        return abi.decode(answer, (G1Point));
    }
}
