import ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { boundsOf, sizeOf } from '../../../slicer/integer/program.ts';
import { buildGraph, writeOnnx, type AttributeValue, type OnnxTensor } from '../../../slicer/onnx/index.ts';
import { readOnnx } from '../../../slicer/onnx/read.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';
import { toIntegers } from '../../../slicer/quantise/scales.ts';
import { seededNumbers } from '../../support/programs.ts';

/** A graph of a few nodes; ONNX Runtime computes what it gives in floats. */
interface Case {
  readonly opset?: number;
  readonly shapes: readonly (readonly number[])[];
  /** The nodes in order; tensors x0, x1 … are the inputs, y is the output. */
  readonly nodes: readonly {
    readonly operator: string;
    readonly inputs: readonly string[];
    readonly output?: string;
    readonly attributes?: Readonly<Record<string, AttributeValue>>;
  }[];
  readonly constants?: Readonly<Record<string, OnnxTensor>>;
  readonly low?: number;
  readonly high?: number;
  /** Largest error at 10 bits, in parts of the largest output. */
  readonly tolerance?: number;
}

const rows = [1, 4, 6];
const image = [1, 3, 4, 5];

function one(operator: string, attributes: Readonly<Record<string, AttributeValue>> = {}): Case {
  return { shapes: [rows], nodes: [{ operator, inputs: ['x0'], attributes }] };
}

function reals(shape: readonly number[], values: readonly number[]): OnnxTensor {
  return { type: 'float32', shape, data: Float32Array.from(values) };
}

const number = (value: number): OnnxTensor => reals([], [value]);

