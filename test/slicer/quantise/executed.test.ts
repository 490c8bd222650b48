import { describe, expect, it } from 'vitest';
import { dequantiseTensor } from '../../../protocol/manifest.ts';
import type { Sample } from '../../../protocol/samples.ts';
import { quantiseSample } from '../../../slicer/build/quantise-sample.ts';
import { openOperators } from '../../../slicer/build/run-operator.ts';
import { openEvaluator } from '../../../slicer/execute/evaluator.ts';
import { uniformBits } from '../../../slicer/quantise/bits.ts';
import { shareFlips } from '../../../slicer/quantise/flips.ts';
import { lowerGraph } from '../../../slicer/quantise/lower.ts';
import { observe } from '../../../slicer/quantise/observe.ts';
import { quantise } from '../../../slicer/quantise/quantise.ts';
import { noise } from '../../support/lenet.ts';
import { plannedCase, smallGraph, smallOnnx } from '../../support/planned-case.ts';
import { seededNumbers } from '../../support/programs.ts';
import { runOnnx } from '../../support/run-onnx.ts';
import { node } from '../onnx/graphs.ts';

const random = (shape: readonly number[], seed: number) => {
  const draw = seededNumbers(seed);
  const size = shape.reduce((product, side) => product * side, 1);
  return { type: 'float32' as const, shape, data: Float32Array.from({ length: size }, () => noise(draw, 1)) };
};

/** A classifier with an operator that only ONNX Runtime runs at its end, in its middle or in both. */
function classifier(executed: readonly ('middle' | 'end')[], seed: number) {
  const hidden = executed.includes('middle') ? 'f' : 'r';
  const scores = executed.includes('end') ? 'l' : 'y';
  const strange = (operator: string, input: string, output: string) => ({
    ...node(operator, [input], output, {}),
    foreign: true as const,
  });
  return {
    inputs: [{ name: 'x', type: 'float32' as const, shape: [1, 16] }],
    constants: { w: random([16, 12], seed), v: random([12, 5], seed + 1) },
    nodes: [
      node('MatMul', ['x', 'w'], 'a'),
      node('Relu', ['a'], 'r'),
      ...(executed.includes('middle') ? [strange('LpNormalization', 'r', 'f')] : []),
      node('MatMul', [hidden, 'v'], scores),
      ...(executed.includes('end') ? [strange('LogSoftmax', 'l', 'y')] : []),
    ],
    types: {
      f: { type: 'float32' as const, shape: [1, 12] },
      ...(executed.includes('end') ? { y: { type: 'float32' as const, shape: [1, 5] } } : {}),
    },
  };
}

const samplesOf = (count: number, seed: number): Sample[] =>
  Array.from({ length: count }, (_, i) => [random([1, 16], 1000 * seed + i).data]);

describe('operators that are executed only', () => {
  it('are run on what the integers before them stand for: the search sees what the program gives', async () => {
    const graph = smallGraph(classifier(['middle', 'end'], 3));
    const model = lowerGraph(graph);
    const samples = samplesOf(8, 1).map((sample) => sample.map((values) => Float64Array.from(values)));
    const foreign = model.nodes.flatMap((each) => (each.kind === 'foreign' ? [each.tensor] : []));
    const seen = await Promise.all(
      samples.map(async ([x]) => {
        const outputs = foreign.map((name) => ({ name, ...graph.tensors.get(name)! }));
        const values = await runOnnx({ ...graph, outputs }, [Float32Array.from(x)]);
        return values.map(({ data }) => Float64Array.from(data, Number));
      }),
    );
    const operators = openOperators();
    const evaluator = openEvaluator();
    try {
      for (const bits of [2, 4, 8]) {
        const choice = uniformBits(model, bits, bits);
        const { program, outputs } = await quantise(model, observe(model, samples, seen), choice, operators.run);
        for (const [i, [x]] of samples.entries()) {
          const values = await evaluator.evaluate(program, quantiseSample(program, [Float32Array.from(x)]));
          const [id] = program.outputs;
          expect(outputs[i]).toEqual([dequantiseTensor(program.tensors[id], values[id])]);
        }
      }
    } finally {
      await operators.close();
      await evaluator.close();
    }
  });

  it.each([[['end']], [['middle']], [['middle', 'end']]] as const)(
    'cost no more answers than the budget, at the %s',
    async (executed) => {
      for (const seed of [11]) {
        const { accuracy, foreign } = await plannedCase(smallOnnx(classifier(executed, seed)), {
          calibration: samplesOf(192, seed),
          heldOut: samplesOf(400, seed + 50),
          accuracyBudget: 3,
        });
        expect(foreign).toHaveLength(executed.length);
        expect(accuracy.top1Agreement).toBeGreaterThanOrEqual(0.97);
      }
    },
  );
});

describe('the estimate of changed answers among shares', () => {
  it('is never below the changes that are seen, and sees undecided samples among many decided ones', () => {
    const draw = seededNumbers(4);
    const softmax = (scores: readonly number[]): Float64Array => {
      const exponentials = scores.map(Math.exp);
      const sum = exponentials.reduce((total, value) => total + value, 0);
      return Float64Array.from(exponentials, (value) => value / sum);
    };
    // Nine of ten are decided, and errors of a score are as large everywhere.
    const scores = Array.from({ length: 4000 }, (_, i) => [noise(draw, 1) + (i % 10 === 0 ? 0 : 12), 0, -4]);
    const rough = scores.map((row) => row.map((score) => score + noise(draw, 0.1)));
    const changed = scores.filter(
      (row, i) => row.indexOf(Math.max(...row)) !== rough[i].indexOf(Math.max(...rough[i])),
    ).length;
    const estimates = [0, 1, 2, 3].map((part) => {
      const of = (rows: readonly number[][]): Float64Array[] =>
        rows.slice(part * 1000, (part + 1) * 1000).map(softmax);
      return shareFlips(of(scores), of(rough));
    });
    const mean = estimates.reduce((sum, estimate) => sum + estimate, 0) / 4;
    expect(changed).toBeGreaterThan(8);
    expect(mean).toBeGreaterThanOrEqual(changed / 4000);
    expect(mean).toBeLessThan((3 * changed) / 4000);
  });
});
