import { concat, keccak256, toBeHex, zeroPadValue } from 'ethers';
import type { Groth16Proof } from './points.ts';

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

const LOW_128 = (1n << 128n) - 1n;

/**
 * The coefficients r_i by which the points C of a batch are added up: 128 bits of keccak256(seed ‖ i), the
 * first one 1. Byte for byte as IGroth16BatchVerifier's documentation says and its `challenges` view answers.
 * @param statements and `proofs`: one each a proof, in the settlement's order
 */
export function challengesOf(
  { chainId, market, settler }: Submission,
  statements: readonly Statement[],
  proofs: readonly Pick<Groth16Proof, 'a' | 'b'>[],
): bigint[] {
  const seed = keccak256(
    concat([
      word(chainId),
      zeroPadValue(market, 32),
      zeroPadValue(settler, 32),
      keccak256(words(statements.flatMap(({ circuit, signals }) => [circuit, ...signals]))),
      keccak256(words(proofs.flatMap(({ a, b }) => [a.x, a.y, ...b.x, ...b.y]))),
    ]),
  );
  return proofs.map((_, i) => (i === 0 ? 1n : BigInt(keccak256(concat([seed, word(BigInt(i))]))) & LOW_128));
}

function word(value: bigint): string {
  return toBeHex(value, 32);
}

function words(values: readonly bigint[]): string {
  return concat(values.map(word));
}
