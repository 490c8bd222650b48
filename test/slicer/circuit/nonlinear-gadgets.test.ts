import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { argmaxRows } from '../../../slicer/circuit/gadgets/argmax.ts';
import { capRows } from '../../../slicer/circuit/gadgets/cap.ts';
import { divideRows } from '../../../slicer/circuit/gadgets/divide.ts';
import { isqrtRows } from '../../../slicer/circuit/gadgets/isqrt.ts';
import { tableRows } from '../../../slicer/circuit/gadgets/table.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import {
  argmaxCircuit,
  belowMaxCircuit,
  capCircuit,
  divideCircuit,
  divided,
  isqrtCircuit,
  tableCircuit,
} from './nonlinear-gadgets.ts';
import type { GadgetCircuit } from './support.ts';
import { looseWires, mod, solutions } from './support.ts';

/** The result's row and the one linear row that a gadget alone is put in. */
const EXTRA_ROWS = 2;

/** The witness holds, ends in the result, and no wire of the gadget can be changed alone. */
function expectTight(circuit: GadgetCircuit, values: readonly number[], result: number): void {
  const witness = circuit.witness(values.map(BigInt));
  expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
  expect(witness[witness.length - 1]).toBe(mod(BigInt(result)));
  expect(looseWires(circuit.r1cs, witness, 1 + circuit.inputs)).toEqual([]);
}

/** Over a small prime: one witness for arguments within their bounds, none for others. */
function expectUnique(circuit: GadgetCircuit, values: readonly number[], result: number): void {
  const { modulus, r1cs } = circuit;
  const found = solutions(
    r1cs,
    values.map((value) => mod(BigInt(value), modulus)),
    modulus,
  );
  expect(found).toEqual([circuit.witness(values.map(BigInt))]);
  expect(found[0][r1cs.wires - 1]).toBe(mod(BigInt(result), modulus));
}

const sigmoid8 = Array.from({ length: 256 }, (_, i) => Math.round(255 / (1 + Math.exp(-(i - 128) / 16))));
const steps = (size: number): number[] => Array.from({ length: size }, (_, i) => ((i * i * 7) % 23) - 11);

describe('table', () => {
  it('costs 3 · 2^(k/2) − 3 without a pattern, less with one, nothing when affine', () => {
    const rows = (values: readonly number[]): number => tableRows(tableCircuit(-3, values).plan);
    const random = (size: number): number[] =>
      Array.from({ length: size }, (_, i) => (i * i * i * 40503) % 8191);
    expect([2, 4, 6, 8, 10].map((k) => rows(random(2 ** k)))).toEqual([3, 9, 21, 45, 93]);
    expect(rows(sigmoid8)).toBe(44);
    expect(rows(Array.from({ length: 256 }, (_, i) => 7 - 3 * i))).toBe(0);
    expect(rows(Array.from({ length: 256 }, (_, i) => Math.min(i, 128)))).toBeLessThan(20);
    const alone = tableCircuit(0, random(256));
    expect(alone.r1cs.constraints).toBe(45 + EXTRA_ROWS);
  });

  it('gives the value at every argument, with every wire held', () => {
    const circuit = tableCircuit(-128, sigmoid8);
    for (const x of [-128, -127, -65, -1, 0, 1, 16, 126, 127]) expectTight(circuit, [x], sigmoid8[x + 128]);
    for (let x = -128; x < 128; x++) {
      const witness = circuit.witness([BigInt(x)]);
      expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
      expect(witness[witness.length - 1]).toBe(BigInt(sigmoid8[x + 128]));
    }
  });

  it('does so for random tables of any length', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 70 }),
        fc.integer({ min: -300, max: 300 }),
        fc.nat(),
        (values, low, at) => {
          const circuit = tableCircuit(low, values);
          const index = at % values.length;
          const witness = circuit.witness([BigInt(low + index)]);
          expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
          expect(witness[witness.length - 1]).toBe(mod(BigInt(values[index])));
          const free = circuit.plan.kind === 'affine' ? 1 : 2;
          expect(circuit.r1cs.constraints).toBe(tableRows(circuit.plan) + free);
        },
      ),
    );
  });

  it('has one witness an argument, and none outside its bits', () => {
    const modulus = 67n;
    for (const size of [4, 7, 8]) {
      const values = steps(size);
      const circuit = tableCircuit(-2, values, modulus);
      for (let i = 0; i < size; i++) expectUnique(circuit, [i - 2], values[i]);
      for (let x = 6; x < 67 - 2; x++) expect(solutions(circuit.r1cs, [BigInt(x)], modulus)).toEqual([]);
    }
  });
});

