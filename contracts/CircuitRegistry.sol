// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICircuitRegistry} from "./interfaces/ICircuitRegistry.sol";
import {ISliceVerifier} from "./interfaces/ISliceVerifier.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {CodeStore} from "./libraries/CodeStore.sol";
import {KIND_EXTERNAL, KeyStore} from "./libraries/KeyStore.sol";
import {VerifyingKey} from "./types/VerifyingKey.sol";

/// @title Circuits: verifying keys and external verifiers, open to all
/// @notice See {ICircuitRegistry}.
contract CircuitRegistry is ICircuitRegistry {
    /// @notice The most public signals that a circuit may have: eleven tensors of a slice, and the tag.
    uint256 public constant MAX_SIGNALS = 12;
    /// @notice The most gas that an external verifier may ask for: a settlement pays it once a proof, even for nothing.
    uint256 public constant MAX_EXTERNAL_GAS = 3_000_000;

    // An account that delegates to code elsewhere (EIP-7702) can change it at any time.
    bytes3 private constant DELEGATION = 0xef0100;

    struct Record {
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
        address store;
        (circuit, store) = _keep(keyDigest, setupDigest, KeyStore.encode(key, keyDigest));
        emit CircuitRegistered(
            circuit,
            keyDigest,
            KeyStore.srsIdOf(key),
            setupDigest,
            uint16(KeyStore.signalsOf(key)),
            store,
            msg.sender
        );
    }

    /// @inheritdoc ICircuitRegistry
    function registerExternal(
        ISliceVerifier verifier,
        uint16 signals,
        uint32 gasLimit,
        bytes32 setupDigest
    ) external returns (uint256 circuit) {
        bytes32 codeHash = address(verifier).codehash;
        bytes32 keyDigest = keccak256(abi.encode(verifier, codeHash, signals, gasLimit));
        circuit = _numbers[keyDigest][setupDigest];
        if (circuit != 0) return circuit;

        _checkSignals(signals);
        if (gasLimit == 0 || gasLimit > MAX_EXTERNAL_GAS) {
            revert ExternalGasOutOfRange(gasLimit, MAX_EXTERNAL_GAS);
        }
        bytes memory code = address(verifier).code;
        if (code.length == 0 || bytes3(code) == DELEGATION) revert NotAContract(address(verifier));
        KeyStore.External memory described = KeyStore.External(address(verifier), gasLimit, codeHash);
        address store;
        (circuit, store) = _keep(
            keyDigest,
            setupDigest,
            KeyStore.encodeExternal(described, signals, keyDigest)
        );
        emit ExternalCircuitRegistered(
            circuit,
            keyDigest,
            address(verifier),
            setupDigest,
            signals,
            gasLimit,
            codeHash,
            store,
            msg.sender
        );
    }

    /// @inheritdoc ICircuitRegistry
    function circuitInfo(uint256 circuit) external view returns (CircuitInfo memory) {
        address store = _storeOf(circuit);
        Record storage record = _records[circuit];
        (uint256 kind, uint256 signals) = KeyStore.headerOf(store);
        return
            CircuitInfo({
                keyStore: store,
                keyDigest: KeyStore.digestOf(store),
                srsId: kind == KIND_EXTERNAL ? bytes32(0) : KeyStore.srsOf(store),
                signals: uint16(signals),
                kind: CircuitKind(kind),
                setupDigest: record.setupDigest,
                registrant: record.registrant
            });
    }

    /// @inheritdoc ICircuitRegistry
    function registrantOf(uint256 circuit) external view returns (address) {
        return _records[circuit].registrant;
    }

    /// @inheritdoc ICircuitRegistry
    function verifyingKey(uint256 circuit) external view returns (VerifyingKey memory) {
        address store = _storeOf(circuit);
        (uint256 kind, ) = KeyStore.headerOf(store);
        if (kind == KIND_EXTERNAL) revert WrongCircuitKind(circuit, CircuitKind(kind));
        return KeyStore.decode(store);
    }

    /// @inheritdoc ICircuitRegistry
    function externalVerifier(
        uint256 circuit
    ) external view returns (ISliceVerifier verifier, uint32 gasLimit, bytes32 codeHash) {
        address store = _storeOf(circuit);
        (uint256 kind, ) = KeyStore.headerOf(store);
        if (kind != KIND_EXTERNAL) revert WrongCircuitKind(circuit, CircuitKind(kind));
        KeyStore.External memory described = KeyStore.externalOf(store);
        return (ISliceVerifier(described.verifier), described.gasLimit, described.codeHash);
    }

    /// @inheritdoc ICircuitRegistry
    function circuitOf(bytes32 keyDigest, bytes32 setupDigest) external view returns (uint256 circuit) {
        return _numbers[keyDigest][setupDigest];
    }

    /// @dev Gives a circuit its number and writes its store.
    function _keep(
        bytes32 keyDigest,
        bytes32 setupDigest,
        bytes memory content
    ) private returns (uint256 circuit, address store) {
        circuit = ++circuitCount;
        _numbers[keyDigest][setupDigest] = circuit;
        _records[circuit] = Record({setupDigest: setupDigest, registrant: msg.sender});
        store = CodeStore.write(content);
        // The verifier finds stores by their number alone.
        assert(store == KeyStore.storeOf(address(this), circuit));
    }

    function _storeOf(uint256 circuit) private view returns (address) {
        if (circuit == 0 || circuit > circuitCount) revert UnknownCircuit(circuit);
        return KeyStore.storeOf(address(this), circuit);
    }

    function _checkSignals(uint256 signals) private pure {
        if (signals == 0 || signals > MAX_SIGNALS) revert SignalCountOutOfRange(signals, MAX_SIGNALS);
    }

    /// @dev A key that passes can still prove false statements to whoever knows its trapdoor; what is refused here are
    /// keys that prove them to everybody, and points on which the precompiles would fail every settlement.
    function _checkKey(VerifyingKey memory key) private view {
        uint256 points = key.ic.length;
        uint256 others = Bn254.isZero(key.sigma) ? 1 : 2;
        _checkSignals(points < others ? 0 : points - others);
        if (!Bn254.equals(key.gamma, Bn254.g2())) revert GammaNotGenerator();
        if (Bn254.equalUpToSign(key.delta, Bn254.g2())) revert DeltaIsGenerator();
        if (!Bn254.isValid(key.alpha)) revert InvalidG1Point(0);
        for (uint256 i = 0; i < points; ++i) {
            if (!Bn254.isValid(key.ic[i])) revert InvalidG1Point(i + 1);
        }
        if (!Bn254.isValid(key.beta)) revert InvalidG2Point(0);
        if (!Bn254.isValid(key.delta)) revert InvalidG2Point(1);
        if (others == 1) return;
        if (Bn254.equalUpToSign(key.sigma, Bn254.g2())) revert SigmaIsGenerator();
        if (Bn254.equalUpToSign(key.sigma, key.delta)) revert SigmaIsDelta();
        if (!Bn254.isValid(key.sigma)) revert InvalidG2Point(2);
    }
}
