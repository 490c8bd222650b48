// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {G1Point, G2Point, VerifyingKey} from "../types/VerifyingKey.sol";
import {Bn254} from "./Bn254.sol";
import {CodeStore} from "./CodeStore.sol";

/// @title Layout of a verifying key in a code store
/// @notice srsId (32 bytes), alpha (64), beta (128), delta (128), then the points of ic (64 each). gamma is the
/// generator of the second group in every registered key and isn't kept.
/// @dev {CircuitRegistry} creates a key store for each circuit and nothing else, so the store of circuit n is the
/// n-th contract that the registry creates: whoever knows the registry finds it without a call or a storage read.
library KeyStore {
    uint256 internal constant ALPHA = 32;
    uint256 internal constant IC = 352;

    /// @notice The store of a circuit. There is code at it only if the circuit is registered.
    function storeOf(address registry, uint256 circuit) internal pure returns (address) {
        return CodeStore.addressOf(registry, circuit);
    }

    /// @notice Which phase 1 a key belongs to.
    function srsIdOf(VerifyingKey memory key) internal pure returns (bytes32) {
        return keccak256(abi.encode(key.alpha, key.beta));
    }

    /// @notice The content of a key's store.
    function encode(VerifyingKey memory key) internal pure returns (bytes memory data) {
        data = abi.encodePacked(srsIdOf(key), abi.encode(key.alpha, key.beta, key.delta));
        for (uint256 i = 0; i < key.ic.length; ++i) {
            data = abi.encodePacked(data, key.ic[i].x, key.ic[i].y);
        }
    }

    /// @notice Number of public signals of the key in a store.
    function signals(address store) internal view returns (uint256) {
        return (store.code.length - 1 - IC) / 64 - 1;
    }

    /// @notice The key in a store.
    function decode(address store) internal view returns (VerifyingKey memory key) {
        uint256 points = signals(store) + 1;
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
    }
}
