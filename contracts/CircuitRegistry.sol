// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICircuitRegistry} from "./interfaces/ICircuitRegistry.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {CodeStore} from "./libraries/CodeStore.sol";
import {KeyStore} from "./libraries/KeyStore.sol";
import {VerifyingKey} from "./types/VerifyingKey.sol";

/// @title Verifying keys of circuits, open to all
/// @notice See {ICircuitRegistry}.
contract CircuitRegistry is ICircuitRegistry {
    /// @notice The most public signals that a circuit may have: eleven tensors of a slice, and the tag.
    uint256 public constant MAX_SIGNALS = 12;

    struct Record {
        bytes32 keyDigest;
        bytes32 setupDigest;
        address registrant;
    }

    /// @inheritdoc ICircuitRegistry
    uint256 public circuitCount;
    mapping(uint256 circuit => Record record) private _records;
    mapping(bytes32 keyDigest => mapping(bytes32 setupDigest => uint256 circuit)) private _numbers;

    /// @inheritdoc ICircuitRegistry
    function registerCircuit(
        VerifyingKey calldata key,
        bytes32 setupDigest
    ) external returns (uint256 circuit) {
        bytes32 keyDigest = keccak256(abi.encode(key));
        circuit = _numbers[keyDigest][setupDigest];
        if (circuit != 0) return circuit;

        _checkKey(key);
        circuit = ++circuitCount;
        _numbers[keyDigest][setupDigest] = circuit;
        _records[circuit] = Record({keyDigest: keyDigest, setupDigest: setupDigest, registrant: msg.sender});
        address store = CodeStore.write(KeyStore.encode(key));
        // The verifier finds stores by their number alone.
        assert(store == KeyStore.storeOf(address(this), circuit));
        emit CircuitRegistered(
            circuit,
            keyDigest,
            KeyStore.srsIdOf(key),
            setupDigest,
            uint16(key.ic.length - 1),
            store,
            msg.sender
        );
    }

    /// @inheritdoc ICircuitRegistry
    function circuitInfo(uint256 circuit) external view returns (CircuitInfo memory) {
        address store = _storeOf(circuit);
        Record storage record = _records[circuit];
        return
            CircuitInfo({
                keyStore: store,
                keyDigest: record.keyDigest,
                srsId: bytes32(CodeStore.wordAt(store, 0)),
                signals: uint16(KeyStore.signals(store)),
                setupDigest: record.setupDigest,
                registrant: record.registrant
            });
    }

    /// @inheritdoc ICircuitRegistry
    function verifyingKey(uint256 circuit) external view returns (VerifyingKey memory) {
        return KeyStore.decode(_storeOf(circuit));
    }

    /// @inheritdoc ICircuitRegistry
    function circuitOf(bytes32 keyDigest, bytes32 setupDigest) external view returns (uint256 circuit) {
        return _numbers[keyDigest][setupDigest];
    }

    function _storeOf(uint256 circuit) private view returns (address) {
        if (circuit == 0 || circuit > circuitCount) revert UnknownCircuit(circuit);
        return KeyStore.storeOf(address(this), circuit);
    }

    /// @dev A key that passes can still prove false statements to whoever knows its trapdoor; what is refused here are
    /// keys that prove them to everybody, and points on which the precompiles would fail every settlement.
    function _checkKey(VerifyingKey memory key) private view {
        uint256 points = key.ic.length;
        if (points < 2 || points > MAX_SIGNALS + 1) {
            revert SignalCountOutOfRange(points == 0 ? 0 : points - 1, MAX_SIGNALS);
        }
        if (!Bn254.equals(key.gamma, Bn254.g2())) revert GammaNotGenerator();
        if (Bn254.equals(key.delta, Bn254.g2())) revert DeltaIsGenerator();
        if (!Bn254.isZero(key.sigma)) revert SigmaNotSupported();
        if (!Bn254.isValid(key.alpha)) revert InvalidG1Point(0);
        for (uint256 i = 0; i < points; ++i) {
            if (!Bn254.isValid(key.ic[i])) revert InvalidG1Point(i + 1);
        }
        if (!Bn254.isValid(key.beta)) revert InvalidG2Point(0);
        if (!Bn254.isValid(key.delta)) revert InvalidG2Point(1);
    }
}
