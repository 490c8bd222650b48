// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {VerifyingKey} from "../types/VerifyingKey.sol";
import {ISliceVerifier} from "./ISliceVerifier.sol";

/// @title Circuits: verifying keys and external verifiers, open to all
/// @notice Circuits have sequential numbers from 1; 0 is no circuit. A key is kept as the code of a small contract of
/// its own (its *key store*) and never changes.
/// @dev Warning: a registered key is a well-formed one, nothing more. Whoever ran its setup may know its trapdoor,
/// and it may belong to any relation. `setupDigest` names the transcript to judge that by. An external verifier is as
/// good as its code and whoever can change what that code does: its hash is fixed here, what it calls or reads is not.
interface ICircuitRegistry {
    /// @notice How a circuit's proofs are verified; the first is no circuit's.
    enum CircuitKind {
        None,
        Groth16,
        Lookups,
        External
    }

    /// @notice What is known of a circuit.
    /// @param keyStore Contract whose code holds the key.
    /// @param keyDigest keccak256 of the ABI-encoded verifying key, or of an external verifier's address, code hash,
    /// number of signals and gas limit, ABI-encoded.
    /// @param srsId keccak256 of the ABI-encoded alpha and beta: circuits of one phase 1 share it. Zero: external.
    /// @param signals Number of public signals, the challenge of committed lookups not counted.
    /// @param kind How proofs are verified.
    /// @param setupDigest sha-256 of the setup's description (development seed or ceremony transcript).
    /// @param registrant Who registered the circuit first.
    struct CircuitInfo {
        address keyStore;
        bytes32 keyDigest;
        bytes32 srsId;
        uint16 signals;
        CircuitKind kind;
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

    /// @notice A circuit whose proofs another contract verifies got its number.
    event ExternalCircuitRegistered(
        uint256 indexed circuit,
        bytes32 indexed keyDigest,
        address indexed verifier,
        bytes32 setupDigest,
        uint16 signals,
        uint32 gasLimit,
        bytes32 codeHash,
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
    /// coordinate not below q. `element`: 0 beta, 1 delta, 2 sigma.
    error InvalidG2Point(uint256 element);
    /// @notice Thrown when gamma isn't the generator of the second group.
    error GammaNotGenerator();
    /// @notice Thrown when delta is gamma, the generator of the second group, or its negative: such a key proves anything.
    error DeltaIsGenerator();
    /// @notice Thrown when sigma is the generator of the second group or its negative: everybody knows sigma times any
    /// point then, and the public part of a statement can be cancelled.
    error SigmaIsGenerator();
    /// @notice Thrown when sigma is delta or its negative: points that complete proofs would pass as committed values.
    error SigmaIsDelta();
    /// @notice Thrown when a key is asked of an external circuit, or a verifier of one with a key.
    error WrongCircuitKind(uint256 circuit, CircuitKind kind);
    /// @notice Thrown when an external verifier's gas limit is zero or above `most`.
    error ExternalGasOutOfRange(uint256 gasLimit, uint256 most);
    /// @notice Thrown when an external verifier has no code of its own: none at all, or a delegation.
    error NotAContract(address verifier);

    /// @notice Registers a circuit's verifying key.
    /// @dev Idempotent: the same key with the same digest has one number for ever.
    /// @param key The key; gamma is the generator of the second group, sigma all zero without committed lookups.
    /// @param setupDigest sha-256 of the setup's description.
    /// @return circuit The circuit's number, from 1.
    function registerCircuit(
        VerifyingKey calldata key,
        bytes32 setupDigest
    ) external returns (uint256 circuit);

    /// @notice Registers a circuit whose proofs another contract verifies.
    /// @dev Idempotent: the same verifier with the same code, signals, gas limit and digest has one number for ever.
    /// @param verifier The contract. From then on it counts only while it has the code that it has now.
    /// @param signals Number of public signals, the tag included.
    /// @param gasLimit What a verification may cost at most.
    /// @param setupDigest sha-256 of a description of what is proved, and how.
    /// @return circuit The circuit's number, from 1.
    function registerExternal(
        ISliceVerifier verifier,
        uint16 signals,
        uint32 gasLimit,
        bytes32 setupDigest
    ) external returns (uint256 circuit);

    /// @notice How many circuits there are; also the highest number.
    function circuitCount() external view returns (uint256);

    /// @notice Who registered a circuit; zero if there is none.
    function registrantOf(uint256 circuit) external view returns (address);

    /// @notice What is known of a circuit. Reverts with {UnknownCircuit}.
    function circuitInfo(uint256 circuit) external view returns (CircuitInfo memory);

    /// @notice The whole verifying key of a circuit. Reverts with {UnknownCircuit} or {WrongCircuitKind}.
    function verifyingKey(uint256 circuit) external view returns (VerifyingKey memory);

    /// @notice The external verifier of a circuit. Reverts with {UnknownCircuit} or {WrongCircuitKind}.
    function externalVerifier(
        uint256 circuit
    ) external view returns (ISliceVerifier verifier, uint32 gasLimit, bytes32 codeHash);

    /// @notice The number of a key registered with a setup digest; 0: not registered.
    function circuitOf(bytes32 keyDigest, bytes32 setupDigest) external view returns (uint256 circuit);
}
