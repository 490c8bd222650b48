import { exact } from '../../../slicer/integer/exact.ts';
import { describe, expect, it } from 'vitest';
import { argmaxRows, planArgmax } from '../../../slicer/circuit/gadgets/argmax.ts';
import { belowMaxRows } from '../../../slicer/circuit/gadgets/below-max.ts';
import { blockRows, planBlocks } from '../../../slicer/circuit/gadgets/block-product.ts';
import { divideRows, planDivide } from '../../../slicer/circuit/gadgets/divide.ts';
import { isqrtRows, planIsqrt } from '../../../slicer/circuit/gadgets/isqrt.ts';
import { tableRows } from '../../../slicer/circuit/gadgets/table.ts';
import { planTable, type TablePlan } from '../../../slicer/circuit/nodes/plans/table-plan.ts';
import { commitmentRows } from '../../../slicer/circuit/gadgets/commit.ts';
import { poseidonRows } from '../../../slicer/circuit/gadgets/poseidon.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { allZeroCircuit, maxCircuit, rangeCircuit, rescaleCircuit } from './gadgets.ts';
import { ProgramBuilder, lenetFeatures } from './programs.ts';

const SNAPSHOT = '../../../snapshots/constraints.json';
const bits8 = { signed: false, bits: 8 };

const patternless = (i: number): number => (i * i * i * 40503) % 8191;

function tableOf(bits: number, value: (i: number) => number): TablePlan {
  const values = Int32Array.from({ length: 2 ** bits }, (_, i) => value(i));
  return planTable({ low: exact(0), high: exact(values.length - 1), first: exact(0), values });
}

/** Weights of about ±63 that are the same on every machine; `seed` tells layers apart. */
function weights(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return (state % 64) + ((state >> 8) % 64) - 63;
  };
}

/** A LeNet-5 for 28×28 in four slices, the first convolution tiled over its filters. */
function lenet(): Record<string, IntegerProgram> {
  const second = new ProgramBuilder();
  const x = second.input([1, 6, 12, 12], bits8);
  const acc = second.conv(x, 16, { kernel: [5, 5] }, weights(3));
  const pooled = second.rescale(second.maxPool(acc, [2, 2], [2, 2]), 11, bits8, true);
  const dense = new ProgramBuilder();
  const flat = dense.input([1, 256], bits8);
  const first = dense.rescale(dense.gemm(flat, 120, weights(4)), 12, bits8, true);
  const next = dense.rescale(dense.gemm(first, 84, weights(5)), 11, bits8, true);
  const logits = dense.rescale(dense.gemm(next, 10, weights(6)), 8, { signed: true, bits: 16 });
  return {
    'conv 3@5x5, tile 1': lenetFeatures(28, 3, weights(1)),
    'conv 3@5x5, tile 2': lenetFeatures(28, 3, weights(2)),
    'conv 16@5x5': second.program([pooled]),
    'dense 256-120-84-10': dense.program([logits]),
  };
}

describe('constraints', () => {
  it('of every gadget are those of the snapshot', async () => {
    const square = { height: 16, inner: 64, width: 16 };
    const values16 = new Array<{ low: bigint; high: bigint }>(10).fill({ low: 0n, high: 65535n });
    const relu = (high: number): number =>
      rescaleCircuit({ low: -(2 ** 19), high, shift: 10, relu: true, range: bits8 }).r1cs.constraints;
    const commit = (count: number, bits: number): number => commitmentRows({ count, bits, signed: false });
    const counts: Record<string, number> = {
      'range, 8 bits': rangeCircuit(0, 8).r1cs.constraints,
      'rescale, n = 20, alone': rescaleCircuit({
        low: -(2 ** 19),
        high: 2 ** 19 - 2 ** 11 - 1,
        shift: 12,
        relu: false,
        range: { signed: true, bits: 9 },
      }).r1cs.constraints,
      'relu, n = 20, alone': relu(2 ** 18 - 513),
      'relu, n = 20, one over bit, alone': relu(2 ** 19 - 513),
      'relu, n = 21, two over bits, alone': relu(2 ** 20 - 513),
      'relu, n = 23, four over bits, alone': relu(2 ** 22 - 513),
      'relu, n = 24, five over bits, alone': relu(2 ** 23 - 513),
      'max, k = 20, alone': maxCircuit(0n, 2n ** 20n - 1n).r1cs.constraints,
      'all zero of 2': allZeroCircuit(2).rows,
      'all zero of 4': allZeroCircuit(4).rows,
      'all zero of 9': allZeroCircuit(9).rows,
      'table, 4 bits': tableRows(tableOf(4, patternless)),
      'table, 6 bits': tableRows(tableOf(6, patternless)),
      'table, 8 bits': tableRows(tableOf(8, patternless)),
      'table, 10 bits': tableRows(tableOf(10, patternless)),
      'table, sigmoid of 8 bits': tableRows(
        tableOf(8, (i) => Math.round(255 / (1 + Math.exp((128 - i) / 16)))),
      ),
      'divide, 8 bits by 12': divideRows(planDivide(0, { low: exact(0), high: exact(255) }, exact(4095))),
      'integer root, 12 bits': isqrtRows(planIsqrt(exact(4095))),
      'argmax of 10, 16 bits': argmaxRows(planArgmax(values16, false)),
      'below the maximum of 16, 8 bits': belowMaxRows(8, 16),
      'matrix product 16×64×16 in slots of 22 bits': blockRows(square, planBlocks(square, 22, 253)!),
      'poseidon, 2 inputs': poseidonRows(2, 0),
      'poseidon, 5 inputs': poseidonRows(5, 0),
      'poseidon, 16 inputs': poseidonRows(16, 0),
      'commitment, 10 values of 16 bits': commit(10, 16),
      'commitment, 434 values of 8 bits': commit(434, 8),
      'commitment, 784 values of 8 bits': commit(784, 8),
      'commitment, 784 values of 3 bits': commit(784, 3),
    };
    for (const [name, program] of Object.entries(lenet()))
      counts[`LeNet-5, ${name}`] = countConstraints(program);
    await expect(`${JSON.stringify(counts, null, 2)}\n`).toMatchFileSnapshot(SNAPSHOT);
  });

  it('of a LeNet-5 with 8-bit activations fit four slices of 2^16 and 140,000 in all', () => {
    const counts = Object.values(lenet()).map((program) => countConstraints(program));
    for (const count of counts) expect(count).toBeLessThan(2 ** 16);
    expect(counts.reduce((sum, count) => sum + count)).toBeLessThan(140_000);
  });

  it('are counted without compiling', () => {
    for (const program of Object.values(lenet())) {
      expect(compileSlice(program).r1cs.constraints).toBe(countConstraints(program));
    }
  });
});
