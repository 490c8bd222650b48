import { describe, expect, it } from 'vitest';
import { buildGraph, type OnnxGraph, type OnnxNode, type OnnxTensor } from '../../../slicer/onnx/index.ts';
import { lowerGraph } from '../../../slicer/quantise/lower.ts';
import { node, randomConstants } from '../../support/lenet.ts';
import {
  expectedOutputs,
  expectLowered,
  expectQuantised,
  randomSample,
} from '../../support/operator-case.ts';

type Shape = readonly number[];

interface Case {
  readonly inputs: Readonly<Record<string, Shape>>;
  /** Constants with random values, by shape. */
  readonly weights?: Readonly<Record<string, Shape>>;
  readonly constants?: Readonly<Record<string, OnnxTensor>>;
  readonly nodes: readonly OnnxNode[];
  readonly outputs?: readonly string[];
  readonly opset?: number;
}

function graphOf({ inputs, weights = {}, constants = {}, nodes, outputs = ['y'], opset }: Case): OnnxGraph {
  const random = Object.entries(weights).map(([name, shape]) => [name, [shape, 0.4]] as const);
  return buildGraph({
    name: 'case',
    opset,
    inputs: Object.entries(inputs).map(([name, shape]) => ({ name, type: 'float32', shape })),
    outputs: outputs.map((name) => ({ name })),
    nodes,
    constants: new Map([...randomConstants(11, Object.fromEntries(random)), ...Object.entries(constants)]),
  });
}

function ints(...values: readonly number[]): OnnxTensor {
  return { type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) };
}

function float(shape: Shape, ...values: readonly number[]): OnnxTensor {
  return { type: 'float32', shape, data: Float32Array.from(values) };
}

/** A node of several outputs. */
function several(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: OnnxNode['attributes'] = {},
): OnnxNode {
  return { name: operator, operator, inputs, outputs, attributes };
}

const image = { x: [2, 3, 5, 4] };
const positive: OnnxTensor = float([3], 0.5, 1.2, 0.8);

