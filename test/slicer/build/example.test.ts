import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readLabelledSamples, readSamples } from '../../../protocol/samples.ts';
import { measureAccuracy } from '../../../slicer/build/accuracy.ts';
import { openFloatRuntime } from '../../../slicer/build/float-runtime.ts';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { circuitCost } from '../../../slicer/plan/cost/cost-of.ts';
import { readOnnx } from '../../../slicer/onnx/index.ts';
import { BUDGETS } from '../../../slicer/plan/budgets.ts';
import { planSlices } from '../../../slicer/plan/plan.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';

const digits = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../examples/digits');

describe('LeNet-5 of the example', () => {
  it('is sliced into few constraints at the accuracy of the float model', async () => {
    const onnx = await readFile(path.join(digits, 'model.onnx'));
    const graph = readOnnx(onnx);
    const { shape } = graph.inputs[0];
    const calibration = await readSamples(path.join(digits, 'calibration'), shape);
    const { program } = await quantiseGraph(graph, {
      calibration: calibration.map((image) => [Float64Array.from(image)]),
      accuracyBudget: 0.5,
      countConstraints,
    });

    const { slices } = planSlices(program, { budget: BUDGETS[0], minSlices: 4, costOf: circuitCost() });
    expect(slices.length).toBeGreaterThanOrEqual(4);
    expect(slices.reduce((sum, { constraints }) => sum + constraints, 0)).toBeLessThan(60_000);
    expect(Math.max(...slices.map(({ constraints }) => constraints))).toBeLessThan(2 ** 14);

    const float = await openFloatRuntime(onnx, graph);
    const { inputs, labels } = await readLabelledSamples(path.join(digits, 'heldout'), shape);
    const heldOut = { inputs: inputs.map((image) => [image]), labels };
    const accuracy = await measureAccuracy(float, program, heldOut);
    await float.close();
    expect(accuracy.samples).toBeGreaterThanOrEqual(1000);
    expect(accuracy.top1Float).toBeGreaterThan(0.98);
    expect(accuracy.top1Quantised).toBeGreaterThanOrEqual(accuracy.top1Float - 0.005);
  });
});
