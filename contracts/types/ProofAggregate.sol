// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G1Point, G2Point} from "./VerifyingKey.sol";

/// @notice The two points of a Groth16 proof that are brought for each proof by itself.
struct ProofPoints {
    G1Point a;
    G2Point b;
}

/// @notice What the submitter adds up for a whole batch.
/// @dev `circuits` lists every circuit of the batch exactly once, in ascending order; `c[v]` is
/// Σ r_i·C_i over the proofs i of `circuits[v]`, with the r_i of {IGroth16BatchVerifier-challenges}.
struct Aggregate {
    uint256[] circuits;
    G1Point[] c;
}
