import { circuitSize, constraintParts, countConstraints } from '../../slicer/circuit/count/count.ts';
import { buildGraph, type AttributeValue, type OnnxGraph, type OnnxTensor } from '../../slicer/onnx/index.ts';
import { sizeOf } from '../../slicer/integer/program.ts';
import { QuantiseError } from '../../slicer/quantise/errors.ts';
import { quantiseGraph } from '../../slicer/quantise/quantise-graph.ts';
import { rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { numbers } from './programs.ts';

const SAMPLES = 16;
const BITS = { weights: 8, activations: 8 };

interface OperatorCase {
  readonly name: string;
  readonly input: readonly number[];
  /** Constants by name: their shapes. */
  readonly weights?: Readonly<Record<string, readonly number[]>>;
  readonly nodes: readonly OperatorNode[];
}

/** Operator, inputs, output, attributes. */
type OperatorNode = readonly [string, readonly string[], string, Readonly<Record<string, AttributeValue>>?];

const IMAGE = [1, 8, 8, 8];
const ROWS = [1, 16, 32];
const unary = (
  operator: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): OperatorCase => ({
  name: operator,
  input: IMAGE,
  nodes: [[operator, ['x'], 'y', attributes]],
});

const CASES: readonly OperatorCase[] = [
  {
    name: 'Conv 8 → 16, 3×3, Relu',
    input: IMAGE,
    weights: { w: [16, 8, 3, 3] },
    nodes: [
      ['Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }],
      ['Relu', ['c'], 'y'],
    ],
  },
  {
    name: 'Conv depthwise, 3×3, Relu',
    input: IMAGE,
    weights: { w: [8, 1, 3, 3] },
    nodes: [
      ['Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1], group: 8 }],
      ['Relu', ['c'], 'y'],
    ],
  },
  {
    name: 'Conv 8 → 16, 3×3, Relu, MaxPool 2×2',
    input: IMAGE,
    weights: { w: [16, 8, 3, 3] },
    nodes: [
      ['Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }],
      ['Relu', ['c'], 'r'],
      ['MaxPool', ['r'], 'y', { kernel_shape: [2, 2], strides: [2, 2] }],
    ],
  },
  {
    name: 'ConvTranspose 8 → 4, 2×2, stride 2',
    input: IMAGE,
    weights: { w: [8, 4, 2, 2] },
    nodes: [['ConvTranspose', ['x', 'w'], 'y', { strides: [2, 2] }]],
  },
  {
    name: 'Gemm 512 → 64, Relu',
    input: [1, 512],
    weights: { w: [512, 64] },
    nodes: [
      ['Gemm', ['x', 'w'], 'c'],
      ['Relu', ['c'], 'y'],
    ],
  },
  {
    name: 'MatMul by a constant, 16 × 32 by 32 × 32',
    input: ROWS,
    weights: { w: [32, 32] },
    nodes: [['MatMul', ['x', 'w'], 'y']],
  },
  {
    name: 'MatMul of tensors, 16 × 32 by 32 × 16',
    input: ROWS,
    nodes: [
      ['Transpose', ['x'], 't', { perm: [0, 2, 1] }],
      ['MatMul', ['x', 't'], 'y'],
    ],
  },
  { name: 'Add', input: IMAGE, nodes: [['Add', ['x', 'x'], 'y']] },
  { name: 'Mul of tensors', input: IMAGE, nodes: [['Mul', ['x', 'x'], 'y']] },
  unary('LeakyRelu'),
  unary('HardSigmoid'),
  unary('HardSwish'),
  unary('Sigmoid'),
  unary('Tanh'),
  unary('Elu'),
  unary('Gelu'),
  unary('Exp'),
  unary('MaxPool', { kernel_shape: [2, 2], strides: [2, 2] }),
  unary('AveragePool', { kernel_shape: [2, 2], strides: [2, 2] }),
  unary('GlobalAveragePool'),
  { name: 'ReduceMax', input: ROWS, nodes: [['ReduceMax', ['x'], 'y', { axes: [2] }]] },
  { name: 'Softmax', input: ROWS, nodes: [['Softmax', ['x'], 'y', { axis: 2 }]] },
  {
    name: 'LayerNormalization',
    input: ROWS,
    weights: { scale: [32] },
    nodes: [['LayerNormalization', ['x', 'scale'], 'y', { axis: 2 }]],
  },
  { name: 'ArgMax', input: ROWS, nodes: [['ArgMax', ['x'], 'y', { axis: 2 }]] },
  unary('Transpose', { perm: [0, 2, 3, 1] }),
];

/** Rows of small slices of one operator each. */
export const operators: Benchmark = {
  name: 'operators',
  title: 'Constraints by operator',
  run: async (log) => {
    const rows: (string | number)[][] = [];
    for (const entry of CASES) {
      log(entry.name);
      const graph = graphOf(entry);
      const draw = numbers();
      const calibration = Array.from({ length: SAMPLES }, () => [
        Float64Array.from({ length: sizeOf(entry.input) }, () => draw(-2_000, 2_000) / 1_000),
      ]);
      const options = { calibration, bits: BITS, accuracyBudget: 1, countConstraints };
      const quantised = await quantiseGraph(graph, options).catch(unproved);
      if (!quantised) {
        rows.push([entry.name, '–', '–', '–', '–', '–']);
        continue;
      }
      const { program } = quantised;
      const inner = constraintParts(program)
        .filter(({ name }) => !/^(range|commit) |^tag$/.test(name))
        .reduce((sum, part) => sum + part.rows, 0);
      const outputs = program.outputs.reduce((sum, id) => sum + sizeOf(program.tensors[id].shape), 0);
      rows.push([
        entry.name,
        outputs,
        inner,
        rounded(inner / outputs, 1),
        circuitSize(program, { mode: 'bits' }).qapRows,
        circuitSize(program, { mode: 'lookups' }).qapRows,
      ]);
    }
    return {
      about:
        `Slices of one operator with random weights of ${BITS.weights} bits and values of ${BITS.activations}. Inner ` +
        'rows are those of a circuit of booleans without the ranges and commitments of inputs and outputs; the last two ' +
        'columns are whole slices, with the rows of signals and committed wires, and 512 rows or so of tables in a ' +
        'circuit of lookups.',
      columns: [
        'operator',
        'outputs',
        'inner rows',
        'inner rows an output',
        'QAP rows, bits',
        'QAP rows, lookups',
      ],
      rows,
    };
  },
};

/** What can't be proved yet has a line without numbers. */
function unproved(error: unknown): undefined {
  if (!(error instanceof QuantiseError) || !error.code.startsWith('QUANTISE_UNSUPPORTED_')) throw error;
}

function graphOf({ name, input, weights = {}, nodes }: OperatorCase): OnnxGraph {
  const draw = numbers();
  const constants = new Map(
    Object.entries(weights).map(([constant, shape]): [string, OnnxTensor] => [
      constant,
      {
        type: 'float32',
        shape,
        data: Float32Array.from({ length: sizeOf(shape) }, () => draw(-1_000, 1_000) / 4_000),
      },
    ]),
  );
  return buildGraph({
    name,
    inputs: [{ name: 'x', type: 'float32', shape: input }],
    outputs: [{ name: 'y' }],
    constants,
    nodes: nodes.map(([operator, inputs, output, attributes = {}]) => ({
      name: `${output}/${operator}`,
      operator,
      inputs,
      outputs: [output],
      attributes,
    })),
  });
}
