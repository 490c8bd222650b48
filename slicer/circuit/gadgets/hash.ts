import type { R1csBuilder } from '../rows/builder.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import type { PoseidonGadget, PoseidonInput } from './poseidon.ts';
import { assignPoseidon, poseidonRows } from './poseidon.ts';

/** Up to this many words are one Poseidon of just that many inputs; more go by 16, then 15. */
const MOST_WORDS_IN_ONE = 5;

/**
 * hash = Poseidon of a list of words, of which the first is a constant of the circuit.
 *
 * Statement: up to five words are one Poseidon of just that many inputs; of more, h is the hash of the first 16,
 * then of h and the next 15, zeros at the end.
 * Constraints: {@link poseidonRows} for every Poseidon, its constants (first word, zeros) not counted.
 * Argument: the number of words is a constant of the circuit, so two lists with one hash are a collision in
 * Poseidon.
 */
export function constrainHash(
  builder: R1csBuilder,
  poseidon: PoseidonGadget,
  words: readonly PoseidonInput[],
  hash: number,
): void {
  const chunks = hashChunks(words.length);
  let carried: number | undefined;
  for (const [i, { start, end, zeros }] of chunks.entries()) {
    const inputs = [...words.slice(start, end), ...new Array<bigint>(zeros).fill(0n)];
    if (carried !== undefined) {
      inputs.unshift({ wires: [carried], coefficients: [builder.scaled(1)], constant: 0n });
    }
    const output = i === chunks.length - 1 ? hash : builder.newWires(1);
    poseidon.constrain(inputs, output);
    carried = output;
  }
}

/** Rows of {@link constrainHash}. */
export function hashRows(words: number): number {
  return hashChunks(words).reduce((sum, { start, end, zeros }) => {
    const inputs = end - start + zeros + (start === 0 ? 0 : 1);
    return sum + poseidonRows(inputs, zeros + (start === 0 ? 1 : 0));
  }, 0);
}

/** The wires of {@link constrainHash} in its order; the hash. */
export function assignHash(writer: WitnessWriter, words: readonly bigint[]): bigint {
  const chunks = hashChunks(words.length);
  let hash = 0n;
  for (const [i, { start, end, zeros }] of chunks.entries()) {
    const inputs = [...words.slice(start, end), ...new Array<bigint>(zeros).fill(0n)];
    const constant = inputs.map((_, place) => start + place === 0 || place >= end - start);
    if (start > 0) {
      inputs.unshift(hash);
      constant.unshift(false);
    }
    const hashWire = i === chunks.length - 1 ? undefined : writer.skip();
    hash = assignPoseidon(writer, inputs, constant);
    if (hashWire !== undefined) writer.setField(hashWire, hash);
  }
  return hash;
}

/** Which words go into each Poseidon call, and how many zeros after them. */
function hashChunks(
  words: number,
): readonly { readonly start: number; readonly end: number; readonly zeros: number }[] {
  if (words <= MOST_WORDS_IN_ONE) return [{ start: 0, end: words, zeros: 0 }];
  const chunks: { start: number; end: number; zeros: number }[] = [];
  for (let start = 0; start < words; start += start === 0 ? 16 : 15) {
    const size = start === 0 ? 16 : 15;
    const end = Math.min(words, start + size);
    chunks.push({ start, end, zeros: size - (end - start) });
  }
  return chunks;
}