const cases: Record<string, Case> = {
  Sigmoid: one('Sigmoid'),
  Tanh: one('Tanh'),
  Exp: { ...one('Exp'), low: -3, high: 1.5 },
  Elu: one('Elu', { alpha: 0.7 }),
  Celu: one('Celu', { alpha: 1.3 }),
  Selu: one('Selu'),
  Erf: one('Erf'),
  Log: { ...one('Log'), low: 0.5, high: 9 },
  Softplus: one('Softplus'),
  Softsign: one('Softsign'),
  Tan: { ...one('Tan'), low: -1, high: 1 },
  Atan: one('Atan'),
  Sinh: one('Sinh'),
  Cosh: one('Cosh'),
  Asinh: one('Asinh'),
  Shrink: one('Shrink', { lambd: 0.25, bias: 0.125 }),
  Gelu: { ...one('Gelu'), opset: 20 },
  'Gelu by tanh': { ...one('Gelu', { approximate: 'tanh' }), opset: 20 },
  Mish: { ...one('Mish'), opset: 18 },
  HardSwish: { ...one('HardSwish'), opset: 14 },
  ThresholdedRelu: one('ThresholdedRelu', { alpha: 0 }),
  Sin: one('Sin'),
  Cos: one('Cos'),
  Reciprocal: { ...one('Reciprocal'), low: 0.5, high: 4, tolerance: 0.01 },
  HardSigmoid: one('HardSigmoid', { alpha: 0.3, beta: 0.4 }),
  LeakyRelu: one('LeakyRelu', { alpha: 0.1 }),
  Abs: one('Abs'),
  Neg: one('Neg'),
  Sqrt: { ...one('Sqrt'), low: 0, high: 9, tolerance: 0.02 },
  'Clip by inputs': {
    shapes: [rows],
    nodes: [{ operator: 'Clip', inputs: ['x0', 'low', 'high'] }],
    constants: { low: number(-1), high: number(2.5) },
  },
  'Clip from below': {
    shapes: [rows],
    nodes: [{ operator: 'Clip', inputs: ['x0', 'low'] }],
    constants: { low: number(0.25) },
  },
  'a clipped convolution (Relu6)': {
    shapes: [image],
    nodes: [
      { operator: 'Conv', inputs: ['x0', 'w'], output: 'c' },
      { operator: 'Clip', inputs: ['c', 'low', 'high'] },
    ],
    constants: {
      w: reals([2, 3, 1, 1], [1, -2, 0.5, 0.25, 1, 1.5]),
      low: number(0),
      high: number(6),
    },
  },
  PRelu: {
    shapes: [image],
    nodes: [{ operator: 'PRelu', inputs: ['x0', 'slope'] }],
    constants: { slope: reals([3, 1, 1], [0.25, -0.5, 0.1]) },
  },
  Mul: { shapes: [rows, rows], nodes: [{ operator: 'Mul', inputs: ['x0', 'x1'] }], tolerance: 0.01 },
  'Mul of a column': {
    shapes: [rows, [1, 4, 1]],
    nodes: [{ operator: 'Mul', inputs: ['x0', 'x1'] }],
    tolerance: 0.01,
  },
  Div: {
    shapes: [rows, rows],
    nodes: [{ operator: 'Div', inputs: ['x0', 'x1'] }],
    low: 0.5,
    high: 4,
    tolerance: 0.015,
  },
  'Div by a column': {
    shapes: [rows, [1, 4, 1]],
    nodes: [{ operator: 'Div', inputs: ['x0', 'x1'] }],
    low: 0.5,
    high: 4,
    tolerance: 0.015,
  },
  'Pow 2': {
    shapes: [rows],
    nodes: [{ operator: 'Pow', inputs: ['x0', 'e'] }],
    constants: { e: number(2) },
    tolerance: 0.01,
  },
  'Pow 0.5': {
    shapes: [rows],
    nodes: [{ operator: 'Pow', inputs: ['x0', 'e'] }],
    constants: { e: number(0.5) },
    low: 0,
    high: 9,
    tolerance: 0.02,
  },
  'Pow 3': {
    shapes: [rows],
    nodes: [{ operator: 'Pow', inputs: ['x0', 'e'] }],
    constants: { e: number(3) },
    tolerance: 0.01,
  },
  MatMul: {
    shapes: [
      [1, 2, 4, 6],
      [1, 2, 6, 3],
    ],
    nodes: [{ operator: 'MatMul', inputs: ['x0', 'x1'] }],
    tolerance: 0.01,
  },
  'MatMul, repeated': {
    shapes: [
      [1, 2, 4, 6],
      [6, 3],
    ],
    nodes: [{ operator: 'MatMul', inputs: ['x0', 'x1'] }],
    tolerance: 0.01,
  },
  'Gemm of two tensors': {
    shapes: [
      [6, 4],
      [3, 6],
    ],
    nodes: [{ operator: 'Gemm', inputs: ['x0', 'x1'], attributes: { transA: 1, transB: 1 } }],
    tolerance: 0.01,
  },
  Max: { shapes: [rows, rows], nodes: [{ operator: 'Max', inputs: ['x0', 'x1'] }] },
  'Max with a constant row': {
    shapes: [rows],
    nodes: [{ operator: 'Max', inputs: ['x0', 'c'] }],
    constants: { c: reals([6], [-1, 0, 0.5, 1, 2, -3]) },
  },
  'Min of three': {
    shapes: [rows, rows, rows],
    nodes: [{ operator: 'Min', inputs: ['x0', 'x1', 'x2'] }],
  },
  'ReduceMax over the last axis': {
    shapes: [rows],
    nodes: [{ operator: 'ReduceMax', inputs: ['x0'], attributes: { axes: [-1] } }],
  },
  'ReduceMax over a middle axis': {
    shapes: [rows],
    nodes: [{ operator: 'ReduceMax', inputs: ['x0'], attributes: { axes: [1], keepdims: 0 } }],
  },
  GlobalMaxPool: { shapes: [image], nodes: [{ operator: 'GlobalMaxPool', inputs: ['x0'] }] },
  Softmax: { ...one('Softmax'), tolerance: 0.015 },
  'Softmax over a middle axis': { ...one('Softmax', { axis: 1 }), tolerance: 0.015 },
  'Softmax of operator set 11': { ...one('Softmax'), opset: 11, tolerance: 0.02 },
  LayerNormalization: {
    opset: 17,
    shapes: [rows],
    nodes: [{ operator: 'LayerNormalization', inputs: ['x0', 'scale', 'bias'] }],
    constants: {
      scale: reals([6], [1, 0.5, 2, 1.5, 0.7, 1.1]),
      bias: reals([6], [0, 0.5, -0.3, 0.2, 0, -1]),
    },
    tolerance: 0.02,
  },
  'layer normalisation in parts': {
    shapes: [rows],
    nodes: [
      { operator: 'ReduceMean', inputs: ['x0'], output: 'mean', attributes: { axes: [-1] } },
      { operator: 'Sub', inputs: ['x0', 'mean'], output: 'd' },
      { operator: 'Pow', inputs: ['d', 'two'], output: 'square' },
      { operator: 'ReduceMean', inputs: ['square'], output: 'variance', attributes: { axes: [-1] } },
      { operator: 'Add', inputs: ['variance', 'epsilon'], output: 'sum' },
      { operator: 'Sqrt', inputs: ['sum'], output: 'deviation' },
      { operator: 'Div', inputs: ['d', 'deviation'], output: 'normal' },
      { operator: 'Mul', inputs: ['normal', 'scale'], output: 'scaled' },
      { operator: 'Add', inputs: ['scaled', 'bias'] },
    ],
    constants: {
      two: number(2),
      epsilon: number(1e-5),
      scale: reals([6], [1, 0.5, 2, 1.5, 0.7, 1.1]),
      bias: reals([6], [0, 0.5, -0.3, 0.2, 0, -1]),
    },
    tolerance: 0.03,
  },
  'GELU by Erf': {
    shapes: [rows],
    nodes: [
      { operator: 'Div', inputs: ['x0', 'root2'], output: 'scaled' },
      { operator: 'Erf', inputs: ['scaled'], output: 'erf' },
      { operator: 'Add', inputs: ['erf', 'one'], output: 'sum' },
      { operator: 'Mul', inputs: ['x0', 'sum'], output: 'product' },
      { operator: 'Mul', inputs: ['product', 'half'] },
    ],
    constants: { root2: number(Math.SQRT2), one: number(1), half: number(0.5) },
  },
  'x · sigmoid(x)': {
    shapes: [rows],
    nodes: [
      { operator: 'Sigmoid', inputs: ['x0'], output: 's' },
      { operator: 'Mul', inputs: ['x0', 's'] },
    ],
  },
  'x · clip(x + 3) / 6': {
    shapes: [rows],
    nodes: [
      { operator: 'Add', inputs: ['x0', 'three'], output: 'moved' },
      { operator: 'Clip', inputs: ['moved', 'zero', 'six'], output: 'clipped' },
      { operator: 'Mul', inputs: ['x0', 'clipped'], output: 'product' },
      { operator: 'Div', inputs: ['product', 'six'] },
    ],
    constants: { three: number(3), zero: number(0), six: number(6) },
  },
};

