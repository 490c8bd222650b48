// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICircuitRegistry} from "../interfaces/ICircuitRegistry.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {G1Point, G2Point, VerifyingKey} from "../types/VerifyingKey.sol";

/// @title Batch verification with a safeguard left out, for tests that show what the safeguard is for
/// @notice Warning: unsound on purpose. Written for reading, not for gas.
contract UnsafeBatchVerifier {
    uint256 private constant R = Bn254.SCALAR_FIELD;

    /// @notice The points A and B of a proof.
    struct ProofPoints {
        G1Point a;
        G2Point b;
    }

    /// @notice One proof and its statement.
    struct Item {
        uint256 circuit;
        uint256[] signals;
        ProofPoints points;
    }

    struct Sums {
        bytes input;
        G1Point ic;
        uint256 scalars;
    }

    ICircuitRegistry private immutable _registry;

    /// @param registry Whose circuits are verified.
    constructor(ICircuitRegistry registry) {
        _registry = registry;
    }

    /// @notice The coefficients, drawn as the real verifier draws them: from everything but C*.
    function coefficients(Item[] calldata items) public view returns (uint256[] memory r) {
        bytes32 seed = keccak256(abi.encode(block.chainid, msg.sender, items));
        r = new uint256[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            r[i] = i == 0 ? 1 : uint128(uint256(keccak256(abi.encode(seed, i))));
        }
    }

    /// @notice The real check without ρ: keys of one phase 1 share one equation.
    function verifyWithoutRho(
        Item[] calldata items,
        uint256[] calldata circuits,
        G1Point[] calldata c
    ) external view returns (bool) {
        return _check(items, coefficients(items), circuits, c, false, false);
    }

    /// @notice The check with ρ, which stops {verifyWithoutRho}'s attack on keys that were there before. ρ doesn't depend
    /// on what is in the keys, so a key can be registered to fit it.
    function verifyWithRho(
        Item[] calldata items,
        uint256[] calldata circuits,
        G1Point[] calldata c
    ) external view returns (bool) {
        return _check(items, coefficients(items), circuits, c, true, false);
    }

    /// @notice The coefficients of {verifyScaledBySubmitter}: A isn't in the seed, since it is chosen afterwards.
    function coefficientsWithoutA(Item[] calldata items) public view returns (uint256[] memory r) {
        bytes32 seed = keccak256(abi.encode(block.chainid, msg.sender));
        for (uint256 i = 0; i < items.length; ++i) {
            seed = keccak256(abi.encode(seed, items[i].circuit, items[i].signals, items[i].points.b));
        }
        r = new uint256[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            r[i] = i == 0 ? 1 : uint128(uint256(keccak256(abi.encode(seed, i))));
        }
    }

    /// @notice Takes each A already multiplied by its coefficient, to save the multiplications.
    function verifyScaledBySubmitter(
        Item[] calldata items,
        uint256[] calldata circuits,
        G1Point[] calldata c
    ) external view returns (bool) {
        return _check(items, coefficientsWithoutA(items), circuits, c, false, true);
    }

    /// @notice One proof of a circuit with committed lookups, its commitment D taken without proof that it commits to the
    /// committed wires and nothing else.
    function verifyWithoutKnowledge(
        Item calldata item,
        G1Point calldata c,
        G1Point calldata d
    ) external view returns (bool) {
        VerifyingKey memory key = _registry.verifyingKey(item.circuit);
        bytes32 digest = _registry.circuitInfo(item.circuit).keyDigest;
        uint256 x = uint256(keccak256(abi.encodePacked(digest, item.signals, d.x, d.y))) % R;
        G1Point memory ic = _add(_add(key.ic[0], d), _mul(key.ic[item.signals.length + 1], x));
        for (uint256 j = 0; j < item.signals.length; ++j) {
            ic = _add(ic, _mul(key.ic[j + 1], item.signals[j]));
        }
        bytes memory input = _pair("", _mul(item.points.a, R - 1), item.points.b);
        input = _pair(_pair(_pair(input, key.alpha, key.beta), c, key.delta), ic, Bn254.g2());
        (bool ok, bytes memory answer) = address(8).staticcall(input);
        return ok && abi.decode(answer, (uint256)) == 1;
    }

    function _check(
        Item[] memory items,
        uint256[] memory r,
        uint256[] memory circuits,
        G1Point[] memory c,
        bool useRho,
        bool scaled
    ) private view returns (bool) {
        Sums memory sums;
        for (uint256 v = 0; v < circuits.length; ++v) {
            VerifyingKey memory key = _registry.verifyingKey(circuits[v]);
            uint256 rho = useRho && v != 0 ? uint128(uint256(keccak256(abi.encode(c, v)))) : 1;
            sums.scalars = 0;
            for (uint256 i = 0; i < items.length; ++i) {
                if (items[i].circuit == circuits[v]) _addItem(sums, items[i], key, mulmod(r[i], rho, R), scaled);
            }
            sums.input = _pair(sums.input, _mul(key.alpha, sums.scalars), key.beta);
            sums.input = _pair(sums.input, _mul(c[v], rho), key.delta);
        }
        (bool ok, bytes memory answer) = address(8).staticcall(_pair(sums.input, sums.ic, Bn254.g2()));
        return ok && abi.decode(answer, (uint256)) == 1;
    }

    function _addItem(
        Sums memory sums,
        Item memory item,
        VerifyingKey memory key,
        uint256 s,
        bool scaled
    ) private view {
        sums.scalars = addmod(sums.scalars, s, R);
        sums.ic = _add(sums.ic, _mul(key.ic[0], s));
        for (uint256 j = 0; j < item.signals.length; ++j) {
            sums.ic = _add(sums.ic, _mul(key.ic[j + 1], mulmod(s, item.signals[j], R)));
        }
        sums.input = _pair(sums.input, _mul(item.points.a, scaled ? R - 1 : R - s), item.points.b);
    }

    function _pair(
        bytes memory input,
        G1Point memory p,
        G2Point memory q
    ) private pure returns (bytes memory) {
        return abi.encodePacked(input, p.x, p.y, q.x, q.y);
    }

    function _mul(G1Point memory p, uint256 scalar) private view returns (G1Point memory) {
        (bool ok, bytes memory answer) = address(7).staticcall(abi.encode(p, scalar));
        assert(ok);
        return abi.decode(answer, (G1Point));
    }

    function _add(G1Point memory p, G1Point memory q) private view returns (G1Point memory) {
        (bool ok, bytes memory answer) = address(6).staticcall(abi.encode(p, q));
        assert(ok);
        return abi.decode(answer, (G1Point));
    }
}
