import { exact, exactsOf } from '../../../slicer/integer/exact.ts';
import { describe, expect, it } from 'vitest';
import { R1csBuilder } from '../../../slicer/circuit/rows/builder.ts';
import { firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { assignRange, constrainRange } from '../../../slicer/circuit/gadgets/bits.ts';
import { assignHash, constrainHash } from '../../../slicer/circuit/gadgets/hash.ts';
import { PoseidonGadget } from '../../../slicer/circuit/gadgets/poseidon.ts';
import { assignRescale, constrainRescale, planRescale } from '../../../slicer/circuit/gadgets/rescale.ts';
import { LinearForms } from '../../../slicer/circuit/rows/linear.ts';
import { invert } from '../../../slicer/circuit/poseidon/field.ts';
import { RangedAccumulators } from '../../../slicer/circuit/products/accumulators.ts';
import type { AssignedForm } from '../../../slicer/circuit/products/assign-machine.ts';
import { AssignMachine } from '../../../slicer/circuit/products/assign-machine.ts';
import { ConstrainMachine, formOf } from '../../../slicer/circuit/products/constrain-machine.ts';
import type { CheckForm, CheckMachine } from '../../../slicer/circuit/products/machine.ts';
import type { CheckedMatrices } from '../../../slicer/circuit/products/matrices.ts';
import { checkMatrices, chooseMatrixSlots } from '../../../slicer/circuit/products/matrices.ts';
import { Powers } from '../../../slicer/circuit/products/powers.ts';
import type { CheckedWindows } from '../../../slicer/circuit/products/windows.ts';
import { checkWindows, chooseWindowSlots } from '../../../slicer/circuit/products/windows.ts';
import { WitnessWriter } from '../../../slicer/circuit/witness/witness-writer.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1cs } from '../../../groth16/formats/r1cs.ts';
import { equationDifferences } from './equation-differences.ts';
import { reduceBasis, reduceVector } from './lattice.ts';
import { mod, wiresOf } from './support.ts';

const INPUTS = 12;
const OUTPUTS = 18;
const INPUT_BITS = 8;
const SHIFT = 20;
const weights = Array.from({ length: INPUTS * OUTPUTS }, (_, i) => ((i * 7919 + 31) % 8191) - 4095);
/** acc[o] = Σ_i weight · input: 18 sums of about 24 bits, of which a rescale drops 20. */
const gemm: CheckedWindows = {
  channels: INPUTS,
  filters: Array.from({ length: OUTPUTS }, (_, filter) => filter),
  axes: [axisOf(1), axisOf(1)],
  weight: (filter, channel) => weights[filter * INPUTS + channel],
  bias: () => 0,
  tensor: 0,
  input: (channel) => channel,
  output: (filter) => filter,
};
const bound =
  255 *
  Math.max(...gemm.filters.map((o) => sumOf(weights.slice(o * INPUTS, (o + 1) * INPUTS).map(Math.abs))));
const plan = planRescale({ low: exact(-bound), high: exact(bound) }, SHIFT, false, { signed: true, bits: 8 });
const BITS = plan.n + 1;
const slots = chooseWindowSlots(gemm, Math.floor(253 / BITS));
const inputs = Float64Array.from({ length: INPUTS }, (_, i) => (i * 37) % 256);
const sums = Float64Array.from(gemm.filters, (o) =>
  sumOf(Array.from(inputs, (x, i) => weights[o * INPUTS + i] * x)),
);

type Hashed = 'accumulators' | 'rescaled outputs';

describe('a product check', () => {
  it('whose challenge covers only the rescaled outputs proves a wrong one after a lattice reduction', () => {
    const circuit = gemmCircuit('rescaled outputs');
    expect(circuit.brokenBy(sums)).toBeUndefined();
    const wrong = forge(circuit);
    expect(outputOf(wrong[0])).toBe(outputOf(sums[0]) + 1);
    expect(circuit.brokenBy(wrong)).toBeUndefined();
  });

  it('whose challenge covers the accumulators does not', () => {
    const circuit = gemmCircuit('accumulators');
    expect(circuit.brokenBy(sums)).toBeUndefined();
    // The forgery is good for the challenge that it was made for, and the accumulators then have another one.
    expect(circuit.brokenBy(forge(circuit))).toBe(circuit.lastRow);
    for (const [index, error] of [
      [0, 1],
      [7, -1],
      [17, 2 ** SHIFT],
    ]) {
      expect(circuit.brokenBy(sums.with(index, sums[index] + error))).toBe(circuit.lastRow);
    }
  });

  it('whose weights share one base for several indices takes errors that cancel, under any challenge', () => {
    const errors = (exponentOf: (o: number, y: number, x: number) => number, challenge: bigint): bigint =>
      mod(challenge ** BigInt(exponentOf(0, 0, 1)) - challenge ** BigInt(exponentOf(0, 1, 0)), SCALAR_FIELD);
    for (const challenge of [2n, 12345678901234567890n]) {
      expect(errors((o, y, x) => o + y + x, challenge)).toBe(0n);
      expect(errors((o, y, x) => (o * 2 + y) * 2 + x, challenge)).not.toBe(0n);
    }
    // In the real checks no two places' errors cancel, in a circuit of lookups neither, where no places share a power.
    for (const differenceOf of [
      convolutionError(5, 50),
      convolutionError(1, 0),
      matrixError(5, 50),
      matrixError(1, 0),
    ]) {
      expect(differenceOf(new Map())).toBe(0n);
      for (const first of Array.from({ length: PLACES }, (_, i) => i)) {
        expect(differenceOf(new Map([[first, 1n]]))).not.toBe(0n);
        for (const second of Array.from({ length: first }, (_, i) => i)) {
          for (const sign of [1n, -1n]) {
            const errors = new Map([
              [first, 1n],
              [second, sign],
            ]);
            expect(differenceOf(errors)).not.toBe(0n);
          }
        }
      }
    }
  });

  it('binds digits of one number only because each is ranged', () => {
    // Two accumulators that share a power: 2^BITS more of the lower is one less of the higher.
    const shared = 1n << BigInt(BITS);
    const [lower, higher] = [0, slots.filters > 1 ? Math.ceil(OUTPUTS / slots.filters) : 1];
    const wrong = sums.with(lower, sums[lower] + Number(shared)).with(higher, sums[higher] - 1);
    expect(gemmDifference(wrong, 987654321n)).toBe(0n);
    expect(() => gemmCircuit('accumulators').brokenBy(wrong)).toThrow('bits');
  });
});

interface GemmCircuit {
  readonly hashed: Hashed;
  /** The row that says that both sides of the check are equal. */
  readonly lastRow: number;
  /** The first row that a witness for these accumulators breaks, its challenge computed as the circuit does. */
  brokenBy(accumulators: Float64Array): number | undefined;
}

function gemmCircuit(hashed: Hashed): GemmCircuit {
  const builder = new R1csBuilder({ publicInputs: 0, privateInputs: INPUTS });
  const forms = new LinearForms();
  for (let i = 0; i < INPUTS; i++) {
    constrainRange(builder, 1 + i, 0, INPUT_BITS);
    forms.term(1 + i, 1);
    forms.close(0);
  }
  const ranged = new RangedAccumulators();
  const outputs = new LinearForms();
  for (let o = 0; o < OUTPUTS; o++) constrainRescale(builder, ranged, plan, outputs, o, outputs);
  const accumulators = ranged.finish();
  const machine = new ConstrainMachine(builder, (tensor) => (tensor === 0 ? forms : outputs));
  const accumulator = (o: number) => accumulators[o] ?? machine.nothing;
  const words = wordsOf(machine, hashed, accumulator);
  const challenge = builder.newWires(1);
  const asInput = ({ wires }: { readonly wires: readonly number[] }) => ({
    wires,
    coefficients: wires.map(() => builder.scaled(1)),
    constant: 0n,
  });
  constrainHash(builder, new PoseidonGadget(builder), [7n, ...words.map(asInput)], challenge);
  checkWindows(machine, new Powers(machine, formOf(challenge)), gemm, slots, BITS, accumulator, 1n);
  const r1cs: R1cs = builder.finish();
  return {
    hashed,
    lastRow: r1cs.constraints - 1,
    brokenBy(values) {
      const writer = new WitnessWriter(r1cs.wires, 1 + INPUTS);
      writer.set(0, 1);
      for (const [i, x] of inputs.entries()) {
        writer.set(1 + i, exact(x));
        assignRange(writer, exact(x), 0, INPUT_BITS);
      }
      for (const acc of values) assignRescale(writer, plan, exact(acc), exact(outputOf(acc)));
      const assign = new AssignMachine(writer, [inputs, values.map(outputOf), values].map(exactsOf));
      const words = wordsOf(assign, hashed, (o) => assign.value(2, o)).map(({ value }) => value);
      const wire = writer.skip();
      const value = assignHash(writer, [7n, ...words]);
      writer.setField(wire, value);
      checkWindows(
        assign,
        new Powers(assign, { length: 1, value }),
        gemm,
        slots,
        BITS,
        (o) => assign.value(2, o),
        1n,
      );
      return firstBrokenRow(r1cs, wiresOf(writer.bytes));
    },
  };
}

/** The inputs in one word, and one accumulator or output a word. */
function wordsOf<F extends CheckForm>(
  machine: CheckMachine<F>,
  hashed: Hashed,
  accumulator: (o: number) => F,
): readonly F[] {
  const values = gemm.filters.map((o) => (hashed === 'accumulators' ? accumulator(o) : machine.value(1, o)));
  const packed = Array.from(inputs, (_, i) => [machine.value(0, i), 1n << BigInt(i * INPUT_BITS)] as const);
  return [
    machine.sum(packed),
    ...values.map((value) => [[value, 1n]] as const).map((sum) => machine.sum(sum)),
  ].map((word) => machine.wire(word));
}

/**
 * Accumulators of which the first has another output: the outputs are chosen, the challenge follows from them, and
 * the bits that are dropped are chosen so that the check holds. There are 2^360 choices, and one in r holds.
 */
function forge({ hashed }: GemmCircuit): Float64Array {
  const outputs = Array.from(sums, outputOf).map((q, o) => (o === 0 ? q + 1 : q));
  const hashedWords =
    hashed === 'accumulators' ? Array.from(sums, BigInt) : outputs.map((q) => mod(BigInt(q), SCALAR_FIELD));
  const challenge = challengeOf(hashedWords);
  const middle = Float64Array.from(outputs, (q) => leastOf(q) + 2 ** (SHIFT - 1));
  const factors = gemm.filters.map((o) => gemmDifference(sums.with(o, sums[o] + 1), challenge));
  const inverse = invert(factors[0]);
  const basis = factors.map((factor, row) =>
    factors.map((_, column) => {
      if (column === 0) return row === 0 ? SCALAR_FIELD : mod(-inverse * factor, SCALAR_FIELD);
      return row === column ? 1n : 0n;
    }),
  );
  const wanted = mod(-inverse * gemmDifference(middle, challenge), SCALAR_FIELD);
  const steps = reduceVector(reduceBasis(basis), [wanted, ...new Array<bigint>(OUTPUTS - 1).fill(0n)]);
  return middle.map((acc, o) => acc + Number(steps[o]));
}

/** The hash that the circuit takes, outside it. */
function challengeOf(words: readonly bigint[]): bigint {
  const packed = inputs.reduce((sum, x, i) => sum + (BigInt(x) << BigInt(i * INPUT_BITS)), 0n);
  const writer = new WitnessWriter(5_000, 0);
  return assignHash(writer, [7n, packed, ...words.map((word) => mod(word, SCALAR_FIELD))]);
}

/** Left side less right side of the check of these accumulators. */
function gemmDifference(values: Float64Array, challenge: bigint): bigint {
  return difference([inputs], challenge, (machine, powers) => {
    checkWindows(
      machine,
      powers,
      gemm,
      slots,
      BITS,
      accumulators((o) => BigInt(values[o])),
      1n,
    );
  });
}

/** Errors by place, and what they leave between the sides of a check. */
type Difference = (errors: ReadonlyMap<number, bigint>) => bigint;

/** Results of both of these: 2 filters at 3 × 2 positions, or a matrix of 3 × 4. */
const PLACES = 12;

/** A check of a small convolution. */
function convolutionError(most: number, bits: number): Difference {
  const axis = { ...axisOf(3), inputs: 5, outputs: 3 };
  const conv: CheckedWindows = {
    channels: 1,
    filters: [0, 1],
    axes: [axis, { ...axis, inputs: 4, outputs: 2 }],
    weight: (filter, _, tap) => filter * 9 + tap - 7,
    bias: (filter) => filter,
    tensor: 0,
    input: (_, row, column) => row * 4 + column,
    output: (filter, row, column) => (filter * 3 + row) * 2 + column,
  };
  const image = Float64Array.from({ length: 20 }, (_, i) => (i * 11) % 16);
  const truth = (index: number): bigint => {
    const [filter, row, column] = [Math.floor(index / 6), Math.floor(index / 2) % 3, index % 2];
    let sum = filter;
    for (let tap = 0; tap < 9; tap++) {
      sum += (filter * 9 + tap - 7) * image[(row + Math.floor(tap / 3)) * 4 + column + (tap % 3)];
    }
    return BigInt(sum);
  };
  const chosen = chooseWindowSlots(conv, most);
  return (errors) =>
    difference([image], SOME_CHALLENGE, (machine, powers) => {
      const wrong = accumulators((index) => truth(index) + (errors.get(index) ?? 0n));
      checkWindows(machine, powers, conv, chosen, bits, wrong, 1n);
    });
}

/** A check of a product of two tensors. */
function matrixError(most: number, bits: number): Difference {
  const left = Float64Array.from({ length: 6 }, (_, i) => i - 2);
  const right = Float64Array.from({ length: 8 }, (_, i) => 5 - i * i);
  const matrices: CheckedMatrices = {
    height: 3,
    inner: 2,
    width: 4,
    tensors: [0, 1],
    left: (row, k) => row * 2 + k,
    right: (k, column) => k * 4 + column,
    output: (row, column) => row * 4 + column,
  };
  const truth = (index: number): bigint => {
    const [row, column] = [Math.floor(index / 4), index % 4];
    return BigInt(left[row * 2] * right[column] + left[row * 2 + 1] * right[4 + column]);
  };
  const chosen = chooseMatrixSlots(matrices, most);
  return (errors) =>
    difference([left, right], SOME_CHALLENGE, (machine, powers) => {
      const wrong = accumulators((index) => truth(index) + (errors.get(index) ?? 0n));
      checkMatrices(machine, powers, matrices, chosen, bits, wrong, 1n);
    });
}

const SOME_CHALLENGE = 2n ** 200n + 12345n;

const accumulators =
  (value: (index: number) => bigint) =>
  (index: number): AssignedForm => ({ length: 1, value: value(index) });

/** Left side less right side of the equation that a check ends with. */
function difference(
  tensors: readonly Float64Array[],
  challenge: bigint,
  check: (machine: CheckMachine<AssignedForm>, powers: Powers<AssignedForm>) => void,
): bigint {
  return equationDifferences(tensors, challenge, check).at(-1)!;
}

function axisOf(taps: number) {
  return { inputs: 1, outputs: 1, taps, stride: 1, dilation: 1, pad: 0 };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** What the rescale makes of an accumulator. */
function outputOf(acc: number): number {
  return Math.floor((acc + 2 ** (SHIFT - 1)) / 2 ** SHIFT);
}

/** The least accumulator with this output. */
function leastOf(q: number): number {
  return q * 2 ** SHIFT - 2 ** (SHIFT - 1);
}
