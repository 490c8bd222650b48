import { exact, negated, type Exact } from '../../../../slicer/integer/exact.ts';
import { describe, expect, it } from 'vitest';
import { R1csBuilder } from '../../../../slicer/circuit/rows/builder.ts';
import { circuitSize } from '../../../../slicer/circuit/count/count.ts';
import { planClamp } from '../../../../slicer/circuit/gadgets/rescale.ts';
import { LinearForms } from '../../../../slicer/circuit/rows/linear.ts';
import { LookupArgument } from '../../../../slicer/circuit/lookups/argument.ts';
import { constrainDigits } from '../../../../slicer/circuit/lookups/digits.ts';
import { constrainLookupInput } from '../../../../slicer/circuit/lookups/input.ts';
import { constrainLookupMax } from '../../../../slicer/circuit/lookups/max.ts';
import { constrainPair, functionTable } from '../../../../slicer/circuit/lookups/pair.ts';
import { constrainLookupRescale } from '../../../../slicer/circuit/lookups/rescale.ts';
import { rescaleWays } from '../../../../slicer/circuit/lookups/rescale-plan.ts';
import type { LookupTable } from '../../../../slicer/circuit/lookups/table.ts';
import type { IntegerProgram, ProgramNode } from '../../../../slicer/integer/program.ts';
import { mod, solutions } from '../support.ts';

/** A prime so large that the widths below don't wrap, and so small that all witnesses can be tried. */
const P = 257n;

/** Says of each looked-up value that it is an entry, by rows: Π (v − entry) = 0. What is proved is the gadgets' part. */
class Membership extends LookupArgument {
  readonly #rows: R1csBuilder;

  constructor(builder: R1csBuilder) {
    super(builder, 0);
    this.#rows = builder;
  }

  override commit(count = 1): number {
    return this.#rows.newWires(count);
  }

  override boolean(wire: number): void {
    this.#rows.boolean(wire);
  }

  override look({ entries }: LookupTable, forms: LinearForms, index: number): void {
    const builder = this.#rows;
    let product: number | undefined;
    for (const [i, entry] of entries.entries()) {
      forms.pushTo(builder.a, builder, index, 1, 0);
      builder.a.push(0, builder.scaled(negated(entry)));
      builder.b.push(product ?? 0, builder.scaled(1));
      if (i < entries.length - 1) {
        product = builder.newWires(1);
        builder.c.push(product, builder.scaled(1));
      }
      builder.endRow();
    }
  }
}

/**
 * The results that a gadget's rows leave for given arguments, one a witness.
 * @param constrain adds the gadget over wires 1 …; its result is the last form of `target`
 */
function resultsOf(
  given: readonly bigint[],
  constrain: (builder: R1csBuilder, lookups: Membership, target: LinearForms) => void,
): bigint[] {
  const builder = new R1csBuilder({ publicInputs: 0, privateInputs: given.length, modulus: P });
  const target = new LinearForms();
  constrain(builder, new Membership(builder), target);
  const r1cs = builder.finish();
  const values = given.map((value) => mod(value, P));
  return solutions(r1cs, values, P).map((wires) => {
    let sum = 0n;
    const constant = target.each(target.count - 1, (wire, factor) => {
      sum += BigInt(factor) * wires[wire];
    });
    return mod(sum + BigInt(constant), P);
  });
}

function wire(number: number): LinearForms {
  const forms = new LinearForms();
  forms.term(number, 1);
  forms.close(0);
  return forms;
}

