import { keyDigestOf } from './key-digest.ts';
import { lookupChallenge } from './lookup-challenge.ts';
import { loadBn254 } from '../curve/bn254-wasm.ts';
import { SCALAR_FIELD } from '../formats/bn254.ts';
import { verifyingKeyOf } from '../setup/verifying-key-of.ts';
import { openCommitmentKey } from './commitment.ts';
import { verifyingKeyToSolidity } from '../verify/solidity.ts';

/** How a challenge comes about. */
export interface ChallengeSource {
  /**
   * @param signals commitments of inputs, of outputs, tag
   * @param committed the committed wires' values, 32 bytes little-endian each
   */
  challenge(signals: readonly bigint[], committed: Uint8Array): bigint;
  /** Uniform below r, a fresh one each time: hides what is committed. */
  readonly blinding: bigint;
}

/** Makes the challenges of one circuit's proofs. */
export interface Challenger {
  /** For one witness: the blinding is a fresh one. */
  source(randomBytes: (count: number) => Uint8Array): ChallengeSource;
}

/** 64 bytes reduced modulo r differ from uniform by less than 2^−256. */
const WIDE_BYTES = 64;

/**
 * The challenges of a proving key; undefined for a plain one. The chain keeps the verifying key that is in it, or
 * proofs with this key do not hold there anyway.
 *
 * @throws FormatError as readZkey
 */
export async function openChallenger(provingKey: Uint8Array): Promise<Challenger | undefined> {
  const key = await openCommitmentKey(provingKey);
  if (key === undefined) return undefined;
  const digest = keyDigestOf(verifyingKeyToSolidity(verifyingKeyOf(await loadBn254(), provingKey)));
  return {
    source: (randomBytes) => ({
      blinding: BigInt(`0x${Buffer.from(randomBytes(WIDE_BYTES)).toString('hex')}`) % SCALAR_FIELD,
      challenge: (signals, committed) => lookupChallenge(digest, signals, key.commit(committed)),
    }),
  };
}