describe('divide', () => {
  const cases = [
    { shift: 4, num: [0, 255], den: [1, 300] },
    { shift: 0, num: [-1000, 1000], den: [3, 50] },
    { shift: 12, num: [1, 1], den: [64, 16320] },
    { shift: 2, num: [-7, 90], den: [8, 8] },
  ] as const;

  it('costs bits + 2n + 2', () => {
    for (const given of cases) {
      const { r1cs, plan } = divideCircuit(given);
      expect(r1cs.constraints).toBe(divideRows(plan) + EXTRA_ROWS);
    }
    expect(divideRows(divideCircuit(cases[2]).plan)).toBe(7 + 2 * 14 + 2);
  });

  it('rounds to the nearest, with every wire held', () => {
    for (const given of cases) {
      const circuit = divideCircuit(given);
      const { num, den } = given;
      for (const n of new Set([num[0], num[1], Math.min(num[1], 1), Math.min(num[1], 77)])) {
        for (const d of new Set([
          den[0],
          den[1],
          Math.min(den[0] + 1, den[1]),
          Math.floor((den[0] + den[1]) / 2),
        ])) {
          expectTight(circuit, [n, d], divided(given, n, d));
          expect(divided(given, n, d)).toBe(Math.floor((n * 2 ** given.shift + Math.floor(d / 2)) / d));
        }
      }
    }
  });

  it('has a witness wherever its intervals end, for each remainder’s ends', () => {
    // Near powers of two, where one more is a bit.
    const den = fc
      .tuple(fc.nat(6), fc.integer({ min: -1, max: 1 }))
      .map(([power, near]) => Math.max(1, 2 ** power + near));
    const given = fc.record({
      den: fc.tuple(den, den),
      num: fc.integer({ min: -70, max: 70 }),
      span: fc.nat(70),
    });
    fc.assert(
      fc.property(given, fc.nat(2), ({ den: [one, other], num, span }, shift) => {
        const most = Math.max(one, other);
        const bounds = { shift, num: [num, num + span], den: [Math.min(one, other), most] } as const;
        const circuit = divideCircuit(bounds);
        for (const d of bounds.den) {
          const remainder = (n: number): bigint => mod(BigInt(n * 2 ** shift + Math.floor(d / 2)), BigInt(d));
          const all = Array.from({ length: span + 1 }, (_, i) => num + i);
          const byRemainder = all.toSorted((a, b) => Number(remainder(a) - remainder(b)));
          for (const n of [all[0], all[span], byRemainder[0], byRemainder[span]])
            expectTight(circuit, [n, d], divided(bounds, n, d));
        }
      }),
    );
  });

  it('has one witness for every pair over a small prime', () => {
    const modulus = 257n;
    const given = { shift: 1, num: [-3, 6], den: [1, 4] } as const;
    const circuit = divideCircuit(given, modulus);
    for (let num = -3; num <= 6; num++) {
      for (let den = 1; den <= 4; den++) expectUnique(circuit, [num, den], divided(given, num, den));
    }
  });

  it('takes no other quotient, whatever the remainder is claimed to be', () => {
    const given = { shift: 3, num: [0, 60], den: [2, 15] } as const;
    const { r1cs, plan, witness } = divideCircuit(given);
    const q = 3;
    const parity = q + plan.bits;
    const right = witness([37n, 11n]);
    expect(right[q]).toBe(27n);
    for (let claim = 0n; claim < 2n ** BigInt(plan.bits); claim++) {
      for (const l of [0n, 1n]) {
        const forged = [...right];
        forged[q] = claim;
        for (let i = 1; i < plan.bits; i++) forged[q + i] = (claim >> BigInt(i)) & 1n;
        forged[parity] = l;
        // The remainder that the product's row asks for, halved in the field, as bits where it has any.
        const twice = mod(16n * 37n + 11n - l - 22n * claim);
        const remainder = twice % 2n === 0n ? twice / 2n : (twice + SCALAR_FIELD) / 2n;
        const rest = mod(10n - remainder);
        for (let i = 0n; i < BigInt(plan.n); i++) {
          forged[parity + 1 + Number(i)] = (remainder >> i) & 1n;
          forged[parity + 1 + plan.n + Number(i)] = (rest >> i) & 1n;
        }
        forged[forged.length - 1] = claim;
        expect(firstBrokenRow(r1cs, forged) === undefined).toBe(claim === 27n && l === 1n);
      }
    }
  });
});

