import { concat, keccak256, toBeHex } from 'ethers';
import { g1 } from './curve.ts';
import type { G1, G2 } from './curve.ts';
import { mod, power } from './field.ts';
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

/** A batch before it is put into bytes: what tests change word by word. */
export interface Batch {
  readonly statements: bigint[];
  readonly proofs: ProofWords[];
  readonly circuits: bigint[];
  readonly c: G1[];
  /** D of each proof of a circuit with committed lookups. */
  readonly commitments: G1[];
  /** K*, which is brought if there are commitments. */
  readonly k: G1;
  /** Proofs for external verifiers, hex. */
  readonly externals: string[];
}

/** keccak256 of words, one after the other. */
export function hashWords(words: readonly bigint[]): string {
  return keccak256(packWords(words));
}

function packWords(words: readonly bigint[]): string {
  return concat(words.map((word) => toBeHex(word, 32)));
}

/** The bytes of a batch, from IGroth16BatchVerifier's description alone. */
export function bytesOf({
  proofs,
  circuits,
  c,
  commitments,
  k,
  externals,
}: Omit<Batch, 'statements'>): string {
  const counts = [proofs.length, circuits.length, commitments.length, externals.length];
  const header = counts.reduce((word, count, i) => word | (BigInt(count) << BigInt(32 * i)), 0n);
  return concat([
    packWords([
      header,
      ...circuits,
      ...c.flatMap(({ x, y }) => [x, y]),
      ...proofs.flatMap(({ a, b }) => [a.x, a.y, ...b.x, ...b.y]),
      ...commitments.flatMap(({ x, y }) => [x, y]),
      ...(commitments.length === 0 ? [] : [k.x, k.y]),
    ]),
    ...externals.flatMap((proof) => [toBeHex((proof.length - 2) / 2, 32), proof]),
  ]);
}

type StatementOf = Pick<Proved, 'circuit' | 'signals'>;

/** The words that the seed is the hash of, from IGroth16BatchVerifier's description alone: everything but what is added up. */
export function seedWordsOf(
  items: readonly StatementOf[],
  proofs: readonly ProofWords[],
  { chainId, market, settler }: Submission,
  commitments: readonly G1[] = [],
): bigint[] {
  const hashed = [
    items.flatMap(({ circuit, signals }) => [circuit, ...signals]),
    proofs.flatMap(({ a, b }) => [a.x, a.y, ...b.x, ...b.y]),
    commitments.flatMap(({ x, y }) => [x, y]),
  ];
  return [chainId, BigInt(market), BigInt(settler), ...hashed.map((words) => BigInt(hashWords(words)))];
}

export function seedOf(...given: Parameters<typeof seedWordsOf>): string {
  return hashWords(seedWordsOf(...given));
}

/** The coefficients r_i, from IGroth16BatchVerifier's description alone. */
export function challengesOf(
  items: readonly StatementOf[],
  proofs: readonly ProofWords[],
  submission: Submission,
  commitments: readonly G1[] = [],
): bigint[] {
  const base = mod(BigInt(seedOf(items, proofs, submission, commitments)));
  const r = proofs.map((_, i) => power(base, BigInt(i + 1)));
  const last = r.length - 1;
  const others = r.reduce(
    (sum, value, i) => (i < last && items[i].circuit === items[last].circuit ? sum + value : sum),
    0n,
  );
  return r.with(last, mod(1n - others));
}

/** Adds up the points C of each circuit and all K, as an aggregator does. */
export function aggregate(proved: readonly Proved[], submission: Submission): Batch {
  const statements = proved.flatMap(({ circuit, signals }) => [circuit, ...signals]);
  const proofs = proved.map(({ proof }) => pointsOf(proof));
  const commitments = proved.flatMap(({ proof }) => (proof.d === undefined ? [] : [g1(proof.d)]));
  const r = challengesOf(proved, proofs, submission, commitments);
  const circuits = [...new Set(proved.map(({ circuit }) => circuit))].sort((a, b) => (a < b ? -1 : 1));
  const c = circuits.map((circuit) =>
    g1(
      mod(proved.reduce((sum, item, i) => (item.circuit === circuit ? sum + r[i] * item.proof.c : sum), 0n)),
    ),
  );
  const k = g1(mod(proved.reduce((sum, { proof }, i) => sum + r[i] * (proof.k ?? 0n), 0n)));
  return { statements, proofs, circuits, c, commitments, k, externals: [] };
}

/** A batch as {@link bytesOf} and its statements: the arguments of `verify`, but for the settler. */
export function argumentsOf(batch: Batch): [statements: bigint[], proofs: string] {
  return [batch.statements, bytesOf(batch)];
}

/** A whole trace, as a part of a JobBatch. */
export function whole(trace: readonly string[]): { readonly shown: bigint; readonly trace: string[] } {
  return { shown: (1n << BigInt(Math.ceil(trace.length / 16))) - 1n, trace: [...trace] };
}
