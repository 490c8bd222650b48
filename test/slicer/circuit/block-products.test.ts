import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockRows, blocksOf, planBlocks } from '../../../slicer/circuit/gadgets/block-product.ts';
import { firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { blockCircuit } from './nonlinear-gadgets.ts';
import { looseWires } from './support.ts';

describe('matrix products in blocks', () => {
  const sizes = { height: 3, inner: 4, width: 5 };

  it('takes one product an inner index and block, in the blocks with the fewest rows', () => {
    expect(planBlocks({ height: 4, inner: 16, width: 4 }, 22, 253)).toEqual({
      rows: 2,
      columns: 4,
      width: 22,
    });
    const plan = planBlocks({ height: 8, inner: 16, width: 22 }, 22, 253)!;
    expect(plan).toEqual({ rows: 1, columns: 11, width: 22 });
    expect(blockRows({ height: 8, inner: 16, width: 22 }, plan)).toBe(8 * 2 * 16);
    // No two slots fit: one product each would be as many.
    expect(planBlocks(sizes, 200, 253)).toBeUndefined();
    for (const [rows, columns] of [
      [1, 1],
      [2, 3],
      [3, 5],
    ]) {
      const circuit = blockCircuit(sizes, { rows, columns, width: 16 });
      expect(circuit.r1cs.constraints).toBe(blockRows(sizes, { rows, columns, width: 16 }));
    }
  });

  it('is in the best blocks that fit into a row, which have each entry once', () => {
    const count = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(
        count,
        count,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 90 }),
        (height, width, slot, capacity) => {
          const of = { height, inner: 2, width };
          const blocks = (rows: number, columns: number): number =>
            Math.ceil(height / rows) * Math.ceil(width / columns);
          const fitting = [height, width].map((size) => Array.from({ length: size }, (_, i) => i + 1));
          const least = Math.min(
            ...fitting[0].flatMap((rows) =>
              fitting[1]
                .filter((columns) => rows * columns * slot <= capacity)
                .map((columns) => blocks(rows, columns)),
            ),
          );
          const plan = planBlocks(of, slot, capacity);
          if (least >= height * width) {
            expect(plan).toBeUndefined();
            return;
          }
          expect(plan!.width).toBe(slot);
          expect(plan!.rows * plan!.columns * slot).toBeLessThanOrEqual(capacity);
          const all = [...blocksOf(of, plan!)];
          expect([all.length, blockRows(of, plan!)]).toEqual([least, 2 * least]);
          const entries = all.flatMap(({ top, left, rows, columns }) =>
            Array.from(
              { length: rows * columns },
              (_, i) => (top + Math.floor(i / columns)) * width + left + (i % columns),
            ),
          );
          expect(entries.toSorted((a, b) => a - b)).toEqual(
            Array.from({ length: height * width }, (_, i) => i),
          );
          for (const { left, rows, columns } of all) {
            expect(left + columns).toBeLessThanOrEqual(width);
            expect([rows <= plan!.rows, columns <= plan!.columns]).toEqual([true, true]);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  const operands = (draw: (i: number) => number): number[] =>
    Array.from({ length: 12 + 20 }, (_, i) => draw(i));
  const product = (values: readonly number[]): number[] =>
    Array.from({ length: 15 }, (_, at) => {
      const [row, column] = [Math.floor(at / 5), at % 5];
      return [0, 1, 2, 3].reduce((sum, k) => sum + values[row * 4 + k] * values[12 + k * 5 + column], 0);
    });

  it('takes the right entries and no wrong one', () => {
    for (const [rows, columns] of [
      [1, 5],
      [2, 3],
      [3, 5],
    ]) {
      const circuit = blockCircuit(sizes, { rows, columns, width: 16 });
      const values = operands((i) => ((i * 37) % 61) - 30);
      const all = [...values, ...product(values)];
      const witness = circuit.witness(all.map(BigInt));
      expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
      expect(looseWires(circuit.r1cs, witness, 1 + 32)).toEqual([]);
    }
  });

  it('lets one entry pay for another only outside their slots', () => {
    const circuit = blockCircuit(sizes, { rows: 1, columns: 5, width: 16 });
    const values = operands(() => 3);
    const entries = product(values);
    const shifted = [...values, entries[0] + 2 ** 16, entries[1] - 1, ...entries.slice(2)];
    const witness = circuit.witness(shifted.map(BigInt));
    // Entries are bounded by the booleans of whoever reads them: 2^16 is past what a slot of 16 bits may hold.
    expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
    const within = [...values, entries[0] + 2 ** 14, entries[1] - 1, ...entries.slice(2)];
    expect(firstBrokenRow(circuit.r1cs, circuit.witness(within.map(BigInt)))).toBeDefined();
  });
});
