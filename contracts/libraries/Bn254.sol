// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G1Point, G2Point} from "../types/VerifyingKey.sol";

// For assembly, which takes constants of a file if they are literals, and none of a library.
uint256 constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
uint256 constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;
uint256 constant R_MINUS_1 = 21888242871839275222246405745257275088548364400416034343698204186575808495616;
uint256 constant Q_MINUS_1 = 21888242871839275222246405745257275088696311157297823662689037894645226208582;

/// @title Constants and checks of the curve BN254 (alt_bn128)
/// @notice See EIP-196 and EIP-197 for the precompiles, whose encodings are used throughout.
library Bn254 {
    /// @notice q, the order of the base field: coordinates are below it.
    uint256 internal constant BASE_FIELD = Q;
    /// @notice r, the order of the groups: scalars and public signals are below it.
    uint256 internal constant SCALAR_FIELD = R;

    uint256 internal constant G2_X_IMAGINARY =
        11559732032986387107991004021392285783925812861821192530917403151452391805634;
    uint256 internal constant G2_X_REAL =
        10857046999023057135944570762232829481370756359578518086990519993285655852781;
    uint256 internal constant G2_Y_IMAGINARY =
        4082367875863433681332203403145435568316851327593401208105741076214120093531;
    uint256 internal constant G2_Y_REAL =
        8495653923123431417604973247489272438418190587263600148770280649306958101930;

    uint256 private constant PAIRING = 8;

    /// @notice The generator of the second group.
    function g2() internal pure returns (G2Point memory) {
        return G2Point({x: [G2_X_IMAGINARY, G2_X_REAL], y: [G2_Y_IMAGINARY, G2_Y_REAL]});
    }

    /// @notice Whether two points of the second group are the same pair of coordinates.
    function equals(G2Point memory a, G2Point memory b) internal pure returns (bool) {
        return a.x[0] == b.x[0] && a.x[1] == b.x[1] && a.y[0] == b.y[0] && a.y[1] == b.y[1];
    }

    /// @notice Whether two points of the second group are the same or each other's negative.
    function equalUpToSign(G2Point memory a, G2Point memory b) internal pure returns (bool) {
        return a.x[0] == b.x[0] && a.x[1] == b.x[1];
    }

    /// @notice Whether a point is the all-zero encoding of infinity.
    function isZero(G2Point memory p) internal pure returns (bool) {
        return (p.x[0] | p.x[1] | p.y[0] | p.y[1]) == 0;
    }

    /// @notice Whether a point of the first group is on the curve y² = x³ + 3, canonical and not infinity.
    /// @dev The first group's cofactor is 1: on the curve is in the group.
    function isValid(G1Point memory p) internal pure returns (bool) {
        uint256 q = BASE_FIELD;
        if (p.x >= q || p.y >= q || (p.x | p.y) == 0) return false;
        return mulmod(p.y, p.y, q) == addmod(mulmod(mulmod(p.x, p.x, q), p.x, q), 3, q);
    }

    /// @notice Whether a point of the second group is on its curve, in its subgroup, canonical and not infinity.
    /// @dev The pairing precompile refuses anything else (EIP-197), whatever it is paired with. The call must not be
    /// given all gas: a refused point burns what it got.
    function isValid(G2Point memory p) internal view returns (bool valid) {
        if (isZero(p)) return false;
        uint256[6] memory pair = [0, 0, p.x[0], p.x[1], p.y[0], p.y[1]];
        assembly ("memory-safe") {
            // Reads the six words of `pair`, writes the result to scratch space. 79,000 is the price of one pair.
            valid := staticcall(90000, PAIRING, pair, 192, 0, 32)
            valid := and(valid, eq(mload(0), 1))
        }
    }
}
