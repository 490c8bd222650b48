import { describe, expect, it } from 'vitest';
import { dequantiseTensor } from '../../../protocol/manifest.ts';
import type { Sample } from '../../../protocol/samples.ts';
import { quantiseSample } from '../../../slicer/build/quantise-sample.ts';
import { openOperators } from '../../../slicer/build/run-operator.ts';
import { openEvaluator } from '../../../slicer/execute/evaluator.ts';
import { uniformBits } from '../../../slicer/quantise/bits.ts';
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
      ...(executed.includes('end') ? [strange('LpNormalization', 'l', 'y')] : []),
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
        const { program, outputs } = await quantise(
          model,
          observe(model, samples, seen),
          choice,
          operators.run,
        );
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
      const { accuracy, foreign } = await plannedCase(smallOnnx(classifier(executed, 11)), {
        calibration: samplesOf(96, 11),
        heldOut: samplesOf(200, 61),
        accuracyBudget: 3,
      });
      expect(foreign).toHaveLength(executed.length);
      expect(accuracy.top1Agreement).toBeGreaterThanOrEqual(0.97);
    },
  );
});

describe('a Softmax at the end', () => {
  it('costs no more answers than the budget, though its shares hide how near the scores are', async () => {
    const plain = classifier([], 21);
    // Sharp scores: most samples are decided, and their shares are all or nothing.
    const v = { ...plain.constants.v, data: plain.constants.v.data.map((value) => 4 * value) };
    const onnx = smallOnnx({
      ...plain,
      constants: { ...plain.constants, v },
      nodes: [
        ...plain.nodes.slice(0, -1),
        node('MatMul', ['r', 'v'], 'l'),
        node('Softmax', ['l'], 'y', { axis: -1 }),
      ],
    });
    const { accuracy, foreign } = await plannedCase(onnx, {
      calibration: samplesOf(128, 31),
      heldOut: samplesOf(300, 81),
      accuracyBudget: 3,
    });
    expect(foreign).toEqual([]);
    expect(accuracy.top1Agreement).toBeGreaterThanOrEqual(0.97);
  });
});
