import type { TensorSpec } from '../../../protocol/commitment/commit.ts';
import { domainWord, packValues, valuesPerWord } from '../../../protocol/commitment/commit.ts';
import { boundsOf } from '../../integer/program.ts';
import type { TensorValues } from '../../integer/program.ts';
import type { MatrixBuilder, R1csBuilder } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { assignHash, constrainHash, hashRows } from './hash.ts';
import type { PoseidonGadget, PoseidonInput, WordForm } from './poseidon.ts';

/** A word of more values than this gets a wire: its form would stand three times in A and B. */
const MOST_VALUES_IN_A_FORM = 64;

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
  constrainHash(builder, poseidon, words, commitment);
}

/** Rows of {@link constrainCommitment}. */
export function commitmentRows({ count, bits }: TensorSpec): number {
  const perWord = valuesPerWord(bits);
  const packed = Math.ceil(count / perWord);
  return hashRows(packed + 2) + (perWord > MOST_VALUES_IN_A_FORM ? packed : 0);
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
  return assignHash(writer, [domainWord(spec), salt, ...packed]);
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
  const offset = -BigInt(boundsOf(spec).low);
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
