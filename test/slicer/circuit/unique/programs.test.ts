import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { uniquenessOf } from '../../../../groth16/audit/unique/unique.ts';
import { readSamples } from '../../../../protocol/samples.ts';
import { compileSlice } from '../../../../slicer/circuit/compile.ts';
import { countConstraints } from '../../../../slicer/circuit/count/count.ts';
import type { CircuitOptions } from '../../../../slicer/circuit/plan.ts';
import type { IntegerProgram } from '../../../../slicer/integer/program.ts';
import { readOnnx, writeOnnx } from '../../../../slicer/onnx/index.ts';
import { circuitCost } from '../../../../slicer/plan/cost/cost-of.ts';
import { planSlices } from '../../../../slicer/plan/plan.ts';
import { quantiseGraph } from '../../../../slicer/quantise/quantise-graph.ts';
import { NonlinearBuilder, nonlinearCase } from '../../../support/nonlinear-programs.ts';
import { randomCase, seededNumbers } from '../../../support/programs.ts';
import { transformerGraph } from '../../../support/transformer.ts';
import { operatorPrograms } from '../operator-programs.ts';
import { randomProgram } from '../programs.ts';

const UNIQUE = { undetermined: [], unbound: [] };
const EVERYWHERE = 'wherever possible';

/** Both modes, operators stated outright and checked by products. */
const WAYS: readonly CircuitOptions[] = [
  { products: 'never' },
  { products: EVERYWHERE },
  { mode: 'lookups', products: 'never' },
  { mode: 'lookups', products: EVERYWHERE },
];

function expectUnique(program: IntegerProgram, options?: CircuitOptions, name?: string): void {
  const { r1cs, roles } = compileSlice(program, options);
  expect(uniquenessOf(r1cs, roles), `${name ?? ''} ${JSON.stringify(options)}`).toEqual(UNIQUE);
}

describe('no wire of a compiled circuit may have two values', () => {
  it.each(Object.entries(operatorPrograms))('%s', (_, [program, options]) => {
    expectUnique(program, options);
    for (const way of WAYS) expectUnique(program, way);
  });

  it.each([
    ['layers and pools', (seed: number) => randomProgram(seededNumbers(seed))],
    ['images, rows and residuals', (seed: number) => randomCase(seed).program],
    [
      'products, tables, maxima, divisions, roots and positions',
      (seed: number) => nonlinearCase(seed).program,
    ],
  ])('random %s', (name, make) => {
    const count = 4 * Number(process.env.SLICEPROOF_FUZZ ?? 1);
    for (let seed = 0; seed < count; seed++) {
      for (const way of WAYS) expectUnique(make(seed), way, `${name} ${seed}`);
    }
  });
});

async function slicesOf(
  file: Uint8Array,
  calibration: readonly (readonly Float64Array[])[],
  bits?: { readonly weights: number; readonly activations: number },
): Promise<readonly IntegerProgram[]> {
  const { program } = await quantiseGraph(readOnnx(file), {
    calibration,
    bits,
    accuracyBudget: 0.5,
    countConstraints,
  });
  return planSlices(program, { budget: 2 ** 14, costOf: circuitCost() }).slices.map((slice) => slice.program);
}

describe('no wire may have two values where a row is as full as it can be', () => {
  it('of results of one bit, one more than fit', () => {
    const build = new NonlinearBuilder();
    const bit = { signed: false, bits: 1 };
    const factors = [build.input([1, 1, 1, 1], bit), build.input([1, 1, 1, 254], bit)] as const;
    const program = build.program([build.rescale(build.matmul(...factors), 0, bit)]);
    for (const way of WAYS) expectUnique(program, way);
  });
});

describe('no wire of a whole slice may have two values', () => {
  it('of the example’s LeNet-5, in both modes', async () => {
    const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../../examples/digits');
    const onnx = await readFile(path.join(folder, 'model.onnx'));
    const images = await readSamples(path.join(folder, 'calibration'), readOnnx(onnx).inputs[0].shape);
    // Scales come from a few of them: what is looked at is the rows.
    const slices = await slicesOf(
      onnx,
      images.slice(0, 64).map((image) => [Float64Array.from(image)]),
    );
    expect(slices.length).toBeGreaterThanOrEqual(4);
    for (const slice of slices) {
      expectUnique(slice);
      expectUnique(slice, { mode: 'lookups' });
    }
  });

  it('of a small transformer block: softmax, layer normalisation, products of tensors', async () => {
    const sizes = { tokens: 4, width: 8, heads: 2, hidden: 8, classes: 3 };
    const draw = seededNumbers(1);
    const samples = Array.from({ length: 16 }, () => [
      Float64Array.from({ length: sizes.tokens * sizes.width }, () => draw(-1000, 1000) / 500),
    ]);
    const slices = await slicesOf(writeOnnx(transformerGraph(sizes, 3)), samples, {
      weights: 8,
      activations: 8,
    });
    for (const slice of slices) {
      expectUnique(slice);
      expectUnique(slice, { mode: 'lookups' });
    }
  });
});
