import { concat, dataLength, toBeHex } from 'ethers';
import type { Aggregate } from './aggregate.ts';
import type { Groth16Proof } from './points.ts';
import { packWords } from './words.ts';

/** What proves a settlement: each proof's own points, what was added up, and proofs for external verifiers (hex). */
export interface ProofParts {
  readonly proofs: readonly Pick<Groth16Proof, 'a' | 'b' | 'lookups'>[];
  readonly aggregate: Aggregate;
  readonly externals: readonly string[];
}

/** The bytes that `settle` takes, hex; IGroth16BatchVerifier has the layout. */
export function encodeProofs({ proofs, aggregate, externals }: ProofParts): string {
  const { circuits, c, k } = aggregate;
  const commitments = proofs.flatMap(({ lookups }) => (lookups ? [lookups.d] : []));
  const counts = [proofs.length, circuits.length, commitments.length, externals.length];
  return concat([
    packWords([
      counts.reduce((word, count, i) => word | (BigInt(count) << BigInt(32 * i)), 0n),
      ...circuits,
      ...c.flatMap(({ x, y }) => [x, y]),
      ...proofs.flatMap(({ a, b }) => [a.x, a.y, ...b.x, ...b.y]),
      ...commitments.flatMap(({ x, y }) => [x, y]),
      ...(k === undefined ? [] : [k.x, k.y]),
    ]),
    ...externals.flatMap((proof) => [toBeHex(dataLength(proof), 32), proof]),
  ]);
}
