import { SettlementError } from './errors.ts';
import type { G1Point } from './g1.ts';

/** An affine point of BN254's second group, in the order of EIP-197: imaginary part first. */
export interface G2Point {
  readonly x: readonly [imaginary: bigint, real: bigint];
  readonly y: readonly [imaginary: bigint, real: bigint];
}

/**
 * The points of a Groth16 proof. A and B go to the chain as they are, C is added up for a whole batch; with committed
 * lookups D goes to the chain too, and K is added up.
 */
export interface Groth16Proof {
  readonly a: G1Point;
  readonly b: G2Point;
  readonly c: G1Point;
  readonly lookups?: { readonly d: G1Point; readonly k: G1Point };
}

/** A proof for a circuit's external verifier, in whatever form that one reads: hex. */
export interface ExternalProof {
  readonly external: string;
}

/** A proof as snarkjs writes it: affine decimal coordinates with z = 1, the real part of G2 first. */
export interface SnarkjsProof {
  readonly pi_a: readonly [string, string, string];
  readonly pi_b: readonly [readonly [string, string], readonly [string, string], readonly [string, string]];
  readonly pi_c: readonly [string, string, string];
  /** Both, of a circuit with committed wires, or neither. */
  readonly pi_d?: readonly [string, string, string] | undefined;
  readonly pi_k?: readonly [string, string, string] | undefined;
}

/**
 * The points of a proof in snarkjs's form. Whether they are any, and prove anything, isn't checked: see `verifyProof` of the
 * slicer.
 * @throws SettlementError SETTLEMENT_POINT_INVALID when a commitment comes without its proof, or the other way round
 */
export function proofFromSnarkjs({ pi_a, pi_b, pi_c, pi_d, pi_k }: SnarkjsProof): Groth16Proof {
  if ((pi_d === undefined) !== (pi_k === undefined)) {
    throw new SettlementError('SETTLEMENT_POINT_INVALID', 'expected pi_d and pi_k together, one is missing');
  }
  return {
    a: g1(pi_a),
    b: {
      x: [BigInt(pi_b[0][1]), BigInt(pi_b[0][0])],
      y: [BigInt(pi_b[1][1]), BigInt(pi_b[1][0])],
    },
    c: g1(pi_c),
    ...(pi_d === undefined || pi_k === undefined ? {} : { lookups: { d: g1(pi_d), k: g1(pi_k) } }),
  };
}

function g1([x, y]: readonly [string, string, string]): G1Point {
  return { x: BigInt(x), y: BigInt(y) };
}
