// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VerifyingKey} from "../types/VerifyingKey.sol";

/// @title Verifying keys of circuits, open to all
/// @notice Circuits have sequential numbers from 1; 0 is no circuit. A key is kept as the code of a small contract of
/// its own (its *key store*) and never changes.
/// @dev Warning: a registered key is a well-formed one, nothing more. Whoever ran its setup may know its trapdoor,
/// and it may belong to any relation. `setupDigest` names the transcript to judge that by.
interface ICircuitRegistry {
    /// @notice What is known of a circuit.
    /// @param keyStore Contract whose code holds the key.
    /// @param keyDigest keccak256 of the ABI-encoded verifying key.
    /// @param srsId keccak256 of the ABI-encoded alpha and beta: circuits of one phase 1 share it.
    /// @param signals Number of public signals.
    /// @param setupDigest sha-256 of the setup's description (development seed or ceremony transcript).
    /// @param registrant Who registered the circuit first.
    struct CircuitInfo {
        address keyStore;
        bytes32 keyDigest;
        bytes32 srsId;
        uint16 signals;
        bytes32 setupDigest;
        address registrant;
    }

    /// @notice A circuit got its number.
    event CircuitRegistered(
        uint256 indexed circuit,
        bytes32 indexed keyDigest,
        bytes32 indexed srsId,
        bytes32 setupDigest,
        uint16 signals,
        address keyStore,
        address registrant
    );

    /// @notice Thrown when no circuit has this number.
    error UnknownCircuit(uint256 circuit);
    /// @notice Thrown when a key has no public signal or more than `most`.
    error SignalCountOutOfRange(uint256 signals, uint256 most);
    /// @notice Thrown when a point of the first group is zero, off the curve, or has a coordinate not below q.
    /// `element`: 0 alpha, 1 + i for ic[i].
    error InvalidG1Point(uint256 element);
    /// @notice Thrown when a point of the second group is zero, off the curve or outside its subgroup, or has a
    /// coordinate not below q. `element`: 0 beta, 1 delta.
    error InvalidG2Point(uint256 element);
    /// @notice Thrown when gamma isn't the generator of the second group.
    error GammaNotGenerator();
    /// @notice Thrown when delta equals gamma, the generator of the second group: such a key proves anything.
    error DeltaIsGenerator();
    /// @notice Thrown when a key carries sigma: committed lookups are not taken yet.
    error SigmaNotSupported();

    /// @notice Registers a circuit's verifying key.
    /// @dev Idempotent: the same key with the same digest has one number for ever.
    /// @param key The key; gamma is the generator of the second group, sigma all zero.
    /// @param setupDigest sha-256 of the setup's description.
    /// @return circuit The circuit's number, from 1.
    function registerCircuit(
        VerifyingKey calldata key,
        bytes32 setupDigest
    ) external returns (uint256 circuit);

    /// @notice How many circuits there are; also the highest number.
    function circuitCount() external view returns (uint256);

    /// @notice What is known of a circuit. Reverts with {UnknownCircuit}.
    function circuitInfo(uint256 circuit) external view returns (CircuitInfo memory);

    /// @notice The whole verifying key of a circuit. Reverts with {UnknownCircuit}.
    function verifyingKey(uint256 circuit) external view returns (VerifyingKey memory);

    /// @notice The number of a key registered with a setup digest; 0: not registered.
    function circuitOf(bytes32 keyDigest, bytes32 setupDigest) external view returns (uint256 circuit);
}
