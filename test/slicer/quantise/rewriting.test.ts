import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../../slicer/onnx/index.ts';
import { buildGraph } from '../../../slicer/onnx/index.ts';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { evaluateFloat } from '../../../slicer/quantise/evaluate-float.ts';
import { lowerGraph } from '../../../slicer/quantise/lower.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';
import { expectedOutputs, randomSample } from '../../support/operator-case.ts';
import { floats, graphOf, int64, node } from '../onnx/graphs.ts';

const SHAPE = [1, 4, 4];

/** Numbers whose products differ, so that none of them can be left out unseen. */
const constants: Readonly<Record<string, OnnxTensor>> = {
  // No larger than keeps the values of a long chain near one: float32 itself is not what is tried.
  w: floats([4, 4], [-0.5, 0.2, -0.2, 0.5, 0.1, -0.3, 0.4, 0, -0.4, 0.3, -0.1, -0.5, 0.2, -0.2, 0.5, 0.1]),
  v: floats(
    [4, 4],
    [0.3, -0.7, 0.2, 0.9, -0.4, 0.8, 0.6, -0.1, 0.5, 0.25, -0.9, 0.35, 0.15, -0.2, 0.45, 0.7],
  ),
  row: floats([4], [0.5, -0.25, 1.5, 0.75]),
  quarter: floats([], [0.25]),
  third: floats([], [-1 / 3]),
  eight: floats([], [8]),
  low: int64(0),
  middle: int64(2),
  high: int64(4),
  last: int64(2),
};

const halves = (input: string, left: string, right: string): OnnxNode => ({
  ...node('Split', [input], left, { axis: 2 }),
  outputs: [left, right],
});

/** Graphs in which a constant may go into weights that something else reads, too. */
const shared: Readonly<Record<string, { nodes: readonly OnnxNode[]; outputs?: readonly string[] }>> = {
  'one half of a product is multiplied': {
    nodes: [
      node('MatMul', ['x', 'w'], 'm'),
      halves('m', 'a', 'b'),
      node('Mul', ['a', 'quarter'], 'c'),
      node('Concat', ['c', 'b'], 'y', { axis: 2 }),
    ],
  },
  'both halves are, by other numbers': {
    nodes: [
      node('MatMul', ['x', 'w'], 'm'),
      halves('m', 'a', 'b'),
      node('Mul', ['a', 'quarter'], 'c'),
      node('Div', ['b', 'third'], 'd'),
      node('Concat', ['c', 'd'], 'y', { axis: 2 }),
    ],
  },
  'a slice is divided, and the whole is read': {
    nodes: [
      node('MatMul', ['x', 'w'], 'm'),
      node('Slice', ['m', 'low', 'middle', 'last'], 's'),
      node('Div', ['s', 'eight'], 'd'),
      node('Concat', ['d', 'm'], 'y', { axis: 2 }),
    ],
  },
  'a product is negated, and its functions are fused': {
    nodes: [
      node('MatMul', ['x', 'w'], 'm'),
      node('Neg', ['m'], 'n'),
      node('Sigmoid', ['n'], 'a'),
      node('Tanh', ['n'], 'b'),
      node('Concat', ['a', 'b'], 'y', { axis: 1 }),
    ],
    outputs: ['y', 'n'],
  },
  'what a negated product is multiplied to is an output, and it is one before': {
    nodes: [node('MatMul', ['x', 'w'], 'm'), node('Neg', ['m'], 'n'), node('Mul', ['n', 'quarter'], 'y')],
    outputs: ['n', 'y'],
  },
  'a product is multiplied, and is an output': {
    nodes: [node('MatMul', ['x', 'w'], 'm'), node('Mul', ['m', 'quarter'], 'y')],
    outputs: ['y', 'm'],
  },
  'a factor waits, and others read what it waits on': {
    nodes: [
      node('MatMul', ['x', 'w'], 'm'),
      node('Mul', ['m', 'quarter'], 'n'),
      node('Transpose', ['n'], 't', { perm: [0, 2, 1] }),
      node('Add', ['t', 'row'], 'a'),
      node('Mul', ['n', 'third'], 'k'),
      node('Add', ['k', 'a'], 'y'),
    ],
    outputs: ['y', 'n'],
  },
  'queries, keys and values of one product': {
    nodes: [
      node('MatMul', ['x', 'w'], 'm'),
      halves('m', 'q', 'k'),
      node('Mul', ['q', 'quarter'], 'p'),
      node('Mul', ['k', 'eight'], 'l'),
      node('Transpose', ['l'], 't', { perm: [0, 2, 1] }),
      node('MatMul', ['p', 't'], 's'),
      node('Add', ['s', 'row'], 'u'),
      node('Softmax', ['u'], 'z', { axis: -1 }),
      node('MatMul', ['z', 'm'], 'y'),
    ],
  },
  'a softmax of what a negative number multiplies': {
    nodes: [
      node('Transpose', ['x'], 't', { perm: [0, 2, 1] }),
      node('MatMul', ['x', 't'], 's'),
      node('Mul', ['s', 'third'], 'u'),
      node('Softmax', ['u'], 'y', { axis: -1 }),
    ],
  },
};

