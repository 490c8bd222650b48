import { concat, keccak256, zeroPadValue } from 'ethers';
import { SCALAR_FIELD } from '../field.ts';
import type { Groth16Proof } from './points.ts';
import { packWords } from './words.ts';

/** What a proof claims: a circuit's number, and its public signals. */
export interface Statement {
  readonly circuit: bigint;
  readonly signals: readonly bigint[];
}

/** Who submits a batch where: part of the seed, so that nobody else can submit it. */
export interface Submission {
  readonly chainId: bigint;
  /** The contract that calls the verifier: SliceMarket's address. */
  readonly market: string;
  /** Who calls `settle`. */
  readonly settler: string;
}

/**
 * The coefficients r_i by which the points C and K of a batch are added up: powers of keccak256 of everything else, but
 * for the last one, which makes those of its circuit add up to 1. Byte for byte as IGroth16BatchVerifier's documentation says and its `challenges` view answers.
 * @param statements and `proofs`: one each a proof, in the settlement's order
 */
export function challengesOf(
  { chainId, market, settler }: Submission,
  statements: readonly Statement[],
  proofs: readonly Pick<Groth16Proof, 'a' | 'b' | 'lookups'>[],
): bigint[] {
  const seed = keccak256(
    concat([
      packWords([chainId]),
      zeroPadValue(market, 32),
      zeroPadValue(settler, 32),
      keccak256(packWords(statements.flatMap(({ circuit, signals }) => [circuit, ...signals]))),
      keccak256(packWords(proofs.flatMap(({ a, b }) => [a.x, a.y, ...b.x, ...b.y]))),
      keccak256(packWords(proofs.flatMap(({ lookups }) => (lookups ? [lookups.d.x, lookups.d.y] : [])))),
    ]),
  );
  const base = BigInt(seed) % SCALAR_FIELD;
  let power = 1n;
  let sumOfLast = 0n;
  const last = statements.length - 1;
  return statements.map(({ circuit }, i) => {
    if (i === last) return (((1n - sumOfLast) % SCALAR_FIELD) + SCALAR_FIELD) % SCALAR_FIELD;
    power = (power * base) % SCALAR_FIELD;
    if (circuit === statements[last].circuit) sumOfLast += power;
    return power;
  });
}