const CASES: Readonly<Record<string, Case>> = {
  'Conv over a batch': {
    inputs: image,
    weights: { w: [4, 3, 3, 2], b: [4] },
    nodes: [node('Conv', ['x', 'w', 'b'], 'y')],
  },
  'Conv with groups, dilation, stride and uneven padding': {
    inputs: { x: [1, 4, 7, 6] },
    weights: { w: [6, 2, 2, 3] },
    nodes: [
      node('Conv', ['x', 'w'], 'y', { group: 2, dilations: [2, 1], strides: [1, 2], pads: [1, 0, 2, 1] }),
    ],
  },
  'Conv with auto_pad SAME_LOWER': {
    inputs: image,
    weights: { w: [2, 3, 2, 2] },
    nodes: [node('Conv', ['x', 'w'], 'y', { auto_pad: 'SAME_LOWER', strides: [2, 2] })],
  },
  'depthwise Conv in one dimension': {
    inputs: { x: [2, 3, 9] },
    weights: { w: [3, 1, 3], b: [3] },
    nodes: [node('Conv', ['x', 'w', 'b'], 'y', { group: 3, strides: [2], pads: [1, 1] })],
  },
  ConvTranspose: {
    inputs: { x: [1, 2, 3, 3] },
    weights: { w: [2, 3, 3, 3], b: [3] },
    nodes: [node('ConvTranspose', ['x', 'w', 'b'], 'y')],
  },
  'ConvTranspose with stride, padding and output_padding': {
    inputs: { x: [2, 2, 3, 4] },
    weights: { w: [2, 2, 3, 3] },
    nodes: [
      node('ConvTranspose', ['x', 'w'], 'y', {
        strides: [3, 2],
        pads: [1, 0, 1, 2],
        output_padding: [2, 1],
      }),
    ],
  },
  'ConvTranspose with groups and dilation': {
    inputs: { x: [1, 4, 3, 3] },
    weights: { w: [4, 2, 2, 2], b: [4] },
    nodes: [node('ConvTranspose', ['x', 'w', 'b'], 'y', { group: 2, dilations: [2, 2], strides: [2, 1] })],
  },
  'ConvTranspose with more padding than the kernel reaches': {
    inputs: { x: [1, 1, 4, 4] },
    weights: { w: [1, 2, 2, 2] },
    nodes: [node('ConvTranspose', ['x', 'w'], 'y', { pads: [2, 2, 1, 2], strides: [2, 3] })],
  },
  'ConvTranspose in one dimension to a given shape': {
    inputs: { x: [1, 2, 4] },
    weights: { w: [2, 1, 3] },
    nodes: [node('ConvTranspose', ['x', 'w'], 'y', { strides: [2], output_shape: [8] })],
  },
  'ConvTranspose with auto_pad SAME_UPPER': {
    inputs: { x: [1, 1, 3, 3] },
    weights: { w: [1, 1, 3, 3] },
    nodes: [node('ConvTranspose', ['x', 'w'], 'y', { strides: [2, 2], auto_pad: 'SAME_UPPER' })],
  },
  'Gemm of several rows': {
    inputs: { x: [3, 5] },
    weights: { w: [5, 4], b: [4] },
    nodes: [node('Gemm', ['x', 'w', 'b'], 'y', { alpha: 0.5, beta: 2 })],
  },
  'Gemm, both transposed, an addend by row': {
    inputs: { x: [5, 3] },
    weights: { w: [4, 5], b: [3, 1] },
    nodes: [node('Gemm', ['x', 'w', 'b'], 'y', { transA: 1, transB: 1 })],
  },
  'Gemm by a constant on the left, a whole matrix added': {
    inputs: { x: [4, 3] },
    weights: { w: [3, 2], b: [2, 4] },
    nodes: [node('Gemm', ['w', 'x', 'b'], 'y', { transA: 1, transB: 1, alpha: 2 })],
  },
  'Gemm with a computed addend': {
    inputs: { x: [2, 3], c: [1, 4] },
    weights: { w: [3, 4] },
    nodes: [node('Gemm', ['x', 'w', 'c'], 'y', { beta: -1.5 })],
  },
  'MatMul of three dimensions by a matrix, then a bias': {
    inputs: { x: [2, 3, 4] },
    weights: { w: [4, 5], b: [5] },
    nodes: [node('MatMul', ['x', 'w'], 'm'), node('Add', ['m', 'b'], 'y')],
  },
  'MatMul by batches of matrices': {
    inputs: { x: [2, 1, 3, 4] },
    weights: { w: [3, 4, 2] },
    nodes: [node('MatMul', ['x', 'w'], 'y')],
  },
  'MatMul by a constant on the left': {
    inputs: { x: [2, 4, 3] },
    weights: { w: [5, 4] },
    nodes: [node('MatMul', ['w', 'x'], 'y')],
  },
  'MatMul by batches on the left': {
    inputs: { x: [4, 3] },
    weights: { w: [2, 2, 4] },
    nodes: [node('MatMul', ['w', 'x'], 'y')],
  },
  'MatMul of vectors': {
    inputs: { x: [4] },
    weights: { w: [4, 3], v: [3] },
    nodes: [
      node('MatMul', ['x', 'w'], 'm'),
      node('MatMul', ['v', 'm'], 's'),
      node('Unsqueeze', ['s', 'axes'], 'y'),
    ],
    constants: { axes: ints(0) },
  },
  'BatchNormalization by itself': {
    inputs: image,
    weights: { b: [3], m: [3] },
    constants: { s: float([3], 1, -0.5, 2), v: positive },
    nodes: [node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], 'y', { epsilon: 0.01 })],
  },
  'BatchNormalization of rows': {
    inputs: { x: [4, 3] },
    weights: { b: [3], m: [3] },
    constants: { s: float([3], 1, -0.5, 2), v: positive },
    nodes: [node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], 'y')],
  },
  'Conv, BatchNormalization, Relu': {
    inputs: image,
    weights: { w: [3, 3, 3, 3], b: [3], m: [3] },
    constants: { s: float([3], 1, -0.5, 2), v: positive },
    nodes: [
      node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
      node('BatchNormalization', ['c', 's', 'b', 'm', 'v'], 'n'),
      node('Relu', ['n'], 'y'),
    ],
  },
  'Add of tensors that are repeated': {
    inputs: { x: [2, 1, 3], z: [2, 1] },
    nodes: [node('Add', ['x', 'z'], 'y')],
  },
  'Sub of tensors': { inputs: { x: [2, 3], z: [3] }, nodes: [node('Sub', ['z', 'x'], 'y')] },
  'Sub of a constant, and from one': {
    inputs: { x: [2, 3] },
    weights: { a: [3], b: [2, 1] },
    nodes: [node('Sub', ['x', 'a'], 's'), node('Sub', ['b', 's'], 'y')],
  },
  'Mul and Div by constants inside channels': {
    inputs: { x: [2, 2, 3] },
    weights: { a: [2, 3] },
    constants: { b: float([1, 2, 1], 0.5, -3) },
    nodes: [node('Mul', ['a', 'x'], 'm'), node('Div', ['m', 'b'], 'y')],
  },
  'Mul by a constant that is larger': {
    inputs: { x: [3] },
    weights: { a: [2, 1] },
    nodes: [node('Mul', ['x', 'a'], 'y')],
  },
  'Neg and a sum with itself': {
    inputs: { x: [2, 3] },
    nodes: [node('Neg', ['x'], 'n'), node('Relu', ['n'], 'r'), node('Add', ['r', 'r'], 'y')],
  },
  'AveragePool without its padding': {
    inputs: image,
    nodes: [node('AveragePool', ['x'], 'y', { kernel_shape: [3, 2], pads: [1, 1, 1, 0], strides: [2, 1] })],
  },
  'AveragePool with its padding, rounded up': {
    inputs: { x: [2, 3, 6, 4] },
    nodes: [
      node('AveragePool', ['x'], 'y', {
        kernel_shape: [2, 2],
        pads: [1, 0, 0, 0],
        strides: [3, 3],
        ceil_mode: 1,
        count_include_pad: 1,
      }),
    ],
  },
  'AveragePool in one dimension': {
    inputs: { x: [1, 2, 7] },
    nodes: [node('AveragePool', ['x'], 'y', { kernel_shape: [3], strides: [2], pads: [1, 1] })],
  },
  'AveragePool with auto_pad': {
    inputs: image,
    nodes: [node('AveragePool', ['x'], 'y', { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER' })],
  },
  'GlobalAveragePool over a batch': { inputs: image, nodes: [node('GlobalAveragePool', ['x'], 'y')] },
  'MaxPool rounded up': {
    inputs: image,
    nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: [2, 2], strides: [2, 3], ceil_mode: 1 })],
  },
  'MaxPool with dilation': {
    inputs: image,
    nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: [2, 2], dilations: [2, 2], pads: [1, 1, 1, 1] })],
  },
  'MaxPool in one dimension': {
    inputs: { x: [2, 1, 6] },
    nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: [3], strides: [2], pads: [1, 0] })],
  },
  'ReduceMean by attribute': {
    inputs: image,
    nodes: [node('ReduceMean', ['x'], 'y', { axes: [1, -1], keepdims: 0 })],
  },
  'ReduceMean by input, in a newer operator set': {
    inputs: image,
    constants: { axes: ints(2, 3) },
    opset: 18,
    nodes: [node('ReduceMean', ['x', 'axes'], 'y')],
  },
  'ReduceSum of everything': { inputs: { x: [2, 3] }, nodes: [node('ReduceSum', ['x'], 'y')] },
  'ReduceSum that does nothing': {
    inputs: { x: [2, 3] },
    nodes: [node('ReduceSum', ['x'], 'y', { noop_with_empty_axes: 1 })],
  },
  'Concat of branches': {
    inputs: image,
    weights: { a: [2, 3, 1, 1], b: [4, 3, 3, 3] },
    nodes: [
      node('Conv', ['x', 'a'], 'c'),
      node('Relu', ['c'], 'r'),
      node('Conv', ['x', 'b'], 'd', { pads: [1, 1, 1, 1] }),
      node('Relu', ['d'], 's'),
      node('Concat', ['r', 's', 'x'], 'j', { axis: 1 }),
      node('Relu', ['j'], 'y'),
    ],
  },
  'Concat along the last axis': {
    inputs: { x: [2, 3], z: [2, 2] },
    nodes: [node('Concat', ['x', 'z', 'x'], 'y', { axis: -1 })],
  },
  'Split, uneven, and a sum of parts': {
    inputs: { x: [2, 5] },
    constants: { sizes: ints(2, 1, 2) },
    nodes: [
      several('Split', ['x', 'sizes'], ['a', 'unused', 'b'], { axis: 1 }),
      node('Add', ['a', 'b'], 'y'),
    ],
  },
  'Split into as many as there are outputs': {
    inputs: { x: [4, 3] },
    nodes: [several('Split', ['x'], ['y', 'z'])],
    outputs: ['z', 'y'],
  },
  'Slice backwards and with steps': {
    inputs: { x: [4, 5] },
    constants: { from: ints(-1, 1), to: ints(-10, 100), axes: ints(0, 1), steps: ints(-2, 2) },
    nodes: [node('Slice', ['x', 'from', 'to', 'axes', 'steps'], 'y')],
  },
  'Pad by a constant': {
    inputs: image,
    constants: { pads: ints(0, 0, 1, 2, 0, 1, 0, -1), value: float([], 0.5) },
    nodes: [node('Pad', ['x', 'pads', 'value'], 'y')],
  },
  'Pad by reflection': {
    inputs: image,
    constants: { pads: ints(0, 0, 2, 1, 0, 0, 1, 3) },
    nodes: [node('Pad', ['x', 'pads'], 'y', { mode: 'reflect' })],
  },
  'Pad by the edge, along named axes': {
    inputs: { x: [2, 3] },
    constants: { pads: ints(1, 2), axes: ints(-1) },
    opset: 18,
    nodes: [node('Pad', ['x', 'pads', '', 'axes'], 'y', { mode: 'edge' })],
  },
  'Flatten, Reshape and Transpose': {
    inputs: image,
    constants: { shape: ints(0, -1, 4) },
    nodes: [
      node('Transpose', ['x'], 't', { perm: [0, 2, 3, 1] }),
      node('Reshape', ['t', 'shape'], 'r'),
      node('Flatten', ['r'], 'y', { axis: 2 }),
    ],
  },
  'Squeeze, Unsqueeze, Expand and Tile': {
    inputs: { x: [1, 3, 1] },
    constants: { first: ints(0), last: ints(0), shape: ints(2, 3, 2), repeats: ints(1, 2, 1) },
    nodes: [
      node('Squeeze', ['x', 'first'], 's'),
      node('Unsqueeze', ['s', 'last'], 'u'),
      node('Expand', ['u', 'shape'], 'e'),
      node('Tile', ['e', 'repeats'], 'y'),
    ],
    opset: 13,
  },
  'Gather along an axis by a matrix of indices': {
    inputs: { x: [3, 4] },
    constants: { at: { type: 'int64', shape: [2, 2], data: BigInt64Array.of(0n, -1n, 2n, 2n) } },
    nodes: [node('Gather', ['x', 'at'], 'y', { axis: 1 })],
  },
  'Gather of one position': {
    inputs: { x: [3, 4] },
    constants: { at: { type: 'int64', shape: [], data: BigInt64Array.of(1n) } },
    nodes: [node('Gather', ['x', 'at'], 'y')],
  },
  'DepthToSpace and SpaceToDepth': {
    inputs: { x: [1, 8, 2, 3] },
    nodes: [
      node('DepthToSpace', ['x'], 'd', { blocksize: 2, mode: 'CRD' }),
      node('DepthToSpace', ['x'], 'e', { blocksize: 2 }),
      node('Sub', ['d', 'e'], 's'),
      node('SpaceToDepth', ['s'], 'y', { blocksize: 2 }),
    ],
  },
  'Identity, Dropout and Cast': {
    inputs: { x: [2, 3] },
    nodes: [node('Identity', ['x'], 'i'), node('Dropout', ['i'], 'd'), node('Cast', ['d'], 'y', { to: 1 })],
  },
  'a shape that is worked out': {
    inputs: { x: [2, 3, 4] },
    constants: { zero: ints(0), minus: ints(-1), two: ints(2) },
    nodes: [
      node('Shape', ['x'], 's'),
      node('Gather', ['s', 'zero'], 'n'),
      node('Gather', ['s', 'two'], 'w'),
      node('Mul', ['w', 'two'], 'double'),
      node('Div', ['double', 'two'], 'half'),
      node('Concat', ['n', 'minus', 'half'], 'shape', { axis: 0 }),
      node('Reshape', ['x', 'shape'], 'r'),
      node('Transpose', ['r'], 'y', { perm: [2, 0, 1] }),
    ],
  },
  'constants that are worked out': {
    inputs: { x: [2, 3] },
    weights: { a: [3, 2] },
    constants: { shape: ints(3) },
    nodes: [
      node('Transpose', ['a'], 't'),
      node('ConstantOfShape', ['shape'], 'zeros'),
      node('Sub', ['t', 'zeros'], 'u'),
      node('Mul', ['x', 'u'], 'y'),
    ],
  },
  'two inputs and two outputs, with branches that are read twice': {
    inputs: { x: [1, 2, 4, 4], z: [1, 3] },
    weights: { w: [2, 2, 3, 3], v: [2, 3], b: [2] },
    nodes: [
      node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
      node('Add', ['c', 'x'], 's'),
      node('Relu', ['s'], 'r'),
      node('GlobalAveragePool', ['r'], 'g'),
      node('Flatten', ['g'], 'f'),
      node('Gemm', ['z', 'v', 'b'], 'm', { transB: 1 }),
      node('Add', ['f', 'm'], 'y'),
      node('MaxPool', ['r'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
    ],
    outputs: ['y', 'p'],
  },
};

describe('operators, from ONNX to a witness', () => {
  it.each(Object.entries(CASES))('%s', async (_, given) => {
    const graph = graphOf(given);
    const samples = [1, 2].map((seed) => randomSample(graph, seed));
    const expected = await Promise.all(samples.map((sample) => expectedOutputs(graph, sample)));
    expectLowered(graph, samples[0], expected[0]);
    await expectQuantised(graph, samples, expected);
  });

  it.each<[string, Case, readonly string[]]>([
    [
      'a bias and a factor',
      { ...CASES['MatMul of three dimensions by a matrix, then a bias'] },
      ['reshape', 'gemm', 'reshape'],
    ],
    ['BatchNormalization', CASES['Conv, BatchNormalization, Relu'], ['conv', 'relu']],
  ])('folds %s into the product before it', (_, given, kinds) => {
    expect(lowerGraph(graphOf(given)).nodes.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('changes no product whose results are read elsewhere too', async () => {
    const graph = graphOf({
      inputs: { x: [2, 3] },
      weights: { w: [3, 4], a: [4] },
      constants: { shape: ints(4, 2) },
      nodes: [
        node('MatMul', ['x', 'w'], 'm'),
        node('Identity', ['m'], 'i'),
        node('Mul', ['i', 'a'], 's'),
        node('Add', ['s', 'm'], 'y'),
      ],
    });
    const sample = randomSample(graph, 3);
    expectLowered(graph, sample, await expectedOutputs(graph, sample));
  });
});
