import type { Exacts } from '../../integer/exact.ts';
import { createHash } from 'node:crypto';
import type { HashedChallenge } from '../../../groth16/audit/unique/roles.ts';
import type { IntegerProgram } from '../../integer/program.ts';
import { encodeProgram } from '../../integer/serialise.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { assignHash, constrainHash, hashRows } from '../gadgets/hash.ts';
import type { PoseidonGadget, PoseidonInput } from '../gadgets/poseidon.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { AssignMachine } from './assign-machine.ts';
import type { AssignedForm } from './assign-machine.ts';
import type { WireForm } from './constrain-machine.ts';
import { ConstrainMachine, formOf } from './constrain-machine.ts';
import type { CheckForm, CheckMachine } from './machine.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { ProductCheck } from './plan.ts';
import { accumulatorsAWord, rowsOfChecks, runChecks } from './plan.ts';

const LABEL = 'sliceproof product checks v1';

/**
 * Product checks whose challenge is a hash in the circuit.
 *
 * Statement: every checked accumulator is the integer that its operator makes of the operator's inputs.
 * Constraints: a linear row a word of ⌊253 / bits⌋ accumulators, the hash, and the checks' rows.
 * Argument: the challenge is Poseidon of the program's digest, the commitments of the slice's inputs, and all
 * checked accumulators, each word binding because they are ranged before. What a check compares follows from
 * what is hashed: its inputs are the slice's inputs, or follow from those and from accumulators by rows that know
 * nothing of the challenge. So the difference of the two sides is a polynomial that is fixed before X is known
 * (Poseidon as a random oracle). If an accumulator is wrong it isn't zero, and X is one of its roots with
 * probability at most degree / r a hash that is tried; degree is below the number of accumulators.
 */
export function constrainProducts(
  builder: R1csBuilder,
  poseidon: PoseidonGadget,
  program: IntegerProgram,
  checks: readonly ProductCheck[],
  commitments: readonly number[],
  forms: readonly LinearForms[],
  ranged: (check: ProductCheck) => (index: number) => WireForm,
): HashedChallenge {
  const machine = new ConstrainMachine(builder, (tensor) => forms[tensor]);
  const asInput = ({ wires }: WireForm): PoseidonInput => ({
    wires,
    coefficients: wires.map(() => builder.scaled(1)),
    constant: 0n,
  });
  const words = wordsOf(machine, checks, ranged);
  const challenge = builder.newWires(1);
  const hashed = [...commitments.map(formOf), ...words];
  constrainHash(builder, poseidon, [programWord(program), ...hashed.map(asInput)], challenge);
  runChecks(machine, formOf(challenge), checks, ranged);
  return { challenge, words: hashed.flatMap(({ wires }) => wires) };
}

/** Rows of {@link constrainProducts}. */
export function productRows(program: IntegerProgram, checks: readonly ProductCheck[]): number {
  if (checks.length === 0) return 0;
  const words = checks.reduce(
    (sum, check) => sum + Math.ceil(check.live.length / accumulatorsAWord(check)),
    0,
  );
  return words + hashRows(1 + program.inputs.length + words) + rowsOfChecks(checks);
}

/** The wires of {@link constrainProducts} in its order. */
export function assignProducts(
  writer: WitnessWriter,
  program: IntegerProgram,
  checks: readonly ProductCheck[],
  commitments: readonly bigint[],
  values: readonly Exacts[],
): void {
  const machine = new AssignMachine(writer, values);
  const ranged =
    ({ rescale }: ProductCheck) =>
    (index: number): AssignedForm =>
      machine.value(rescale.input, index);
  const words = wordsOf(machine, checks, ranged);
  const wire = writer.skip();
  const hash = assignHash(writer, [programWord(program), ...commitments, ...words.map(({ value }) => value)]);
  writer.setField(wire, hash);
  runChecks(machine, { length: 1, value: hash }, checks, ranged);
}

/** The accumulators of all checks, as digits of wires. */
function wordsOf<F extends CheckForm>(
  machine: CheckMachine<F>,
  checks: readonly ProductCheck[],
  ranged: (check: ProductCheck) => (index: number) => F,
): readonly F[] {
  return checks.flatMap((check) => {
    const perWord = accumulatorsAWord(check);
    const accumulator = ranged(check);
    const words: F[] = [];
    for (let start = 0; start < check.live.length; start += perWord) {
      const digits = check.live
        .slice(start, start + perWord)
        .map((index, i) => [accumulator(index), 1n << BigInt(i * check.bits)] as const);
      words.push(machine.wire(machine.sum(digits)));
    }
    return words;
  });
}

/**
 * Names the program in the hash, below 2^253: whoever makes a model may not choose its weights after the
 * challenge either.
 */
function programWord(program: IntegerProgram): bigint {
  const digest = createHash('sha256').update(LABEL).update(encodeProgram(program)).digest('hex');
  return BigInt(`0x${digest}`) >> 3n;
}
