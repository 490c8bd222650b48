// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Aggregate, ProofPoints} from "../types/ProofAggregate.sol";
import {ICircuitRegistry} from "./ICircuitRegistry.sol";

/// @title One pairing check for many Groth16 proofs of many circuits
/// @notice Points A and B come with each proof; the points C of one circuit's proofs are added up by the submitter,
/// weighted by challenges that nobody knows before all else is fixed.
/// @dev The challenges, byte for byte (every item one 32-byte word, big-endian):
///
/// - statements: for each proof, in order, its circuit number and then its public signals, one flat array;
/// - seed = keccak256(chain id ‖ msg.sender ‖ settler ‖ keccak256(statements) ‖ keccak256(proofs)), `proofs` being six
///   words a proof: A.x, A.y, B.x imaginary, B.x real, B.y imaginary, B.y real. In a settlement, msg.sender is the
///   market and the settler whoever called it;
/// - r_0 = 1, r_i = the low 128 bits of keccak256(seed ‖ i);
/// - rhoSeed = keccak256(seed ‖ keccak256(C* points ‖ key digests)), two words a point and one a digest, both in the order
///   of `aggregate.circuits`; a key's digest is keccak256 of what is in its store (srsId, alpha, beta, delta, ic). The seed
///   has circuit numbers only, which are known before their keys are;
/// - ρ_0 = 1, ρ_v = the low 128 bits of keccak256(rhoSeed ‖ v);
/// - s_i = r_i·ρ_v(i) mod r, and the check is
///
///   Π e(s_i·A_i, B_i) = Π_srs e(α, β)^{Σ s_i} · e(Σ_v Σ_{i∈v} s_i·IC_v(x_i), G2) · Π_v e(ρ_v·C*_v, δ_v)
///
/// One of the r and one of the ρ may be 1 without loss: a random combination of values that aren't all zero is zero
/// with a probability of 2^-128 whether or not one coefficient is fixed.
interface IGroth16BatchVerifier {
    /// @notice Thrown when there is nothing to verify.
    error EmptyBatch();
    /// @notice Thrown when a circuit isn't registered.
    error CircuitNotRegistered(uint256 circuit);
    /// @notice Thrown when the aggregate's circuits aren't strictly ascending: a key listed twice.
    error CircuitsNotAscending(uint256 position);
    /// @notice Thrown when the aggregate hasn't as many points as circuits.
    error AggregateLengthMismatch(uint256 circuits, uint256 points);
    /// @notice Thrown when a proof's circuit isn't in the aggregate's list.
    error CircuitNotListed(uint256 circuit);
    /// @notice Thrown when the aggregate lists a circuit that no proof belongs to.
    error CircuitWithoutProof(uint256 circuit);
    /// @notice Thrown when the statements end in the middle of one, or there are more or fewer than proofs.
    error StatementLengthMismatch(uint256 words, uint256 proofs);
    /// @notice Thrown when a public signal isn't below the scalar field's order. `word` is its position among the
    /// statements' words.
    error SignalOutOfRange(uint256 word, uint256 value);
    /// @notice Thrown when an A or a C* that has to be multiplied is not on the curve or has a coordinate not below q.
    /// `element`: the proof's position, or the number of proofs plus the position of the circuit.
    error PointNotOnCurve(uint256 element);
    /// @notice Thrown when the pairing check fails: a false statement, a wrong point, another settler's aggregate, or
    /// a point that the precompile refuses.
    error ProofCheckFailed();

    /// @notice Verifies a batch; returns if all its proofs hold and reverts otherwise.
    /// @param settler Who submits the batch; part of the seed, so that nobody else can submit it.
    /// @param statements Circuit number and public signals of each proof, flat.
    /// @param proofs A and B of each proof, in the same order.
    /// @param aggregate The circuits and their summed C points.
    function verify(
        address settler,
        uint256[] calldata statements,
        ProofPoints[] calldata proofs,
        Aggregate calldata aggregate
    ) external view;

    /// @notice The coefficients r_i that a submitter sums the points C with, when `market` calls the verifier.
    /// @dev A reference for programs off chain. Checks nothing.
    function challenges(
        address market,
        address settler,
        uint256[] calldata statements,
        ProofPoints[] calldata proofs
    ) external view returns (uint256[] memory r);

    /// @notice The registry whose circuits are verified.
    function circuitRegistry() external view returns (ICircuitRegistry);
}