const argmax: Record<string, Case> = {
  'ArgMax over rows': one('ArgMax', { axis: -1, keepdims: 0 }),
  'ArgMax over columns': one('ArgMax', { axis: 1 }),
  'ArgMax, last of equal ones': { ...one('ArgMax', { axis: 2, select_last_index: 1 }), low: 0, high: 0.002 },
};

function fileOf({ opset = 13, shapes, nodes, constants = {} }: Case): Uint8Array {
  const graph = buildGraph({
    name: 'case',
    opset: Math.max(opset, 13),
    inputs: shapes.map((shape, i) => ({ name: `x${i}`, type: 'float32', shape })),
    outputs: [{ name: 'y' }],
    nodes: nodes.map(({ operator, inputs, output = 'y', attributes = {} }, i) => ({
      name: `n${i}`,
      operator,
      inputs,
      outputs: [output],
      attributes,
    })),
    constants: new Map(Object.entries(constants)),
  });
  return writeOnnx({ ...graph, opset });
}

function samplesOf({ shapes, low = -4, high = 4 }: Case, count: number, seed: number): Float64Array[][] {
  const draw = seededNumbers(seed);
  return Array.from({ length: count }, () =>
    shapes.map((shape) =>
      Float64Array.from({ length: sizeOf(shape) }, () => low + ((high - low) * draw(0, 10_000)) / 10_000),
    ),
  );
}

/** What ONNX Runtime computes in floats. */
async function floats(
  file: Uint8Array,
  shapes: Case['shapes'],
  sample: readonly Float64Array[],
): Promise<number[]> {
  const session = await ort.InferenceSession.create(file);
  const feeds = Object.fromEntries(
    sample.map((values, i) => [
      `x${i}`,
      new ort.Tensor('float32', Float32Array.from(values), [...shapes[i]]),
    ]),
  );
  const { y } = await session.run(feeds);
  await session.release();
  return Array.from(y.data as ArrayLike<number | bigint>, Number);
}

/** The quantised model's answer, which evaluator, ONNX Runtime and witness give alike. */
async function integersOf(file: Uint8Array, given: Case, sample: readonly Float64Array[]): Promise<number[]> {
  const { program } = await quantiseGraph(readOnnx(file), {
    calibration: samplesOf(given, 16, 1),
    bits: { weights: 10, activations: 10 },
    accuracyBudget: 0.5,
    countConstraints,
  });
  const inputs = program.inputs.map((id, i) => {
    const { range, scale } = program.tensors[id];
    return toIntegers(sample[i], boundsOf(range!), scale);
  });
  const outputs = evaluateOutputs(program, inputs);
  const session = await openSlice(sliceOnnx(program, 'case'));
  expect(await executeSlice(session, inputs)).toEqual(outputs);
  await session.close();
  const compiled = compileSlice(program);
  const witness = compiled.computeWitness({
    inputs,
    inputSalts: inputs.map(() => 1n),
    outputSalts: [2n],
    tag: 3n,
  });
  expect(witness.outputs).toEqual(outputs);
  expect(checkWitness(compiled.r1cs, witness.values)).toBeUndefined();
  const unit = 2 ** -program.tensors[program.outputs[0]].scale;
  return Array.from(outputs[0], (q) => q * unit);
}

describe('an operator of ONNX', () => {
  it.each(Object.entries(cases))(
    '%s is near ONNX Runtime’s floats, and the same everywhere',
    async (_, given) => {
      const file = fileOf(given);
      const [sample] = samplesOf(given, 1, 2);
      const expected = await floats(file, given.shapes, sample);
      const got = await integersOf(file, given, sample);
      const largest = Math.max(...expected.map(Math.abs));
      const error = Math.max(...got.map((value, i) => Math.abs(value - expected[i])));
      expect(error / largest).toBeLessThan(given.tolerance ?? 0.006);
    },
  );

  it.each(Object.entries(argmax))('%s is a position of the largest integer', async (_, given) => {
    const file = fileOf(given);
    const [sample] = samplesOf(given, 1, 2);
    expect(await integersOf(file, given, sample)).toEqual(await floats(file, given.shapes, sample));
  });
});
