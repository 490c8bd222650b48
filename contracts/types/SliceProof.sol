// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {G1Point, G2Point} from "./VerifyingKey.sol";

/// @notice A slice and the points of its Groth16 proof.
/// @param slice Its number in the model.
/// @param d Commitment of the committed wires, for a circuit with lookups; all zero for another.
/// @param k Proof that whoever made `d` knows what is in it; all zero without `d`.
struct SliceProof {
    uint256 slice;
    G1Point a;
    G2Point b;
    G1Point c;
    G1Point d;
    G1Point k;
}
