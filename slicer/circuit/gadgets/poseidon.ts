import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { MatrixBuilder, R1csBuilder } from '../rows/builder.ts';
import { ONE } from '../rows/builder.ts';
import type { AffineRow } from '../poseidon/backward.ts';
import { backwardTables, roundConstants } from '../poseidon/backward.ts';
import type { EntryTables } from '../poseidon/entry.ts';
import { entryTables } from '../poseidon/entry.ts';
import { reduce } from '../poseidon/field.ts';
import type { PoseidonParameters } from '../poseidon/parameters.ts';
import { FULL_ROUNDS, poseidonParameters } from '../poseidon/parameters.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';

/** A form over wires with indices of the builder's coefficients. */
export interface WordForm {
  readonly wires: readonly number[];
  readonly coefficients: readonly number[];
  readonly constant: bigint;
}

/** What goes into the hash: a form, or a constant of the circuit. */
export type PoseidonInput = WordForm | bigint;

/**
 * hash = circomlib's Poseidon of 1 … 16 inputs.
 *
 * Statement: hash is the first element of the permutation of (0, inputs).
 * Constraints: 3 · (8t + P) − 3 · (constants in the state, the capacity included), t = inputs + 1: 609 for 16
 * inputs of which none is constant. x^5 takes three rows: y · y = x2, x2 · x2 = x4, y · x4 = x5.
 * Argument: a wire for each S-box input y of rounds 2 on; x5 is no wire but the affine form of later S-box
 * inputs that the inverse of the mixing gives (poseidon/backward.ts), on the C side. This is a change of
 * variables by regular matrices of the plain circuit, one S-box to three rows, so the solutions correspond
 * one to one. A constant element's S-box is a constant; the second round's inputs that depend on the others
 * by that are forms (poseidon/entry.ts). All wires are functions of the inputs.
 */
export class PoseidonGadget {
  readonly #builder: R1csBuilder;
  readonly #indices = new WeakMap<AffineRow, readonly number[]>();

  constructor(builder: R1csBuilder) {
    this.#builder = builder;
  }

  /** Constrains wire `hash` to the hash of `inputs`. */
  constrain(inputs: readonly PoseidonInput[], hash: number): void {
    const state: readonly PoseidonInput[] = [0n, ...inputs];
    const parameters = poseidonParameters(state.length);
    const entry = entryTables(state.map((element) => (typeof element === 'bigint' ? element : undefined)));
    const boxes = this.#allocate(parameters, entry);
    const first = roundConstants(parameters, 0);
    const secondInputs = inputsOf(boxes.rounds[1]).slice(0, entry.kept);
    for (const [round, row] of boxes.rounds.entries()) {
      for (const box of row) {
        const { element, input } = box;
        const word = state[element];
        this.#power5(
          box,
          (side) => {
            if (round === 0 && typeof word !== 'bigint') this.#pushWord(side, word, first[element]);
            else if (input !== undefined) side.push(input, this.#builder.scaled(1));
            else this.#pushAffine(side, entry.eliminated[element - entry.kept], secondInputs);
          },
          () => {
            if (round === 0) {
              this.#pushAffine(this.#builder.c, entry.outputs[entry.variable.indexOf(element)], secondInputs);
            } else this.#pushOutput(parameters, boxes, round, element, hash);
          },
        );
      }
    }
  }