describe('a gadget of lookups has one witness for each argument, and the right one', () => {
  it('digits: none outside their widths', () => {
    for (let value = -3n; value < 12n; value++) {
      const found = resultsOf([value], (_builder, lookups, target) => {
        const [digit] = constrainDigits(lookups, wire(1), 0, [1, 2]);
        target.term(digit, 1);
        target.close(0);
      });
      expect(found).toEqual(value >= 0n && value < 8n ? [value >> 1n] : []);
    }
  });

  it.each([
    [1, 2],
    [2, 2],
    [3, 2],
    [4, 2],
    [5, 3],
  ])('an input of %i bits: just its range, in digits of %i', (bits, most) => {
    for (const signed of [false, true]) {
      const least = signed ? -(2 ** (bits - 1)) : 0;
      const end = least + 2 ** bits;
      for (const value of [least - 1, least, least + 1, end - 1, end, end + 1]) {
        const found = resultsOf([BigInt(value)], (builder, lookups, target) => {
          const input = constrainLookupInput(builder, lookups, { count: 1, bits, signed }, most);
          input.pushTo(builder.c, builder, 0, 1, 0);
          builder.c.push(1, builder.scaled(-1));
          builder.endRow();
          target.copy(input, 0);
        });
        expect(found).toEqual(value >= least && value < end ? [mod(BigInt(value), P)] : []);
      }
    }
  });

  it('a pair of a function', () => {
    const f = (x: number): Exact => exact((x * x) % 4);
    const table = functionTable('squares', { start: exact(-2), end: exact(1) }, f, 2)!;
    for (let x = -2; x < 2; x++) {
      const found = resultsOf([BigInt(x)], (_builder, lookups, target) => {
        const work = new LinearForms();
        constrainPair(lookups, table, work, () => work.terms(wire(1), 0, 1), target);
      });
      expect(found).toEqual([BigInt(f(x))]);
    }
  });

  it('a maximum', () => {
    const plan = { kind: 'compare', k: 3, width: 5 } as const;
    for (const [left, right] of [
      [0, 0],
      [3, -4],
      [-4, 3],
      [2, 3],
      [-1, -1],
    ]) {
      const found = resultsOf([BigInt(left), BigInt(right)], (builder, lookups, target) => {
        const sides = [target.copy(wire(1), 0), target.copy(wire(2), 0)];
        constrainLookupMax(builder, lookups, { plan, most: 2 }, target, sides[0], sides[1]);
      });
      expect(found).toEqual([mod(BigInt(Math.max(left, right)), P)]);
    }
  });

  const seen = new Set<string>();
  it.each([
    { name: 'never outside', shift: 2, low: -1, high: 2, least: -6, most: 9 },
    { name: 'never outside, half a digit dropped', shift: 1, low: -3, high: 5, least: -6, most: 9 },
    {
      name: 'never outside, a digit and a half dropped',
      shift: 3,
      low: -2,
      high: 2,
      least: -16,
      most: 15,
      entries: 16,
    },
    { name: 'nothing dropped', shift: 0, low: -2, high: 1, least: -2, most: 1 },
    { name: 'below', shift: 1, low: 0, high: 3, least: -5, most: 6 },
    { name: 'above', shift: 1, low: 0, high: 1, least: 0, most: 9 },
    { name: 'both', shift: 1, low: -2, high: 1, least: -9, most: 6 },
    { name: 'bounds that are no power of two', shift: 1, low: -1, high: 1, least: -4, most: 5 },
  ])('a rescale: $name', ({ shift, low, high, least, most, entries = 64 }) => {
    const half = shift === 0 ? 0 : 2 ** (shift - 1);
    const held = low + 2 ** Math.ceil(Math.log2(high - low + 1)) - 1;
    const interval = { low: exact(least), high: exact(most) };
    const plan = planClamp(interval, shift, { low: exact(low), high: exact(held) });
    const shape = { shift, half: exact(half), low: exact(low), high: exact(high) };
    const ways = rescaleWays(shape, [{ least: interval.low, most: interval.high, plan }], 2, entries);
    expect(ways.length).toBeGreaterThan(0);
    for (const [way] of ways) {
      seen.add(way.kind);
      for (const acc of new Set(
        [least, -1, 1, Math.floor((least + most) / 2), most].map((value) => Math.max(least, value)),
      )) {
        const found = resultsOf([BigInt(acc)], (builder, lookups, target) => {
          constrainLookupRescale(builder, lookups, way, wire(1), 0, target, new LinearForms());
        });
        const q = Math.min(high, Math.max(low, Math.floor((acc + half) / 2 ** shift)));
        expect(found, `${way.kind} of ${acc}`).toEqual([mod(BigInt(q), P)]);
      }
    }
  });

  it('a rescale of every kind', () => {
    expect([...seen].sort()).toEqual(['clamp', 'copy', 'floor', 'map', 'sign', 'signal']);
  });
});

const COUNT = 3456;

/** `count` values of 8 bits, each times a constant so that its accumulator has n bits, through one node. */
function activations(node: ProgramNode, bits: number, n: number): IntegerProgram {
  const weight = 2 ** (n - 8) - 1;
  const shape = [1, 1, 1, COUNT];
  return {
    tensors: [
      { name: 'x', shape, scale: 0, range: { signed: false, bits: 8 } },
      { name: 'acc', shape, scale: 0 },
      { name: 'y', shape, scale: 0, range: { signed: false, bits } },
    ],
    inputs: [0],
    outputs: [2],
    nodes: [
      {
        kind: 'conv',
        name: 'times',
        input: 0,
        output: 1,
        kernel: [1, 1],
        strides: [1, 1],
        pads: [0, 0, 0, 0],
        dilations: [1, 1],
        groups: 1,
        weights: Int32Array.of(weight),
        bias: Float64Array.of(-Math.floor((weight * 255) / 2)),
      },
      node,
    ],
  };
}

describe('rows', () => {
  it('of 3,456 activations are those of the snapshot, in both modes', async () => {
    const relu: ProgramNode = { kind: 'rescale', name: 'relu', input: 1, output: 2, shift: 8, relu: true };
    const programs: Record<string, IntegerProgram> = {
      'relu, n = 16': activations(relu, 7, 16),
      'relu, n = 23': activations(relu, 14, 23),
      'relu, n = 23, into 8 bits': activations(relu, 8, 23),
      'relu, n = 30': activations(relu, 21, 30),
    };
    const rows = Object.entries(programs).map(([name, program]) => {
      const [bits, lookups] = (['bits', 'lookups'] as const).map(
        (mode) => circuitSize(program, { mode }).qapRows,
      );
      return [name, { bits, lookups }] as const;
    });
    await expect(`${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`).toMatchFileSnapshot(
      '../../../../snapshots/lookup-rows.json',
    );
  });
});