describe('integer square root', () => {
  it('costs bits + 2n + 1', () => {
    const { r1cs, plan } = isqrtCircuit(4095);
    expect(r1cs.constraints).toBe(isqrtRows(plan) + EXTRA_ROWS);
    expect(isqrtRows(plan)).toBe(12 + 2 * 13 + 1);
  });

  it('is the floor, with every wire held', () => {
    const circuit = isqrtCircuit(4095);
    for (const v of [0, 1, 2, 3, 4, 8, 9, 15, 16, 1_000_000, 4094 * 4094 - 1, 4095 * 4095, 4096 * 4096 - 1]) {
      expectTight(circuit, [v], Math.floor(Math.sqrt(v)));
    }
  });

  it('has a witness for the largest root that there may be, with its largest remainder', () => {
    for (const most of [0, 1, 2, 3, 4, 7, 8, 9, 63, 64, 65, 2 ** 25]) {
      const circuit = isqrtCircuit(most);
      for (const v of new Set([0, most * most, most * most + 2 * most])) {
        expectTight(circuit, [v], v === 0 ? 0 : most);
      }
    }
  });

  it('has one witness for every value over a small prime, and none where the root needs more bits', () => {
    const modulus = 131n;
    const circuit = isqrtCircuit(7, modulus);
    for (let v = 0; v < 64; v++) expectUnique(circuit, [v], Math.floor(Math.sqrt(v)));
    for (let v = 64; v < 131; v++) expect(solutions(circuit.r1cs, [BigInt(v)], modulus)).toEqual([]);
  });

  it('does not take the root of another sign or of the field', () => {
    const { r1cs, plan, witness } = isqrtCircuit(15);
    const right = witness([100n]);
    const y = 2;
    expect(right[y]).toBe(10n);
    for (let claim = -16n; claim < 16n; claim++) {
      const forged = [...right];
      forged[y] = mod(claim);
      const bits = claim < 0n ? mod(claim) : claim;
      for (let i = 1; i < plan.bits; i++) forged[y + i] = (bits >> BigInt(i)) & 1n;
      const remainder = mod(100n - claim * claim);
      const rest = mod(2n * claim - remainder);
      for (let i = 0; i < plan.n; i++) {
        forged[y + plan.bits + i] = (remainder >> BigInt(i)) & 1n;
        forged[y + plan.bits + plan.n + i] = (rest >> BigInt(i)) & 1n;
      }
      forged[forged.length - 1] = mod(claim);
      expect(firstBrokenRow(r1cs, forged) === undefined).toBe(claim === 10n);
    }
  });
});

