import type { ProofJson } from '../formats/proof.ts';
import type { VerifyingKeyJson } from '../formats/verifying-key.ts';

/** `G1Point` of the contracts. */
export interface SolidityG1 {
  readonly x: bigint;
  readonly y: bigint;
}

/** `G2Point` of the contracts: each coordinate in the order of EIP-197, imaginary part first. */
export interface SolidityG2 {
  readonly x: readonly [imaginary: bigint, real: bigint];
  readonly y: readonly [imaginary: bigint, real: bigint];
}

/** The three points of a proof as the contracts take them. */
export interface SolidityProof {
  readonly a: SolidityG1;
  readonly b: SolidityG2;
  readonly c: SolidityG1;
}

/** `VerifyingKey` of the contracts. */
export interface SolidityVerifyingKey {
  readonly alpha: SolidityG1;
  readonly beta: SolidityG2;
  readonly gamma: SolidityG2;
  readonly delta: SolidityG2;
  /** All zero: no committed wires. */
  readonly sigma: SolidityG2;
  readonly ic: readonly SolidityG1[];
}

/** A proof in snarkjs's form (real part first) for the contracts. */
export function proofToSolidity(proof: ProofJson): SolidityProof {
  return { a: g1(proof.pi_a), b: g2(proof.pi_b), c: g1(proof.pi_c) };
}

/** A proof as the contracts give it, in snarkjs's form. */
export function proofFromSolidity({ a, b, c }: SolidityProof): ProofJson {
  return {
    pi_a: [a.x.toString(), a.y.toString(), '1'],
    pi_b: [
      [b.x[1].toString(), b.x[0].toString()],
      [b.y[1].toString(), b.y[0].toString()],
      ['1', '0'],
    ],
    pi_c: [c.x.toString(), c.y.toString(), '1'],
    protocol: 'groth16',
    curve: 'bn128',
  };
}

/** A verifying key in snarkjs's form for `CircuitRegistry`. */
export function verifyingKeyToSolidity(key: VerifyingKeyJson): SolidityVerifyingKey {
  return {
    alpha: g1(key.vk_alpha_1),
    beta: g2(key.vk_beta_2),
    gamma: g2(key.vk_gamma_2),
    delta: g2(key.vk_delta_2),
    sigma: key.vk_sigma_2 === undefined ? { x: [0n, 0n], y: [0n, 0n] } : g2(key.vk_sigma_2),
    ic: key.IC.map(g1),
  };
}

function g1([x, y]: ProofJson['pi_a']): SolidityG1 {
  return { x: BigInt(x), y: BigInt(y) };
}

function g2([x, y]: ProofJson['pi_b']): SolidityG2 {
  return { x: [BigInt(x[1]), BigInt(x[0])], y: [BigInt(y[1]), BigInt(y[0])] };
}
