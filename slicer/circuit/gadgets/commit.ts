import type { TensorSpec } from '../../../protocol/commitment/commit.ts';
import { domainWord, packValues, valuesPerWord } from '../../../protocol/commitment/commit.ts';
import { boundsOf } from '../../integer/program.ts';
import type { TensorValues } from '../../integer/program.ts';
import type { MatrixBuilder, R1csBuilder } from '../builder.ts';
import type { LinearForms } from '../linear.ts';
import type { WitnessWriter } from '../witness-writer.ts';
import type { PoseidonGadget, PoseidonInput, WordForm } from './poseidon.ts';
import { assignPoseidon, poseidonRows } from './poseidon.ts';

/** A word of more values than this gets a wire: its form would stand three times in A and B. */
const MOST_VALUES_IN_A_FORM = 64;

/** Up to this many words are one Poseidon of just that many inputs; more go by 16, then 15. */
const MOST_WORDS_IN_ONE = 5;

/**
 * commitment = commitTensor(spec, values, salt), as protocol/commitment says.
 *
 * Statement: the commitment's wire is the hash of the domain word, the salt and the packed values.
 * Constraints: {@link poseidonRows} for every Poseidon call, its constants (domain word, zeros at the end)
 * not counted; and one linear row a word where a word holds more than 64 values (below 4 bits).
 * Argument: a word is the form Σ 2^(bits·i) · (value_i + offset), which goes straight into the first S-boxes.
 * Packing binds because every value is *already* in its range by other rows, checked by the compiler from
 * the intervals before it packs; then a word below 2^253 < r has one meaning.
 */
export function constrainCommitment(
  builder: R1csBuilder,
  poseidon: PoseidonGadget,
  spec: TensorSpec,
  values: LinearForms,
  salt: number,
  commitment: number,
): void {
  const one = builder.scaled(1);
  const single = (wire: number): WordForm => ({ wires: [wire], coefficients: [one], constant: 0n });
  const words: PoseidonInput[] = [domainWord(spec), single(salt)];
  const perWord = valuesPerWord(spec.bits);
  for (let start = 0; start < spec.count; start += perWord) {
    const word = packForm(builder, spec, values, start, Math.min(start + perWord, spec.count));
    words.push(perWord > MOST_VALUES_IN_A_FORM ? single(materialise(builder, word)) : word);
  }
  const chunks = hashChunks(words.length);
  let carried: number | undefined;
  for (const [i, { start, end, zeros }] of chunks.entries()) {
    const inputs = [...words.slice(start, end), ...new Array<bigint>(zeros).fill(0n)];
    if (carried !== undefined) inputs.unshift(single(carried));
    const hash = i === chunks.length - 1 ? commitment : builder.newWires(1);
    poseidon.constrain(inputs, hash);
    carried = hash;
  }
}

/** Rows of {@link constrainCommitment}. */
export function commitmentRows({ count, bits }: TensorSpec): number {
  const perWord = valuesPerWord(bits);
  const packed = Math.ceil(count / perWord);
  const hashing = hashChunks(packed + 2).reduce((sum, { start, end, zeros }) => {
    const inputs = end - start + zeros + (start === 0 ? 0 : 1);
    return sum + poseidonRows(inputs, zeros + (start === 0 ? 1 : 0));
  }, 0);
  return hashing + (perWord > MOST_VALUES_IN_A_FORM ? packed : 0);
}

/** The wires of {@link constrainCommitment} in its order; the commitment. */
export function assignCommitment(
  writer: WitnessWriter,
  spec: TensorSpec,
  values: TensorValues,
  salt: bigint,
): bigint {
  const packed = packValues(spec, values);
  if (valuesPerWord(spec.bits) > MOST_VALUES_IN_A_FORM) for (const word of packed) writer.nextField(word);
  const words = [domainWord(spec), salt, ...packed];
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

function packForm(
  builder: R1csBuilder,
  spec: TensorSpec,
  values: LinearForms,
  start: number,
  end: number,
): WordForm {
  const wires: number[] = [];
  const coefficients: number[] = [];
  const collector: Pick<MatrixBuilder, 'push'> = {
    push: (wire, coefficient) => {
      wires.push(wire);
      coefficients.push(coefficient);
    },
  };
  const offset = BigInt(-boundsOf(spec).low);
  let constant = 0n;
  for (let i = start; i < end; i++) {
    const shift = (i - start) * spec.bits;
    values.pushTo(collector, builder, i, 1, shift);
    constant += offset << BigInt(shift);
  }
  return { wires, coefficients, constant };
}

/** One row: a new wire that equals the form. */
function materialise(builder: R1csBuilder, { wires, coefficients, constant }: WordForm): number {
  const wire = builder.newWires(1);
  if (constant !== 0n) builder.c.push(0, builder.coefficient(constant));
  for (let i = 0; i < wires.length; i++) builder.c.push(wires[i], coefficients[i]);
  builder.c.push(wire, builder.scaled(-1));
  builder.endRow();
  return wire;
}
