import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { allZeroRows } from '../../../slicer/circuit/gadgets/all-zero.ts';
import { rangeRows } from '../../../slicer/circuit/gadgets/bits.ts';
import { maxRows } from '../../../slicer/circuit/gadgets/max.ts';
import { rescaleRows } from '../../../slicer/circuit/gadgets/rescale.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { RescaleCase } from './gadgets.ts';
import { allZeroCircuit, maxCircuit, rangeCircuit, rescaleCircuit } from './gadgets.ts';
import { looseWires, mod, solutions } from './support.ts';

const unsigned8 = { signed: false, bits: 8 };
const signed8 = { signed: true, bits: 8 };

/** Every shape that a rescale takes, with the q's that its interval leaves. */
const rescales: Record<string, RescaleCase> = {
  'plain, nothing but a shift': { low: -300, high: 700, shift: 3, relu: false, range: signed8 },
  'plain, no shift': { low: -100, high: 90, shift: 0, relu: false, range: signed8 },
  'plain, never negative': { low: 1000, high: 1500, shift: 2, relu: true, range: { signed: false, bits: 9 } },
  relu: { low: -5000, high: 4000, shift: 5, relu: true, range: unsigned8 },
  'relu of mostly negative': { low: -70000, high: 400, shift: 5, relu: true, range: unsigned8 },
  'relu, one over bit': { low: -9000, high: 16000, shift: 5, relu: true, range: unsigned8 },
  'relu, two over bits': { low: -9000, high: 30000, shift: 5, relu: true, range: unsigned8 },
  'relu, three over bits': { low: -9000, high: 60000, shift: 5, relu: true, range: unsigned8 },
  'relu, six over bits': { low: -9000, high: 500000, shift: 5, relu: true, range: unsigned8 },
  'clamped above only': { low: 0, high: 500, shift: 0, relu: false, range: unsigned8 },
  'clamped above only, far': { low: 3, high: 40000, shift: 1, relu: false, range: unsigned8 },
  'clamped on both sides': { low: -900, high: 1200, shift: 1, relu: false, range: signed8 },
  'clamped to one bit': { low: -9, high: 12, shift: 1, relu: false, range: { signed: true, bits: 1 } },
};

describe('range', () => {
  it('costs a row a bit and takes exactly its range', () => {
    for (const [low, bits] of [
      [0, 1],
      [0, 8],
      [-128, 8],
      [-(2 ** 31), 32],
    ]) {
      const circuit = rangeCircuit(low, bits);
      expect(circuit.r1cs.constraints).toBe(rangeRows(bits));
      for (const value of [low, low + 1, low + 2 ** bits - 1]) {
        const witness = circuit.witness([BigInt(value)]);
        expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
        expect(looseWires(circuit.r1cs, witness, 2)).toEqual([]);
      }
    }
  });

  it('has no witness for a value outside, whatever the bits', () => {
    const modulus = 101n;
    for (const [low, bits] of [
      [0, 3],
      [-4, 3],
      [0, 1],
    ]) {
      const circuit = rangeCircuit(low, bits, modulus);
      for (let value = 0n; value < modulus; value++) {
        const inside = mod(value - BigInt(low), modulus) < 2n ** BigInt(bits);
        expect(solutions(circuit.r1cs, [value], modulus)).toHaveLength(inside ? 1 : 0);
      }
    }
  });
});

describe('all zero', () => {
  it('says whether all booleans are zero, in one way only', () => {
    const modulus = 29n;
    for (const count of [2, 3, 4, 5, 6]) {
      const circuit = allZeroCircuit(count, modulus);
      expect(circuit.rows).toBe(allZeroRows(count));
      for (let pattern = 0; pattern < 2 ** count; pattern++) {
        const bits = Array.from({ length: count }, (_, i) => BigInt((pattern >> i) & 1));
        const found = solutions(circuit.r1cs, bits, modulus);
        expect(found).toEqual([circuit.witness(bits)]);
        expect(found[0][circuit.r1cs.wires - 1]).toBe(pattern === 0 ? 1n : 0n);
      }
    }
  });

  it('breaks when any wire is edited over the real field', () => {
    for (const count of [2, 3, 4, 5, 9]) {
      const circuit = allZeroCircuit(count);
      for (const ones of [0, 1, count]) {
        const witness = circuit.witness(Array.from({ length: count }, (_, i) => (i < ones ? 1n : 0n)));
        expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
        expect(looseWires(circuit.r1cs, witness, 1 + count)).toEqual([]);
      }
    }
  });
});

