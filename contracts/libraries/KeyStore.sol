// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G1Point, G2Point, VerifyingKey} from "../types/VerifyingKey.sol";
import {Bn254} from "./Bn254.sol";
import {CodeStore} from "./CodeStore.sol";

// Kinds of circuits, the lowest byte of a store's header. 0 is what a missing store reads as.
uint256 constant KIND_GROTH16 = 1;
uint256 constant KIND_LOOKUPS = 2;
uint256 constant KIND_EXTERNAL = 3;

/// @title Layout of a circuit in a code store
/// @notice A header word (bits 0..7 kind, 8..15 number of public signals) and the key digest (32 bytes). Then, of a
/// Groth16 key: srsId (32), alpha (64), beta (128), delta (128), the points of ic (64 each), and with committed lookups
/// sigma (128); gamma is the generator of the second group in every registered key and isn't kept. Of an external
/// verifier: its address (bits 0..159) with its gas limit (160..191), and the hash of its code.
/// @dev {CircuitRegistry} creates a store for each circuit and nothing else, so the store of circuit n is the n-th
/// contract that the registry creates: whoever knows the registry finds it without a call or a storage read.
library KeyStore {
    uint256 private constant DIGEST = 32;
    uint256 private constant SRS = 64;
    uint256 private constant ALPHA = 96;
    uint256 private constant IC = 416;
    uint256 private constant VERIFIER = 64;
    uint256 private constant CODE_HASH = 96;

    /// @notice What the registry knows of an external verifier.
    struct External {
        address verifier;
        uint32 gasLimit;
        bytes32 codeHash;
    }

    /// @notice The store of a circuit. There is code at it only if the circuit is registered.
    function storeOf(address registry, uint256 circuit) internal pure returns (address) {
        return CodeStore.addressOf(registry, circuit);
    }

    /// @notice Which phase 1 a key belongs to.
    function srsIdOf(VerifyingKey memory key) internal pure returns (bytes32) {
        return keccak256(abi.encode(key.alpha, key.beta));
    }

    /// @notice Number of public signals of a key: the challenge X has a point in ic, but isn't counted.
    function signalsOf(VerifyingKey memory key) internal pure returns (uint256) {
        return key.ic.length - (Bn254.isZero(key.sigma) ? 1 : 2);
    }

    /// @notice The content of a Groth16 key's store.
    function encode(VerifyingKey memory key, bytes32 keyDigest) internal pure returns (bytes memory data) {
        bool lookups = !Bn254.isZero(key.sigma);
        data = abi.encodePacked(
            (lookups ? KIND_LOOKUPS : KIND_GROTH16) | (signalsOf(key) << 8),
            keyDigest,
            srsIdOf(key),
            abi.encode(key.alpha, key.beta, key.delta)
        );
        for (uint256 i = 0; i < key.ic.length; ++i) {
            data = abi.encodePacked(data, key.ic[i].x, key.ic[i].y);
        }
        if (lookups) data = abi.encodePacked(data, abi.encode(key.sigma));
    }

    /// @notice The content of an external verifier's store.
    function encodeExternal(
        External memory circuit,
        uint256 signals,
        bytes32 keyDigest
    ) internal pure returns (bytes memory) {
        return
            abi.encode(
                KIND_EXTERNAL | (signals << 8),
                keyDigest,
                uint256(uint160(circuit.verifier)) | (uint256(circuit.gasLimit) << 160),
                circuit.codeHash
            );
    }

    /// @notice Kind and number of public signals of the circuit in a store; zeros if there is no store.
    function headerOf(address store) internal view returns (uint256 kind, uint256 signals) {
        uint256 word = CodeStore.wordAt(store, 0);
        return (word & 0xff, (word >> 8) & 0xff);
    }

    /// @notice The digest of the key in a store.
    function digestOf(address store) internal view returns (bytes32) {
        return bytes32(CodeStore.wordAt(store, DIGEST));
    }

    /// @notice Which phase 1 the Groth16 key in a store belongs to.
    function srsOf(address store) internal view returns (bytes32) {
        return bytes32(CodeStore.wordAt(store, SRS));
    }

    /// @notice The external verifier in a store.
    function externalOf(address store) internal view returns (External memory) {
        uint256 word = CodeStore.wordAt(store, VERIFIER);
        return
            External({
                verifier: address(uint160(word)),
                gasLimit: uint32(word >> 160),
                codeHash: bytes32(CodeStore.wordAt(store, CODE_HASH))
            });
    }

    /// @notice The Groth16 key in a store.
    function decode(address store) internal view returns (VerifyingKey memory key) {
        (uint256 kind, uint256 signals) = headerOf(store);
        uint256 points = signals + (kind == KIND_LOOKUPS ? 2 : 1);
        (key.alpha, key.beta, key.delta) = abi.decode(
            CodeStore.read(store, ALPHA, IC - ALPHA),
            (G1Point, G2Point, G2Point)
        );
        key.gamma = Bn254.g2();
        key.ic = new G1Point[](points);
        for (uint256 i = 0; i < points; ++i) {
            key.ic[i].x = CodeStore.wordAt(store, IC + 64 * i);
            key.ic[i].y = CodeStore.wordAt(store, IC + 64 * i + 32);
        }
        if (kind == KIND_LOOKUPS) {
            key.sigma = abi.decode(CodeStore.read(store, IC + 64 * points, 128), (G2Point));
        }
    }
}
