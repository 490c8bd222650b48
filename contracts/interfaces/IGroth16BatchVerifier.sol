// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {ICircuitRegistry} from "./ICircuitRegistry.sol";

/// @title One pairing check for many Groth16 proofs of many circuits
/// @notice Points A and B come with each proof; the points C of one circuit's proofs are added up by the submitter,
/// weighted by challenges that nobody knows before all else is fixed. Proofs of circuits with committed lookups come with
/// a point D each, and their points K are added up for the whole batch. Slices that another contract verifies may be in
/// the same batch.
/// @dev The bytes `proofs`, every item but the last kind whole 32-byte words, big-endian, nothing between them:
///
/// - header: bits 0..31 n, the number of Groth16 proofs; 32..63 m, of their circuits; 64..95 d, of commitments D; 96..127 e,
///   of external proofs; the other bits zero;
/// - m circuit numbers, strictly ascending: every circuit of the n proofs once;
/// - m points C*_v, two words each: Σ r_i·C_i over the proofs i of circuit v;
/// - n times A and B, six words: A.x, A.y, B.x imaginary, B.x real, B.y imaginary, B.y real;
/// - d points D, two words each: one a proof of a circuit with lookups, in the order of the proofs;
/// - if d > 0, the point K* = Σ r_i·K_i over the same proofs;
/// - e times one word with a length, and as many bytes: what goes to the external verifiers, in the statements' order.
///
/// The challenges (every item one word):
///
/// - statements: for each proof, in order, its circuit number and then its public signals, one flat array. Those of
///   external circuits are taken out before anything is hashed;
/// - seed = keccak256(chain id ‖ msg.sender ‖ settler ‖ keccak256(statements) ‖ keccak256(all A and B, as above) ‖
///   keccak256(all D)). In a settlement, msg.sender is the market and the settler whoever called it;
/// - r_i = seed^(i + 1) mod r, i counting the n Groth16 proofs from 0, but for the last one's: r_(n-1) = 1 - Σ r_i over the
///   other proofs of its circuit;
/// - rhoSeed = keccak256(seed ‖ keccak256(all C* ‖ K* ‖ key digests)), K* left out if d = 0; digests in the order of the
///   circuits, each as {ICircuitRegistry-circuitInfo} has it. The seed has circuit numbers only, which are known before
///   their keys are;
/// - ρ_v = the low 128 bits of keccak256(rhoSeed ‖ v), v counting the m circuits from 0, but ρ_(m-1) = 1; and ρ_K = those of
///   keccak256(rhoSeed ‖ 2^256 - 1);
/// - X_i = keccak256(key digest ‖ signals ‖ D.x ‖ D.y) mod r, which is one more signal of a proof with a D_i;
/// - S_v = Σ_{i∈v} r_i·D_i, and the check is
///
///   Π e(r_i·ρ_v(i)·A_i, B_i) = Π_srs e(α, β)^{Σ r_i·ρ_v(i)} · e(Σ_v ρ_v·(S_v + Σ_{i∈v} r_i·IC_v(x_i)), G2) · Π_v e(ρ_v·C*_v, δ_v)
///   and  e(ρ_K·K*, G2) = Π_v e(ρ_K·S_v, σ_v)  over the circuits with lookups, multiplied into the same check.
///
/// That one coefficient is fixed by the others is no loss: a combination of values that aren't all zero, weighted with
/// powers of a random number and the rest to one, is a polynomial of it that isn't zero and has at most n roots. It makes
/// the last proof, and the last circuit, cheaper: put proofs in the order of their circuits.
interface IGroth16BatchVerifier {
    /// @notice Thrown when there is nothing to verify.
    error EmptyBatch();
    /// @notice Thrown when a circuit isn't registered.
    error CircuitNotRegistered(uint256 circuit);
    /// @notice Thrown when an external circuit is listed among those with keys.
    error CircuitWithoutKey(uint256 circuit);
    /// @notice Thrown when the list of circuits isn't strictly ascending: a key listed twice.
    error CircuitsNotAscending(uint256 position);
    /// @notice Thrown when a proof's circuit isn't listed, and isn't external either.
    error CircuitNotListed(uint256 circuit);
    /// @notice Thrown when a circuit is listed that no proof belongs to.
    error CircuitWithoutProof(uint256 circuit);
    /// @notice Thrown when the statements end in the middle of one, or there are more or fewer than proofs.
    error StatementLengthMismatch(uint256 words, uint256 proofs);
    /// @notice Thrown when there aren't as many commitments as proofs of circuits with lookups.
    error CommitmentCountMismatch(uint256 commitments);
    /// @notice Thrown when there aren't as many external proofs as statements of external circuits.
    error ExternalCountMismatch(uint256 proofs, uint256 statements);
    /// @notice Thrown when a public signal isn't below the scalar field's order. `word` is its position among the
    /// statements' words.
    error SignalOutOfRange(uint256 word, uint256 value);
    /// @notice Thrown when a point of the first group that has to be multiplied or added is not on the curve or has a
    /// coordinate not below q. `element`: the position of an A, n + that of a C*, n + m + that of a D, n + m + d for K*.
    error PointNotOnCurve(uint256 element);
    /// @notice Thrown when an external verifier couldn't be given the gas it was registered with.
    error InsufficientGas(uint256 needed);
    /// @notice Thrown when the pairing check fails: a false statement, a wrong point, another settler's aggregate, or
    /// a point that the precompile refuses.
    error ProofCheckFailed();

    /// @notice Verifies a batch; returns if all its Groth16 proofs hold and reverts otherwise.
    /// @param settler Who submits the batch; part of the seed, so that nobody else can submit it.
    /// @param statements Circuit number and public signals of each proof, flat.
    /// @param proofs Proofs and sums in the layout above.
    /// @return refused Positions, among all statements, of those whose external verifier doesn't take the proof; ascending.
    function verify(
        address settler,
        uint256[] calldata statements,
        bytes calldata proofs
    ) external view returns (uint256[] memory refused);

    /// @notice The coefficients r_i that a submitter sums the points C and K with, when `market` calls the verifier.
    /// @dev A reference for programs off chain: sums and external proofs may be anything.
    /// @param market Who will call {verify}.
    /// @param settler Who will submit the batch.
    /// @param statements Circuit number and public signals of each Groth16 proof, flat.
    /// @param proofs Proofs in the layout above.
    function challenges(
        address market,
        address settler,
        uint256[] calldata statements,
        bytes calldata proofs
    ) external view returns (uint256[] memory r);

    /// @notice The registry whose circuits are verified.
    function circuitRegistry() external view returns (ICircuitRegistry);
}