describe('rescale', () => {
  for (const [name, rescale] of Object.entries(rescales)) {
    describe(name, () => {
      const circuit = rescaleCircuit(rescale);
      const { r1cs, plan, expected } = circuit;

      it('costs what its formula says, and one linear row alone', () => {
        expect(r1cs.constraints).toBe(rescaleRows(plan) + 1);
      });

      it('computes the integer semantics at every value of interest', () => {
        const bounds = [
          rescale.low,
          rescale.high,
          -1,
          0,
          1,
          2 ** rescale.shift / 2,
          -(2 ** rescale.shift) / 2,
        ];
        const edges = [-129, -128, 127, 128, 255, 256].map((q) => q * 2 ** rescale.shift);
        const values = [
          ...bounds,
          ...[...bounds, ...edges].flatMap((value) => [value - 1, value, value + 1]),
        ].filter((value) => Number.isInteger(value) && value >= rescale.low && value <= rescale.high);
        expect(values.length).toBeGreaterThan(2);
        for (const value of values) {
          const witness = circuit.witness([BigInt(value)]);
          expect(firstBrokenRow(r1cs, witness)).toBeUndefined();
          expect(witness[2]).toBe(mod(BigInt(expected(value))));
        }
      });

      it('breaks when any wire is edited', () => {
        for (const value of [rescale.low, rescale.high, Math.floor((rescale.low + rescale.high) / 2)]) {
          expect(looseWires(r1cs, circuit.witness([BigInt(value)]), 2)).toEqual([]);
        }
      });

      it('has no witness for accumulators outside its decomposition, such as p − 1 or p / 2', () => {
        for (const value of [SCALAR_FIELD >> 1n, BigInt(rescale.low) - (1n << BigInt(plan.n))]) {
          const witness = circuit.witness([BigInt(rescale.high)]);
          witness[1] = mod(value);
          expect(firstBrokenRow(r1cs, witness)).toBeDefined();
        }
      });
    });
  }

  it('gives a constant for nothing when the interval leaves only one result', () => {
    const dead = rescaleCircuit({ low: -900, high: 15, shift: 5, relu: true, range: unsigned8 });
    expect([dead.plan.constant, dead.r1cs.constraints]).toEqual([0, 0]);
    const full = rescaleCircuit({ low: 9000, high: 9900, shift: 5, relu: true, range: unsigned8 });
    expect([full.plan.constant, full.r1cs.constraints]).toEqual([255, 0]);
  });

  it('has exactly one witness for every accumulator, over a small prime', () => {
    const modulus = 251n;
    const range = { signed: false, bits: 2 };
    const cases: RescaleCase[] = [
      { low: -5, high: 9, shift: 1, relu: false, range: { signed: true, bits: 4 } },
      { low: -30, high: 6, shift: 1, relu: true, range },
      { low: -20, high: 15, shift: 1, relu: true, range },
      { low: -5, high: 30, shift: 1, relu: true, range },
      { low: 1, high: 22, shift: 0, relu: false, range },
      { low: -13, high: 15, shift: 1, relu: false, range: { signed: true, bits: 2 } },
    ];
    for (const rescale of cases) {
      const circuit = rescaleCircuit(rescale, modulus);
      for (let acc = rescale.low; acc <= rescale.high; acc++) {
        const found = solutions(circuit.r1cs, [mod(BigInt(acc), modulus)], modulus);
        expect(found).toEqual([circuit.witness([BigInt(acc)])]);
        expect(found[0][2]).toBe(mod(BigInt(circuit.expected(acc)), modulus));
      }
    }
  });

  it('holds for random intervals, shifts and ranges', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 30), max: 2 ** 30 }),
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 16 }),
        fc.boolean(),
        fc.boolean(),
        (low, width, place, shift, bits, signed, relu) => {
          const rescale = { low, high: low + width, shift, relu: relu && !signed, range: { signed, bits } };
          const circuit = rescaleCircuit(rescale);
          const acc = low + Math.floor(place * width);
          if (circuit.plan.constant !== undefined) {
            expect(circuit.expected(acc)).toBe(circuit.plan.constant);
            return;
          }
          const witness = circuit.witness([BigInt(acc)]);
          expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
          expect(witness[2]).toBe(mod(BigInt(circuit.expected(acc))));
          expect(circuit.r1cs.constraints).toBe(rescaleRows(circuit.plan) + 1);
        },
      ),
    );
  });

  it('reaches the widest accumulator that is exact in a double', () => {
    const most = Number.MAX_SAFE_INTEGER - 1;
    const rescale = { low: -most, high: most, shift: 1, relu: false, range: { signed: true, bits: 32 } };
    const circuit = rescaleCircuit(rescale);
    for (const acc of [-most, -1, 0, 2 ** 32 - 1, 2 ** 32, most]) {
      const witness = circuit.witness([BigInt(acc)]);
      expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
      expect(witness[2]).toBe(mod(BigInt(circuit.expected(acc))));
    }
  });
});

describe('max', () => {
  it('costs k + 2 rows beside its linear row and gives the larger value', () => {
    const circuit = maxCircuit(-300n, 500n);
    expect(circuit.r1cs.constraints).toBe(maxRows(circuit.plan) + 1);
    expect(maxRows(circuit.plan)).toBe(10 + 2);
    for (const [left, right] of [
      [-300n, 500n],
      [500n, -300n],
      [7n, 7n],
      [8n, 7n],
      [-7n, -8n],
    ]) {
      const witness = circuit.witness([left, right]);
      expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
      expect(right + witness[circuit.r1cs.wires - 1]).toBe(left > right ? left : right);
      expect(looseWires(circuit.r1cs, witness, 3)).toEqual([]);
    }
  });

  it('has exactly one witness for every pair, over a small prime', () => {
    const modulus = 251n;
    const [low, high] = [-5n, 4n];
    const circuit = maxCircuit(low, high, modulus);
    for (let left = low; left <= high; left++) {
      for (let right = low; right <= high; right++) {
        const given = [mod(left, modulus), mod(right, modulus)];
        expect(solutions(circuit.r1cs, given, modulus)).toEqual([circuit.witness([left, right])]);
      }
    }
  });
});
