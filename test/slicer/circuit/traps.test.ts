import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitTensor, packValues } from '../../../protocol/commitment/commit.ts';
import { LinearBatch } from '../../../slicer/circuit/rows/batch.ts';
import { R1csBuilder } from '../../../slicer/circuit/rows/builder.ts';
import { firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { planArgmax } from '../../../slicer/circuit/gadgets/argmax.ts';
import { planMax } from '../../../slicer/circuit/gadgets/max.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { intervalsOf } from '../../../slicer/integer/intervals.ts';
import type {
  IntegerProgram,
  IntegerRange,
  ProgramNode,
  ProgramTensor,
} from '../../../slicer/integer/program.ts';
import { PoolPlanner } from '../../../slicer/circuit/nodes/plans/pool.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1cs } from '../../../groth16/formats/r1cs.ts';
import { inputForms } from './forms.ts';
import { allZeroCircuit, maxCircuit, rescaleCircuit } from './gadgets.ts';
import { ProgramBuilder, lenetFeatures } from './programs.ts';
import { mod, wiresOf } from './support.ts';

/** The witness with several wires changed at once. */
function forged(witness: readonly bigint[], changes: Readonly<Record<number, bigint>>): bigint[] {
  return witness.map((value, wire) => (wire in changes ? mod(changes[wire]) : value));
}

describe('several equations in one row', () => {
  /** Two range checks x_j = Σ 2^i · bit_i of n bits, in one row; wires 1 and 2 are the x_j. */
  function twoRanges(n: number, width: number): R1cs {
    const builder = new R1csBuilder({ publicInputs: 0, privateInputs: 2 });
    const batch = new LinearBatch(builder);
    const forms = inputForms(2);
    for (const x of [0, 1]) {
      const bits = builder.newWires(n);
      batch.open(width);
      batch.form(forms, x, 1);
      for (let i = 0; i < n; i++) {
        builder.boolean(bits + i);
        batch.term(bits + i, -1, i);
      }
    }
    batch.end();
    return builder.finish();
  }
  const n = 4;
  const bitsOf = (value: number): bigint[] => Array.from({ length: n }, (_, i) => BigInt((value >> i) & 1));

  it('lets an error of one pay for another when the slots are too narrow', () => {
    // x_0 = 8 is claimed to be 0 and x_1 = 4 to be 5: 8 − 0 + 2^3 · (4 − 5) = 0.
    const witness = [1n, 8n, 4n, ...bitsOf(0), ...bitsOf(5)];
    expect(firstBrokenRow(twoRanges(n, 3), witness)).toBeUndefined();
    expect(firstBrokenRow(twoRanges(n, n), witness)).toBeDefined();
  });

  it('takes no wrong pair of bits in slots of n bits, for all of them', () => {
    const r1cs = twoRanges(n, n);
    const row = r1cs.constraints - 1;
    expect([...r1cs.c.offsets.slice(row)]).toEqual([0, 2 + 2 * n]);
    for (const [x, y] of [
      [0, 0],
      [8, 4],
      [15, 15],
      [15, 0],
    ]) {
      for (let claim = 0; claim < 256; claim++) {
        const witness = [1n, BigInt(x), BigInt(y), ...bitsOf(claim & 15), ...bitsOf(claim >> 4)];
        expect(firstBrokenRow(r1cs, witness) === undefined).toBe(claim === x + 16 * y);
      }
    }
  });
});

describe('maxima over maxima in one batch', () => {
  it('gives every equation a slot that holds it whatever the booleans say', () => {
    const program = lenetFeatures(10, 3, () => 0);
    const [conv] = program.nodes;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -127, max: 127 }), { minLength: 75, maxLength: 75 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        (weights, stream: Iterator<number, number>) => {
          if (conv.kind !== 'conv') throw new Error('expected a convolution first');
          const drawn = { ...conv, weights: Int32Array.from(weights) };
          const changed = { ...program, nodes: [drawn, ...program.nodes.slice(1)] };
          const pool = changed.nodes[1];
          if (pool.kind !== 'max-pool') throw new Error('expected pooling second');
          const planner = new PoolPlanner(changed, pool, intervalsOf(changed));
          for (const channel of [0, 1, 2]) {
            const window = { channel, output: channel, rows: [0, 1], columns: [0, 1] };
            const extreme = stream.next().value % 2 === 0;
            const pixels = Array.from({ length: 36 }, () => {
              const pixel = stream.next().value;
              return extreme ? (pixel % 2) * 255 : pixel;
            });
            const acc = (row: number, column: number): bigint => {
              let sum = BigInt(conv.bias[channel]);
              for (let k = 0; k < 25; k++) {
                const pixel = pixels[(row + Math.floor(k / 5)) * 6 + column + (k % 5)];
                sum += BigInt(weights[channel * 25 + k] * pixel);
              }
              return sum;
            };
            const slots = [acc(0, 0), acc(0, 1), acc(1, 0), acc(1, 1)];
            for (const { left, right, plan } of planner.steps(window)) {
              if (plan.kind !== 'compare') {
                slots.push(slots[plan.kind === 'left' ? left : right]);
                continue;
              }
              // Any bits at all: the equation is not known to hold yet.
              const lower = stream.next().value % 2 === 0 ? 0n : (1n << BigInt(plan.k)) - 1n;
              const sign = BigInt(stream.next().value % 2);
              const half = 1n << BigInt(plan.k);
              const equation = slots[left] - slots[right] + half - lower - sign * half;
              const size = equation < 0n ? -equation : equation;
              expect(size < 1n << BigInt(plan.width)).toBe(true);
              slots.push(slots[right] + sign * lower);
            }
          }
        },
      ),
    );
  });

  it.each([
    ['bytes', 8, [5, 5], [3, 3], 127],
    // Here one pair is often just one farther apart than another, which may be a bit.
    ['bits', 1, [1, 3], [1, 3], 4],
    ['bits of an image', 1, [2, 2], [2, 2], 3],
  ] as const)(
    'expects any two elements of a window as far apart as inputs can put them: %s',
    (_, bits, kernel, pool, bound) => {
      const [height, width] = [kernel[0] + pool[0] - 1, kernel[1] + pool[1] - 1];
      const taps = kernel[0] * kernel[1];
      const most = 2 ** bits - 1;
      const places = { rows: [...Array(pool[0]).keys()], columns: [...Array(pool[1]).keys()] };
      const elements = places.rows.flatMap((row) => places.columns.map((column) => [row, column] as const));
      const limits = { minLength: 2 * taps, maxLength: 2 * taps };
      fc.assert(
        fc.property(fc.array(fc.integer({ min: -bound, max: bound }), limits), (weights) => {
          const left = [...weights];
          const build = new ProgramBuilder();
          const x = build.input([1, 1, height, width], { signed: false, bits });
          const acc = build.conv(x, 2, { kernel }, () => left.shift() ?? 0);
          build.maxPool(acc, pool, pool);
          const program = build.program([]);
          const node = program.nodes[1];
          if (node.kind !== 'max-pool') throw new Error('expected pooling second');
          const planner = new PoolPlanner(program, node, intervalsOf(program));
          const channel = 1;
          const weightAt = (row: number, column: number): number =>
            row < 0 || column < 0 || row >= kernel[0] || column >= kernel[1]
              ? 0
              : weights[channel * taps + row * kernel[1] + column];
          /** Ends of the first element less the second; a pixel stands in both. */
          const apart = (first: number, second: number): readonly [bigint, bigint] => {
            const [[top, from], [otherTop, otherFrom]] = [elements[first], elements[second]];
            let [low, high] = [0, 0];
            for (let i = 0; i < height * width; i++) {
              const [row, column] = [Math.floor(i / width), i % width];
              const gain = weightAt(row - top, column - from) - weightAt(row - otherTop, column - otherFrom);
              low += Math.min(0, most * gain);
              high += Math.max(0, most * gain);
            }
            return [BigInt(low), BigInt(high)];
          };
          const leaves = elements.map((_element, i) => [i]);
          for (const { left: one, right: other, plan } of planner.steps({
            channel,
            output: channel,
            ...places,
          })) {
            for (const [low, high] of leaves[one].flatMap((l) => leaves[other].map((r) => apart(l, r)))) {
              const half = plan.kind === 'compare' ? 1n << BigInt(plan.k) : 0n;
              if (plan.kind !== 'right') expect(low).toBeGreaterThanOrEqual(-half);
              if (plan.kind === 'compare') expect(high).toBeLessThan(half);
              if (plan.kind === 'right') expect(high).toBeLessThanOrEqual(0n);
            }
            leaves.push(
              plan.kind === 'compare'
                ? [...leaves[one], ...leaves[other]]
                : leaves[plan.kind === 'left' ? one : other],
            );
          }
        }),
        { numRuns: bits === 1 ? 500 : 100 },
      );
    },
  );

  it('does so for the position of the largest, the first or the last', () => {
    // Near powers of two, where one more or less is a bit.
    const end = fc
      .tuple(fc.nat(10), fc.integer({ min: -1, max: 1 }), fc.constantFrom(-1, 1))
      .map(([power, near, sign]) => BigInt(sign * 2 ** power + near));
    const spans = fc.array(
      fc.tuple(end, end).map(([a, b]) => (a < b ? { low: a, high: b } : { low: b, high: a })),
      { minLength: 2, maxLength: 9 },
    );
    fc.assert(
      fc.property(spans, fc.boolean(), (bounds, last) => {
        // What booleans alone leave each side: no two sides of a comparison have an argument in common, so both ends are reached.
        const reach = [...bounds];
        for (const { left, right, plan } of planArgmax(bounds, last).steps) {
          const [l, r] = [reach[left], reach[right]];
          if (plan.kind !== 'compare') {
            reach.push(plan.kind === 'left' ? l : r);
            continue;
          }
          const half = 1n << BigInt(plan.k);
          expect(l.high - r.low + half).toBeLessThan(1n << BigInt(plan.width));
          expect(r.high - l.low + half - 1n).toBeLessThan(1n << BigInt(plan.width));
          reach.push({ low: r.low, high: r.high + half - 1n });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('makes a slot wider for what the maxima below it may be off', () => {
    const span = { low: -100n, high: 100n };
    const exact = { excess: 0n };
    const first = planMax(span, span, exact, exact);
    const second = planMax(span, span, { excess: 127n }, { excess: 127n });
    expect([first, second]).toEqual([
      { kind: 'compare', k: 7, width: 8 },
      { kind: 'compare', k: 7, width: 9 },
    ]);
    // Whichever of the two it is.
    for (const [left, right] of [
      [0n, 127n],
      [127n, 0n],
    ]) {
      expect(planMax(span, span, { excess: left }, { excess: right })).toEqual(second);
    }
  });
});

describe('a rescale', () => {
  const relu = rescaleCircuit({
    low: -60,
    high: 60,
    shift: 2,
    relu: true,
    range: { signed: false, bits: 4 },
  });
  // q, then 7 bits: V = acc + 2 + 64.
  const [q, bits] = [2, 3];

  it('does not let a remainder borrow from the quotient', () => {
    const witness = relu.witness([21n]);
    expect(witness[q]).toBe(5n);
    // 23 = 5 · 4 + 3 as 6 · 4 − 1: q one up, and the remainder's bits as −1.
    const borrowed = forged(witness, {
      [q]: 6n,
      [bits]: -1n,
      [bits + 1]: 0n,
      [bits + 3]: 1n,
      [bits + 2]: 0n,
    });
    expect(firstBrokenRow(relu.r1cs, borrowed)).toBeDefined();
  });

  it('does not let a negative accumulator pass as positive through the order of the field', () => {
    const witness = relu.witness([-40n]);
    expect(witness[q]).toBe(0n);
    const positive = forged(witness, { [bits + 6]: 1n, [q]: 8n });
    expect(firstBrokenRow(relu.r1cs, positive)).toBeDefined();
    const wrapped = forged(witness, { [bits]: witness[bits] + SCALAR_FIELD - 64n, [bits + 6]: 1n, [q]: 8n });
    expect(firstBrokenRow(relu.r1cs, wrapped)).toBeDefined();
  });

  it('does not let a claim of the sign alone, with the other bits recomputed, change the result', () => {
    for (let acc = -60; acc <= 60; acc++) {
      const witness = relu.witness([BigInt(acc)]);
      for (let claim = 0; claim < 128; claim++) {
        const upper = BigInt((claim >> 2) & 15);
        const changes: Record<number, bigint> = { [q]: claim >= 64 ? upper : 0n };
        for (let i = 0; i < 7; i++) changes[bits + i] = BigInt((claim >> i) & 1);
        const right = claim === acc + 2 + 64;
        expect(firstBrokenRow(relu.r1cs, forged(witness, changes)) === undefined).toBe(right);
      }
    }
  });

  it('does not let a clamp be claimed or denied', () => {
    const clamp = rescaleCircuit({
      low: -60,
      high: 250,
      shift: 1,
      relu: true,
      range: { signed: false, bits: 4 },
    });
    const { r1cs, plan } = clamp;
    expect(plan.over).toBe(3);
    const last = r1cs.wires - 1;
    for (const [acc, wrong] of [
      [200n, 200n >> 1n],
      [10n, 15n],
      [-8n, 15n],
    ]) {
      const witness = clamp.witness([acc]);
      const e = 1n - witness[last];
      for (const helper of [0n, 4n, -2n, witness[last - 1]]) {
        expect(
          firstBrokenRow(r1cs, forged(witness, { [q]: wrong, [last]: e, [last - 1]: helper })),
        ).toBeDefined();
      }
      expect(firstBrokenRow(r1cs, forged(witness, { [q]: wrong }))).toBeDefined();
    }
  });
});

describe('a test for zero', () => {
  it('takes neither answer for the other with any helper, and no helper that is free', () => {
    for (const count of [3, 7]) {
      const { r1cs, witness } = allZeroCircuit(count);
      const [helper, e] = [r1cs.wires - 2, r1cs.wires - 1];
      for (const ones of [0, 2]) {
        const honest = witness(Array.from({ length: count }, (_, i) => (i < ones ? 1n : 0n)));
        for (const inverse of [0n, 1n, 5n, -1n, (SCALAR_FIELD + 1n) / 2n]) {
          expect(
            firstBrokenRow(r1cs, forged(honest, { [helper]: inverse, [e]: 1n - honest[e] })),
          ).toBeDefined();
          if (inverse === honest[helper]) continue;
          expect(firstBrokenRow(r1cs, forged(honest, { [helper]: inverse }))).toBeDefined();
        }
      }
    }
  });
});

describe('a maximum', () => {
  it('does not let the smaller value win', () => {
    const { r1cs, witness, plan } = maxCircuit(-50n, 50n);
    if (plan.kind !== 'compare') throw new Error('expected a comparison');
    const [bits, sign, product] = [3, 3 + plan.k, 4 + plan.k];
    for (const [left, right] of [
      [30n, 10n],
      [10n, 30n],
    ]) {
      const honest = witness([left, right]);
      const flipped = 1n - honest[sign];
      const lower = Array.from({ length: plan.k }, (_, i) => honest[bits + i] << BigInt(i)).reduce(
        (a, b) => a + b,
      );
      for (const claimed of [0n, lower, left - right, right - left]) {
        const changes = { [sign]: flipped, [product]: claimed };
        expect(firstBrokenRow(r1cs, forged(honest, changes))).toBeDefined();
        // The bits made to fit the flipped sign: the lowest takes what no boolean can.
        const fitted = left - right + (1n << BigInt(plan.k)) - (flipped << BigInt(plan.k)) - lower;
        expect(
          firstBrokenRow(r1cs, forged(honest, { ...changes, [bits]: honest[bits] + fitted })),
        ).toBeDefined();
      }
    }
  });
});

describe('packing', () => {
  const build = new ProgramBuilder();
  const x = build.input([1, 4], { signed: false, bits: 8 });
  const program = build.program([
    build.rescale(
      build.gemm(x, 1, () => 1),
      0,
      { signed: false, bits: 11 },
    ),
  ]);
  const { r1cs, computeWitness, inputs } = compileSlice(program);
  const values = Float64Array.of(5, 9, 1, 2);
  const request = { inputs: [values], inputSalts: [77n], outputSalts: [78n], tag: 79n };
  const honest = wiresOf(computeWitness(request).values);
  const first = 4;

  it('binds only because each value is ranged: the same word from values outside their bits breaks a range row', () => {
    expect(honest.slice(first, first + 4)).toEqual([5n, 9n, 1n, 2n]);
    // 5 + 9 · 2^8 = 261 + 8 · 2^8: the commitment stays, the values don't.
    const shifted = forged(honest, { [first]: 261n, [first + 1]: 8n });
    const broken = firstBrokenRow(r1cs, shifted);
    expect(broken).toBeDefined();
    expect(broken).toBeLessThan(4 * 8);
  });

  it('binds length and width through the domain word', () => {
    const [spec] = inputs;
    const longer = { ...spec, count: 6 };
    expect(packValues(spec, values)).toEqual(packValues(longer, [...values, 0, 0]));
    expect(commitTensor(spec, values, 77n)).not.toBe(commitTensor(longer, [...values, 0, 0], 77n));
    const wide = { count: 1, bits: 32, signed: false };
    const word = 5 + 9 * 2 ** 8 + 2 ** 16 + 2 * 2 ** 24;
    expect(packValues(wide, [word])).toEqual(packValues(spec, values));
    expect(commitTensor(wide, [word], 77n)).not.toBe(commitTensor(spec, values, 77n));
  });

  it('does not let values, bits and commitment of another input keep the output', () => {
    const other = wiresOf(computeWitness({ ...request, inputs: [Float64Array.of(6, 9, 1, 2)] }).values);
    const mixed = honest.map((value, wire) => (wire === first ? other[wire] : value));
    expect(firstBrokenRow(r1cs, mixed)).toBeDefined();
    // All of the other input's wires, with the honest signals.
    expect(firstBrokenRow(r1cs, [...honest.slice(0, first), ...other.slice(first)])).toBeDefined();
  });
});

describe('accumulators past the field', () => {
  it('are refused when the circuit is made, not when a witness is', () => {
    const builder = new R1csBuilder({ publicInputs: 0, privateInputs: 1 });
    const batch = new LinearBatch(builder);
    expect(() => batch.open(254)).toThrow(expect.objectContaining({ code: 'CIRCUIT_TOO_WIDE' }));
    expect(() => batch.open(253)).not.toThrow();
  });
});

describe('constants past 2^53', () => {
  // x in {0, 1}; q = x + least; 2^30 · (q − least) + (0 · x + extra), which is in [extra, 2^30 + extra].
  const bit = { signed: false, bits: 1 };
  const wide = { signed: false, bits: 32 };
  const tensor = (name: string, range?: IntegerRange): ProgramTensor => ({
    name,
    shape: [1, 1],
    scale: 0,
    ...(range ? { range } : {}),
  });
  const gemm = (input: number, output: number, weight: number, bias: number): ProgramNode => ({
    kind: 'gemm',
    name: `gemm ${output}`,
    input,
    output,
    weights: Int32Array.of(weight),
    bias: Float64Array.of(bias),
  });
  const rescale = (input: number, output: number): ProgramNode => ({
    kind: 'rescale',
    name: `rescale ${output}`,
    input,
    output,
    shift: 0,
    relu: false,
  });
  const shifted = (least: number, extra: number): IntegerProgram => ({
    tensors: [
      tensor('x', bit),
      tensor('a'),
      tensor('q', wide),
      tensor('b'),
      tensor('c'),
      tensor('s'),
      tensor('y', wide),
    ],
    inputs: [0],
    outputs: [6],
    nodes: [
      gemm(0, 1, 1, least),
      rescale(1, 2),
      gemm(2, 3, 1, -least),
      gemm(0, 4, 0, extra),
      { kind: 'add', name: 'add', inputs: [3, 4], shifts: [30, 0], output: 5 },
      rescale(5, 6),
    ],
  });

  it('are refused: rounded in a double, the circuit would take 2^30 for 2^30 + 201', () => {
    const program = shifted(2 ** 32 - 2, 201);
    expect(evaluateOutputs(program, [Float64Array.of(1)])).toEqual([Float64Array.of(2 ** 30 + 201)]);
    // The values stay far below 2^53, but the constant of their form, −2^30 · least + 201, does not fit.
    expect(-(2 ** 30) * (2 ** 32 - 2) + 201).toBe(-(2 ** 30) * (2 ** 32 - 2));
    expect(() => compileSlice(program)).toThrow(expect.objectContaining({ code: 'CIRCUIT_TOO_WIDE' }));
  });

  it('are no constants below it: the same program with a smaller one is proved exactly', () => {
    const { r1cs, computeWitness } = compileSlice(shifted(2 ** 22, 201));
    const request = { inputs: [Float64Array.of(1)], inputSalts: [5n], outputSalts: [6n], tag: 7n };
    const { values, outputs } = computeWitness(request);
    expect(outputs).toEqual([Float64Array.of(2 ** 30 + 201)]);
    expect(firstBrokenRow(r1cs, wiresOf(values))).toBeUndefined();
  });
});