  /** Three rows of one S-box: its input goes to A and B, its output to C. */
  #power5({ square }: Box, pushInput: (side: MatrixBuilder) => void, pushOutput: () => void): void {
    const builder = this.#builder;
    pushInput(builder.a);
    pushInput(builder.b);
    builder.c.push(square, builder.scaled(1));
    builder.endRow();
    builder.product(square, square, square + 1);
    pushInput(builder.a);
    builder.b.push(square + 1, builder.scaled(1));
    pushOutput();
    builder.endRow();
  }

  #allocate({ t, partialRounds }: PoseidonParameters, entry: EntryTables): Boxes {
    const builder = this.#builder;
    const all = Array.from({ length: t }, (_, element) => element);
    const rounds = Array.from({ length: FULL_ROUNDS + partialRounds }, (_, round) =>
      activeElements(all, entry.variable, partialRounds, round).map((element): Box => {
        const isWire = hasInputWire(round, element, entry.kept);
        const start = builder.newWires(isWire ? 3 : 2);
        return { element, input: isWire ? start : undefined, square: isWire ? start + 1 : start };
      }),
    );
    const outputs = builder.newWires(t - 1);
    const before = FULL_ROUNDS / 2;
    return {
      rounds,
      outputs: all.slice(1).map((element) => outputs + element - 1),
      later: rounds.slice(before, before + partialRounds + 1).flatMap(inputsOf),
    };
  }

  #pushOutput(
    { t }: PoseidonParameters,
    { rounds, outputs, later }: Boxes,
    round: number,
    element: number,
    hash: number,
  ): void {
    const { c } = this.#builder;
    const tables = backwardTables(t);
    const before = FULL_ROUNDS / 2;
    const full = tables.full[round];
    if (round === rounds.length - 1) {
      if (element === 0) this.#pushAffine(c, tables.last, [hash, ...outputs]);
      else c.push(outputs[element - 1], this.#builder.scaled(1));
    } else if (full) {
      this.#pushAffine(c, full[element], inputsOf(rounds[round + 1]));
    } else {
      const row = round < before ? tables.intoPartial[element] : tables.partial[round - before];
      this.#pushAffine(c, row, later, later.length - row.factors.length);
    }
  }

  #pushWord(side: MatrixBuilder, word: WordForm, constant: bigint): void {
    side.push(ONE, this.#builder.coefficient(word.constant + constant));
    for (let i = 0; i < word.wires.length; i++) side.push(word.wires[i], word.coefficients[i]);
  }

  /** The row's factors times the wires from place `from` on. */
  #pushAffine(side: MatrixBuilder, row: AffineRow, wires: readonly number[], from = 0): void {
    const builder = this.#builder;
    let indices = this.#indices.get(row);
    if (!indices) {
      indices = row.factors.map((factor) => builder.coefficient(factor));
      this.#indices.set(row, indices);
    }
    if (row.constant !== 0n) side.push(ONE, builder.coefficient(row.constant));
    for (let i = from; i < wires.length; i++) side.push(wires[i], indices[i - from]);
  }
}

/** One S-box: x2 is wire `square`, x4 the wire after it. */
interface Box {
  readonly element: number;
  /** Undefined where the input is a form. */
  readonly input: number | undefined;
  readonly square: number;
}

interface Boxes {
  readonly rounds: readonly (readonly Box[])[];
  /** Outputs 1 … t − 1 of the last round. */
  readonly outputs: readonly number[];
  /** Input wires from the first partial round to the full round after the last. */
  readonly later: readonly number[];
}

function inputsOf(boxes: readonly Box[]): number[] {
  return boxes.flatMap(({ input }) => (input === undefined ? [] : [input]));
}

/** The elements whose S-box is a constraint in a round. */
function activeElements(
  all: readonly number[],
  variable: readonly number[],
  partialRounds: number,
  round: number,
): readonly number[] {
  if (round === 0) return variable;
  const partial = round >= FULL_ROUNDS / 2 && round < FULL_ROUNDS / 2 + partialRounds;
  return partial ? all.slice(0, 1) : all;
}

function hasInputWire(round: number, element: number, kept: number): boolean {
  return round > 1 || (round === 1 && element < kept);
}

/** Rows of {@link PoseidonGadget.constrain} for `count` inputs, `constants` of them constants of the circuit. */
export function poseidonRows(count: number, constants: number): number {
  const t = count + 1;
  return 3 * (FULL_ROUNDS * t + poseidonParameters(t).partialRounds - constants - 1);
}

/**
 * The wires of {@link PoseidonGadget.constrain} in its order.
 * @param inputs values; which of them are constants of the circuit says `constant`
 * @returns the hash
 */
export function assignPoseidon(
  writer: WitnessWriter,
  inputs: readonly bigint[],
  constant: readonly boolean[],
): bigint {
  const parameters = poseidonParameters(inputs.length + 1);
  const { t, partialRounds, mix } = parameters;
  const all = Array.from({ length: t }, (_, element) => element);
  const variable = all.filter((element) => element > 0 && !constant[element - 1]);
  const rounds = FULL_ROUNDS + partialRounds;
  let state: bigint[] = [0n, ...inputs];
  for (let round = 0; round < rounds; round++) {
    const constants = roundConstants(parameters, round);
    const boxed = state.map((value, i) => reduce(value + constants[i]));
    const partial = round >= FULL_ROUNDS / 2 && round < FULL_ROUNDS / 2 + partialRounds;
    const active = activeElements(all, variable, partialRounds, round);
    let next = 0;
    for (const element of partial ? [0] : all) {
      const input = boxed[element];
      const square = reduce(input * input);
      const fourth = reduce(square * square);
      boxed[element] = reduce(fourth * input);
      if (active[next] !== element) continue;
      next++;
      if (hasInputWire(round, element, variable.length)) writer.nextField(input);
      writer.nextField(square);
      writer.nextField(fourth);
    }
    if (round === rounds - 1) for (const output of boxed.slice(1)) writer.nextField(output);
    state = mix.map((row) => {
      let sum = 0n;
      for (let i = 0; i < t; i++) sum += row[i] * boxed[i];
      return sum % SCALAR_FIELD;
    });
  }
  return state[0];
}
