import { AbiCoder, keccak256 } from 'ethers';
import { g1 } from './curve.ts';
import type { G1, G2 } from './curve.ts';
import { mod } from './field.ts';
import { pointsOf } from './groth16.ts';
import type { ScalarProof } from './groth16.ts';

/** A proof and the statement that it belongs to. */
export interface Proved {
  readonly circuit: bigint;
  readonly signals: readonly bigint[];
  readonly proof: ScalarProof;
}

/** Who verifies: the seed binds them. */
export interface Submission {
  readonly chainId: bigint;
  /** Who calls the verifier: the market, or in direct calls the settler itself. */
  readonly market: string;
  readonly settler: string;
}

export interface ProofWords {
  readonly a: G1;
  readonly b: G2;
}

/** The arguments of a verification. */
export interface Batch {
  readonly statements: bigint[];
  readonly proofs: ProofWords[];
  readonly aggregate: { readonly circuits: bigint[]; readonly c: G1[] };
}

const LOW_128 = (1n << 128n) - 1n;
const coder = AbiCoder.defaultAbiCoder();

function hashWords(words: readonly bigint[]): string {
  return keccak256(
    coder.encode(
      words.map(() => 'uint256'),
      [...words],
    ),
  );
}

/** The coefficients r_i, from IGroth16BatchVerifier's description alone. */
export function challengesOf(
  statements: readonly bigint[],
  proofs: readonly ProofWords[],
  { chainId, market, settler }: Submission,
): bigint[] {
  const words = proofs.flatMap(({ a, b }) => [a.x, a.y, ...b.x, ...b.y]);
  const seed = keccak256(
    coder.encode(
      ['uint256', 'address', 'address', 'bytes32', 'bytes32'],
      [chainId, market, settler, hashWords(statements), hashWords(words)],
    ),
  );
  return proofs.map((_, i) =>
    i === 0 ? 1n : BigInt(keccak256(coder.encode(['bytes32', 'uint256'], [seed, i]))) & LOW_128,
  );
}

/** Adds up the points C of each circuit, as an aggregator does. */
export function aggregate(proved: readonly Proved[], submission: Submission): Batch {
  const statements = proved.flatMap(({ circuit, signals }) => [circuit, ...signals]);
  const proofs = proved.map(({ proof }) => pointsOf(proof));
  const r = challengesOf(statements, proofs, submission);
  const circuits = [...new Set(proved.map(({ circuit }) => circuit))].sort((a, b) => (a < b ? -1 : 1));
  const c = circuits.map((circuit) =>
    g1(
      mod(proved.reduce((sum, item, i) => (item.circuit === circuit ? sum + r[i] * item.proof.c : sum), 0n)),
    ),
  );
  return { statements, proofs, aggregate: { circuits, c } };
}