function graphWith(nodes: readonly OnnxNode[], outputs: readonly string[]): OnnxGraph {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return buildGraph({
    name: 'shared',
    inputs: [{ name: 'x', type: 'float32', shape: SHAPE }],
    outputs: outputs.map((name) => ({ name })),
    nodes,
    constants: new Map(Object.entries(constants).filter(([name]) => read.has(name))),
    opset: 17,
  });
}

async function expectSameAsRuntime(graph: OnnxGraph, seed: number): Promise<void> {
  const sample = randomSample(graph, seed);
  const expected = await expectedOutputs(graph, sample);
  const model = lowerGraph(graph);
  const values = evaluateFloat(model, sample);
  model.outputs.forEach((id, o) => {
    const largest = Math.max(...expected[o].map(Math.abs));
    expect(values[id].length).toBe(expected[o].length);
    const off = Math.max(...values[id].map((value, i) => Math.abs(value - expected[o][i])));
    expect(off, graph.outputs[o].name).toBeLessThanOrEqual(1e-4 * largest + 1e-6);
  });
}

/** One step of a random graph: from tensors that are there to one more. */
type Step = (from: (at: number) => string, at: readonly number[], name: string) => readonly OnnxNode[];

const unary = (operator: string, ...constant: readonly string[]): Step => {
  return (from, [at], name) => [node(operator, [from(at), ...constant], name)];
};

const STEPS: readonly Step[] = [
  unary('MatMul', 'w'),
  unary('MatMul', 'v'),
  unary('Mul', 'quarter'),
  unary('Div', 'third'),
  unary('Mul', 'row'),
  unary('Add', 'row'),
  unary('Sub', 'quarter'),
  unary('Neg'),
  unary('Sigmoid'),
  unary('Tanh'),
  unary('Relu'),
  unary('Identity'),
  (from, [at], name) => [node('Softmax', [from(at)], name, { axis: -1 })],
  (from, [at], name) => [node('Transpose', [from(at)], name, { perm: [0, 2, 1] })],
  (from, [a, b], name) => [node('Add', [from(a), from(b)], name)],
  (from, [a, b], name) => [
    node('Tanh', [from(a)], `${name}a`),
    node('Sigmoid', [from(b)], `${name}b`),
    node('MatMul', [`${name}a`, `${name}b`], name),
  ],
  (from, [at], name) => [
    halves(from(at), `${name}l`, `${name}r`),
    node('Mul', [`${name}l`, 'third'], `${name}s`),
    node('Concat', [`${name}s`, `${name}r`], name, { axis: 2 }),
  ],
];

const randomGraphs = fc
  .array(fc.tuple(fc.nat(STEPS.length - 1), fc.nat(), fc.nat()), { minLength: 3, maxLength: 12 })
  .map((steps) => {
    const names = ['x'];
    const nodes = steps.flatMap(([step, a, b], i) => {
      const made = STEPS[step]((at) => names[at % names.length], [a, b], `t${i}`);
      names.push(`t${i}`);
      return made;
    });
    // What nothing reads is an output, and one that something reads may be.
    const read = new Set(nodes.flatMap(({ inputs }) => inputs));
    const outputs = names.slice(1).filter((name, i) => !read.has(name) || (steps[i][1] + i) % 4 === 0);
    return graphWith(nodes, outputs);
  });

describe('rewriting a graph', () => {
  it.each(Object.entries(shared))('changes nothing where %s', async (_, { nodes, outputs = ['y'] }) => {
    await expectSameAsRuntime(graphWith(nodes, outputs), 5);
  });

  it('changes nothing of random graphs', async () => {
    await fc.assert(fc.asyncProperty(randomGraphs, fc.nat(1000), expectSameAsRuntime), { numRuns: 40 });
  });

  it('is compared with ONNX Runtime, and stops where that gives something else, naming pass and node', async () => {
    const graph = graphOf({
      input: SHAPE,
      nodes: [
        node('MatMul', ['x', 'w'], 'm'),
        node('Mul', ['m', 'quarter'], 'n'),
        node('Sigmoid', ['n'], 'y'),
      ],
      constants,
    });
    const samples = [randomSample(graph, 1), randomSample(graph, 2)];
    const model = lowerGraph(graph, []);
    expect(model.nodes.length).toBeGreaterThan(lowerGraph(graph).nodes.length);
    const wrongBy = (factor: number) =>
      quantiseGraph(graph, {
        calibration: samples,
        bits: { weights: 8, activations: 8 },
        accuracyBudget: 0.5,
        countConstraints,
        runTensors: async (names, given) =>
          Promise.all(
            given.map(async (sample) => {
              const whole = graphWith([...graph.nodes], [...names]);
              const values = await expectedOutputs(whole, sample);
              return values.map((tensor, i) => (names[i] === 'm' ? tensor : tensor.map((v) => v * factor)));
            }),
          ),
      });
    expect((await wrongBy(1)).program.nodes.length).toBeGreaterThan(0);
    await expect(wrongBy(1.001)).rejects.toMatchObject({
      code: 'QUANTISE_REWRITING',
      message: expect.stringMatching(/^pass "lower", at Mul node "Mul:n",/) as unknown,
    });
  });
});
