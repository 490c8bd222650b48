// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

/// @notice An affine point of BN254's first group. (0, 0) is the point at infinity.
struct G1Point {
    uint256 x;
    uint256 y;
}

/// @notice An affine point of BN254's second group, each coordinate in the order of EIP-197: imaginary part first.
struct G2Point {
    uint256[2] x;
    uint256[2] y;
}

/// @notice A Groth16 verifying key. `ic` has one point more than the circuit has public signals.
/// @dev `sigma` belongs to circuits with committed lookups, whose `ic` has one point more still, for the challenge X;
/// it is all zero for every other circuit.
struct VerifyingKey {
    G1Point alpha;
    G2Point beta;
    G2Point gamma;
    G2Point delta;
    G2Point sigma;
    G1Point[] ic;
}
