import { describe, expect, it } from 'vitest';
import { buildGraph, type OnnxGraph, type OnnxNode, type OnnxTensor } from '../../../slicer/onnx/index.ts';
import { evaluateFloat } from '../../../slicer/quantise/evaluate-float.ts';
import { lowerGraph } from '../../../slicer/quantise/lower.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';
import { node, randomConstants, randomImages, randomLenet } from '../../support/lenet.ts';
import { runOnnx } from '../../support/run-onnx.ts';

function graphOf(
  shape: readonly number[],
  nodes: readonly OnnxNode[],
  constants: ReadonlyMap<string, OnnxTensor> = new Map(),
): OnnxGraph {
  return buildGraph({
    name: 'graph',
    inputs: [{ name: 'x', type: 'float32', shape }],
    outputs: [{ name: 'y' }],
    nodes,
    constants,
  });
}

/** The graph's output for one random sample: by ONNX Runtime, and after lowering. */
async function both(graph: OnnxGraph): Promise<readonly [number[], number[]]> {
  const model = lowerGraph(graph);
  const size = graph.inputs[0].shape.reduce((product, dimension) => product * dimension, 1);
  const [sample] = randomImages(3, 1, size);
  const [expected] = await runOnnx(graph, [sample]);
  const values = evaluateFloat(model, [Float64Array.from(sample)]);
  return [Array.from(expected.data, Number), Array.from(values[model.outputs[0]])];
}

function expectClose([expected, got]: readonly [number[], number[]]): void {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
}

const image = [1, 3, 6, 6];

describe('an ONNX graph in the quantiser', () => {
  it('computes what ONNX Runtime computes for LeNet-5, pooling moved before the activation', async () => {
    const graph = randomLenet(1);
    expect(lowerGraph(graph).nodes.map(({ kind }) => kind)).toEqual([
      ...['conv', 'max-pool', 'relu', 'conv', 'max-pool', 'relu', 'reshape'],
      ...['gemm', 'relu', 'gemm', 'relu', 'gemm'],
    ]);
    expectClose(await both(graph));
  });

  it('leaves pooling behind an activation that something else reads too', () => {
    const nodes = [
      node('Relu', ['x'], 'r'),
      node('MaxPool', ['r'], 'p', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      node('Add', ['p', 'r'], 'y'),
    ];
    expect(lowerGraph(graphOf(image, nodes)).nodes.map(({ kind }) => kind)).toEqual([
      'relu',
      'max-pool',
      'add',
    ]);
  });

  it.each<[string, OnnxGraph]>([
    [
      'Conv with groups, stride and uneven padding',
      graphOf(
        image,
        [node('Conv', ['x', 'w'], 'y', { group: 3, strides: [2, 1], pads: [1, 0, 0, 2] })],
        randomConstants(5, { w: [[6, 1, 3, 3], 0.3] }),
      ),
    ],
    [
      'MatMul and Add of a row, as one product',
      graphOf(
        [1, 7],
        [node('MatMul', ['x', 'w'], 'm'), node('Add', ['m', 'b'], 'y')],
        randomConstants(6, { w: [[7, 4], 0.3], b: [[4], 0.3] }),
      ),
    ],
    [
      'Gemm with alpha and beta',
      graphOf(
        [1, 7],
        [node('Gemm', ['x', 'w', 'b'], 'y', { alpha: 0.5, beta: 3 })],
        randomConstants(7, { w: [[7, 4], 0.3], b: [[1, 4], 0.3] }),
      ),
    ],
    [
      'Add of a constant per channel to what is no product',
      graphOf(
        image,
        [node('Relu', ['x'], 'r'), node('Add', ['b', 'r'], 'y')],
        randomConstants(8, { b: [[3, 1, 1], 0.3] }),
      ),
    ],
    [
      'Add of a constant to a row',
      graphOf(
        [1, 5],
        [node('Relu', ['x'], 'r'), node('Add', ['r', 'b'], 'y')],
        randomConstants(9, { b: [[5], 0.3] }),
      ),
    ],
    [
      'AveragePool with padding that counts',
      graphOf(image, [
        node('AveragePool', ['x'], 'y', { kernel_shape: [3, 2], pads: [1, 0, 1, 1], count_include_pad: 1 }),
      ]),
    ],
    ['GlobalAveragePool', graphOf(image, [node('GlobalAveragePool', ['x'], 'y')])],
    [
      'a residual sum',
      graphOf(
        image,
        [node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }), node('Add', ['c', 'x'], 'y')],
        randomConstants(10, { w: [[3, 3, 3, 3], 0.2] }),
      ),
    ],
  ])('computes %s', async (_, graph) => {
    expectClose(await both(graph));
  });

  it('folds a bias into the product before it', () => {
    const constants = randomConstants(6, { w: [[7, 4], 0.3], b: [[4], 0.3] });
    const nodes = [node('MatMul', ['x', 'w'], 'm'), node('Add', ['m', 'b'], 'y')];
    expect(lowerGraph(graphOf([1, 7], nodes, constants)).nodes.map(({ kind }) => kind)).toEqual(['gemm']);
  });

  it('leaves to ONNX Runtime what it has no way to write in integers', () => {
    const { nodes } = lowerGraph(graphOf(image, [node('PRelu', ['x', 'x'], 'f'), node('Relu', ['f'], 'y')]));
    expect(nodes.map(({ kind }) => kind)).toEqual(['foreign', 'relu']);
    expect(nodes[0]).toMatchObject({ operator: 'PRelu', tensor: 'f', type: 'float32' });
  });

  it('refuses such an operator where nothing runs it', async () => {
    const graph = graphOf(image, [node('PRelu', ['x', 'x'], 'y')]);
    const options = { calibration: [[new Float64Array(108)]], accuracyBudget: 1, countConstraints: () => 1 };
    await expect(quantiseGraph(graph, options)).rejects.toMatchObject({
      code: 'QUANTISE_UNSUPPORTED_OPERATOR',
    });
  });
});