describe('argmax', () => {
  const wide = (count: number): [number, number][] => Array.from({ length: count }, () => [-100, 100]);

  it('costs k + 2 a comparison, one less at the root, and a product where positions are not constants', () => {
    const rows = (count: number): number => argmaxRows(argmaxCircuit(wide(count), false).plan);
    expect([1, 2, 3, 4, 8].map(rows)).toEqual([0, 9, 20, 30, 72]);
  });

  it('is the first or the last position of the largest, with every wire held', () => {
    for (const values of [
      [5, 5],
      [1, 2, 3],
      [3, 3, 3],
      [-100, 100, 100, -100],
      [7, -7, 7, 0, 7],
      [0, 0, 1, 1, 0, 1],
    ]) {
      const most = Math.max(...values);
      const first = argmaxCircuit(wide(values.length), false);
      expectTight(first, values, values.indexOf(most));
      expect(first.r1cs.constraints).toBe(argmaxRows(first.plan) + EXTRA_ROWS);
      expectTight(argmaxCircuit(wide(values.length), true), values, values.lastIndexOf(most));
    }
  });

  it('decides by the intervals alone only where no tie can be', () => {
    const touching = [
      [0, 5],
      [5, 9],
    ] as const;
    // 5 and 5: the first is the first, so a comparison is needed; the last is the second without one.
    expectTight(argmaxCircuit(touching, false), [5, 5], 0);
    expect(argmaxRows(argmaxCircuit(touching, true).plan)).toBe(0);
    expectTight(argmaxCircuit(touching, true), [5, 5], 1);
    expect(
      argmaxRows(
        argmaxCircuit(
          [
            [0, 4],
            [5, 9],
          ],
          false,
        ).plan,
      ),
    ).toBe(0);
  });

  it('is theirs whatever their intervals decide between them', () => {
    const argument = fc
      .record({ low: fc.integer({ min: -6, max: 6 }), width: fc.nat(4), share: fc.nat(4) })
      .map(({ low, width, share }) => ({ low, high: low + width, value: low + Math.min(share, width) }));
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 6 }), fc.boolean(), (all, last) => {
        const values = all.map(({ value }) => value);
        const most = Math.max(...values);
        const circuit = argmaxCircuit(
          all.map(({ low, high }) => [low, high]),
          last,
        );
        expectTight(circuit, values, last ? values.lastIndexOf(most) : values.indexOf(most));
      }),
    );
  });

  /** The position for arguments at either end of their intervals, every wire held: of all combinations of ends each so many-th. */
  const expectAtEnds = (bounds: readonly (readonly [number, number])[], last: boolean, step = 1): void => {
    const circuit = argmaxCircuit(bounds, last);
    for (let ends = 0; ends < 2 ** bounds.length; ends += step) {
      const values = bounds.map((interval, i) => interval[(ends >> i) & 1]);
      const most = Math.max(...values);
      expectTight(circuit, values, last ? values.lastIndexOf(most) : values.indexOf(most));
    }
  };

  it('of two, whatever their intervals have in common', () => {
    const intervals = [0, 1, 2, 3].flatMap((low) => [0, 1, 2].map((width) => [low, low + width] as const));
    for (const left of intervals) {
      for (const right of intervals) for (const last of [false, true]) expectAtEnds([left, right], last);
    }
  });

  it('of up to seven, of which intervals alone decide any', () => {
    // A side that was compared has no constant position, one that was decided may have: of seven each meets the other.
    for (const [count, step] of [
      [3, 1],
      [5, 2],
      [7, 5],
    ]) {
      for (let code = 0; code < 3 ** count; code += step) {
        const bounds = Array.from({ length: count }, (_, i) => {
          const low = 10 * (Math.floor(code / 3 ** i) % 3);
          return [low, low + 1] as const;
        });
        for (const last of [false, true]) expectAtEnds(bounds, last, 2 ** (count - 2) - 1);
      }
    }
  });

  it('has one witness for all arguments over a small prime', () => {
    const modulus = 131n;
    for (const last of [false, true]) {
      const circuit = argmaxCircuit(
        [
          [0, 2],
          [0, 2],
          [0, 2],
        ],
        last,
        modulus,
      );
      for (let code = 0; code < 27; code++) {
        const values = [code % 3, Math.floor(code / 3) % 3, Math.floor(code / 9)];
        const most = Math.max(...values);
        expectUnique(circuit, values, last ? values.lastIndexOf(most) : values.indexOf(most));
      }
    }
  });
});

describe('distances from the maximum', () => {
  it('have one witness for all arguments over a small prime, and it is theirs', () => {
    const modulus = 61n;
    const circuit = belowMaxCircuit(3, 3, modulus);
    for (let code = 0; code < 64; code++) {
      const values = [code % 4, Math.floor(code / 4) % 4, Math.floor(code / 16)].map((value) =>
        BigInt(value - 2),
      );
      const found = solutions(
        circuit.r1cs,
        values.map((value) => mod(value, modulus)),
        modulus,
      );
      expect(found).toEqual([circuit.witness(values)]);
    }
  });

  it('are refused from any larger number, with every other wire made to fit', () => {
    const n = 4;
    const values = [3n, -2n, 1n, 3n];
    const { r1cs, witness } = belowMaxCircuit(n, values.length);
    const right = witness(values);
    expect(firstBrokenRow(r1cs, right)).toBeUndefined();
    for (let more = 1n; more <= 10n; more++) {
      const forged = [...right];
      const most = 3n + more;
      const distances = values.map((value) => most - value);
      let at = 1 + values.length;
      forged[at++] = most;
      for (const distance of distances) {
        for (let bit = 1; bit < n; bit++) forged[at++] = (distance >> BigInt(bit)) & 1n;
      }
      let product = distances[0];
      for (const distance of distances.slice(1, -1)) forged[at++] = product *= distance;
      for (const distance of distances) forged[at++] = distance;
      expect(firstBrokenRow(r1cs, forged)).toBeDefined();
    }
  });
});

describe('cap', () => {
  it('costs a comparison, or nothing where the interval is below', () => {
    expect(capRows(capCircuit(0, 255, 200).plan)).toBe(8 + 2);
    expect(capRows(capCircuit(0, 15, 12).plan)).toBe(4 + 2);
    expect(capRows(capCircuit(0, 15, 15).plan)).toBe(0);
  });

  it('is the smaller of value and cap, with every wire held, in one way', () => {
    const circuit = capCircuit(-20, 100, 37);
    for (const q of [-20, 0, 36, 37, 38, 100]) expectTight(circuit, [q], Math.min(q, 37));
    const modulus = 67n;
    const small = capCircuit(0, 7, 5, modulus);
    for (let q = 0; q < 8; q++) expectUnique(small, [q], Math.min(q, 5));
  });
});
