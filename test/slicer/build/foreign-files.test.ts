import { describe, expect, it } from 'vitest';
import { joinWhole, splitWhole } from '../../../protocol/wholes.ts';
import { dequantiseTensor } from '../../../protocol/manifest.ts';
import { openFloatRuntime } from '../../../slicer/build/float-runtime.ts';
import { planModel } from '../../../slicer/build/plan-model.ts';
import { quantiseSample } from '../../../slicer/build/quantise-sample.ts';
import { executeModel } from '../../../slicer/execute/execute-model.ts';
import { openSlice } from '../../../slicer/execute/session.ts';
import { isProvable } from '../../../slicer/integer/program.ts';
import { rawModelCodec } from '../../../slicer/onnx/schema.ts';
import { call, graphOf, onnxFile, reals, tensor, type FileParts } from '../../../scripts/bench/networks/onnx-file.ts';
import { seededNumbers } from '../../support/programs.ts';

function values(count: number, seed: number, low = -1, high = 1): number[] {
  const draw = seededNumbers(seed);
  return Array.from({ length: count }, () => Math.fround(low + ((high - low) * draw(0, 10_000)) / 10_000));
}

interface Case extends FileParts {
  /** Operators that may be executed only; the others are proved. */
  readonly executed: readonly string[];
  readonly low?: number;
  readonly high?: number;
  readonly tolerance?: number;
}

/** A number of an activation's own. */
const ALPHA = { activation_alpha: { type: 6, floats: [0.2] } };

const recurrent = (gates: number, operator: string, attributes: Parameters<typeof call>[3]): Case => ({
  inputs: [['x', [3, 1, 4]]],
  outputs: [['y', [1, 2]]],
  constants: [
    tensor('w0', [1, 5 * gates, 4], values(20 * gates, 1)),
    tensor('r', [1, 5 * gates, 5], values(25 * gates, 2)),
    tensor('b', [1, 10 * gates], values(10 * gates, 3)),
    tensor('v', [5, 2], values(10, 4)),
    tensor('one', [1], [0], 'int64'),
  ],
  nodes: [
    // Weights that the model computes aren't proved.
    call('ReduceMean', ['x'], ['m'], { keepdims: 0 }),
    call('Add', ['w0', 'm'], ['w']),
    call(operator, ['x', 'w', 'r', 'b'], ['', 'h'], { hidden_size: 5, ...attributes }),
    call('Squeeze', ['h', 'one'], ['last']),
    call('MatMul', ['last', 'v'], ['y']),
  ],
  executed: [operator],
});

const cases: Readonly<Record<string, Case>> = {
  'LogSoftmax of operator set 11, over all axes behind one': {
    opset: 11,
    inputs: [['x', [2, 3, 4]]],
    outputs: [['y', [2, 3, 4]]],
    nodes: [call('LogSoftmax', ['x'], ['y'], { axis: 1 })],
    executed: [],
    low: -3,
    high: 3,
  },
  'Hardmax of operator set 11': {
    opset: 11,
    inputs: [['x', [2, 3, 4]]],
    outputs: [['y', [2, 3, 4]]],
    nodes: [call('Hardmax', ['x'], ['y'], { axis: 1 })],
    executed: ['Hardmax'],
  },
  'Upsample of operator set 7': {
    opset: 7,
    inputs: [['x', [1, 2, 3, 3]]],
    outputs: [['y', [1, 2, 6, 6]]],
    nodes: [
      call('Upsample', ['x'], ['y'], { scales: { type: 6, floats: [1, 1, 2, 2] }, mode: 'nearest' }),
    ],
    executed: [],
  },
  'Upsample of operator set 9': {
    opset: 9,
    inputs: [['x', [1, 2, 3, 3]]],
    outputs: [['y', [1, 2, 6, 6]]],
    constants: [tensor('s', [4], [1, 1, 2, 2])],
    nodes: [call('Upsample', ['x', 's'], ['y'], { mode: 'linear' })],
    executed: [],
  },
  'Resize of operator set 10': {
    opset: 10,
    inputs: [['x', [1, 2, 4, 4]]],
    outputs: [['y', undefined]],
    constants: [tensor('s', [4], [1, 1, 0.5, 0.5])],
    nodes: [call('Resize', ['x', 's'], ['y'], { mode: 'linear' })],
    executed: [],
  },
  'LSTM with activations of its own, its first output left out': recurrent(4, 'LSTM', {
    activations: ['Sigmoid', 'LeakyRelu', 'Softsign'],
    ...ALPHA,
  }),
  'GRU, its first output left out': recurrent(3, 'GRU', {
    linear_before_reset: 1,
    activations: ['Sigmoid', 'LeakyRelu'],
    ...ALPHA,
  }),
  'RNN, its first output left out': recurrent(1, 'RNN', { activations: ['LeakyRelu'], ...ALPHA }),
  'LSTM all of whose outputs are read': {
    inputs: [['x', [3, 1, 4]]],
    outputs: [
      ['y', undefined],
      ['h', undefined],
      ['c', undefined],
    ],
    constants: [tensor('w0', [1, 8, 4], values(32, 1)), tensor('r', [1, 8, 2], values(16, 2))],
    nodes: [
      call('ReduceMean', ['x'], ['m'], { keepdims: 0 }),
      call('Add', ['w0', 'm'], ['w']),
      call('LSTM', ['x', 'w', 'r'], ['y', 'h', 'c'], {
        hidden_size: 2,
        activations: ['Sigmoid', 'LeakyRelu', 'Tanh'],
        ...ALPHA,
      }),
    ],
    executed: ['LSTM'],
  },
  'TopK: values and where they are': {
    inputs: [['x', [2, 12]]],
    outputs: [
      ['v', undefined, 'float32'],
      ['i', undefined, 'int64'],
    ],
    constants: [tensor('k', [1], [9], 'int64')],
    nodes: [call('TopK', ['x', 'k'], ['v', 'i'])],
    executed: ['TopK'],
  },
  'MaxPool with indices': {
    inputs: [['x', [1, 1, 4, 4]]],
    outputs: [
      ['v', undefined],
      ['i', undefined, 'int64'],
    ],
    nodes: [call('MaxPool', ['x'], ['v', 'i'], { kernel_shape: [2, 2], strides: [2, 2] })],
    executed: ['MaxPool'],
  },
  'DynamicQuantizeLinear and what reads it': {
    inputs: [['x', [2, 6]]],
    outputs: [['y', [2, 6]]],
    nodes: [
      call('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
      call('DequantizeLinear', ['q', 's', 'z'], ['y']),
    ],
    executed: ['DequantizeLinear'],
    tolerance: 0.02,
  },
  'If on a value, whose branches read tensors from outside': {
    inputs: [['x', [1, 4]]],
    outputs: [['y', [1, 4]]],
    constants: [tensor('zero', [], [0]), tensor('axes', [2], [0, 1], 'int64'), tensor('two', [], [2])],
    nodes: [
      call('ReduceSum', ['x', 'axes'], ['sum'], { keepdims: 0 }),
      call('Greater', ['sum', 'zero'], ['positive']),
      call('If', ['positive'], ['y'], {
        then_branch: {
          type: 5,
          g: graphOf({
            inputs: [],
            outputs: [['t', [1, 4]]],
            nodes: [call('Mul', ['x', 'two'], ['t'])],
          }),
        },
        else_branch: {
          type: 5,
          g: graphOf({ inputs: [], outputs: [['e', [1, 4]]], nodes: [call('Neg', ['x'], ['e'])] }),
        },
      }),
    ],
    executed: ['If'],
  },
  'a tree ensemble of scikit-learn': {
    inputs: [['x', [1, 3]]],
    outputs: [['y', [1, 1]]],
    domains: [{ domain: 'ai.onnx.ml', version: 3 }],
    nodes: [
      call(
        'TreeEnsembleRegressor',
        ['x'],
        ['y'],
        {
          n_targets: 1,
          nodes_treeids: [0, 0, 0],
          nodes_nodeids: [0, 1, 2],
          nodes_featureids: [1, 0, 0],
          nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
          nodes_values: { type: 6, floats: [0.25, 0, 0] },
          nodes_truenodeids: [1, 0, 0],
          nodes_falsenodeids: [2, 0, 0],
          nodes_missing_value_tracks_true: [0, 0, 0],
          nodes_hitrates: { type: 6, floats: [1, 1, 1] },
          target_treeids: [0, 0],
          target_nodeids: [1, 2],
          target_ids: [0, 0],
          target_weights: { type: 6, floats: [0.5, -2] },
          post_transform: 'NONE',
        },
        'ai.onnx.ml',
      ),
    ],
    executed: [],
  },
  'a function of the model’s own, with an attribute of the call': {
    inputs: [['x', [1, 4]]],
    outputs: [['y', [1, 4]]],
    constants: [tensor('w', [4, 4], values(16, 6))],
    domains: [{ domain: 'own', version: 1 }],
    nodes: [call('MatMul', ['x', 'w'], ['p']), call('Leak', ['p'], ['y'], { slope: reals(0.25) }, 'own')],
    functions: [
      {
        name: 'Leak',
        domain: 'own',
        input: ['a'],
        output: ['b'],
        attribute: ['slope'],
        opsetImport: [{ domain: '', version: 17 }],
        node: [
          { opType: 'Identity', input: ['a'], output: ['c'] },
          {
            opType: 'LeakyRelu',
            input: ['c'],
            output: ['b'],
            attribute: [{ name: 'alpha', type: 1, refAttrName: 'slope' }],
          },
        ],
      },
    ],
    executed: [],
  },
};

describe('operators of other versions and domains, and such as are only executed, as their files have them', () => {
  it.each(Object.entries(cases))('%s', async (_, { executed, low, high, tolerance = 0.01, ...parts }) => {
    const file = onnxFile(parts);
    const sizes = parts.inputs.map(([, shape]) => (shape as number[]).reduce((all, size) => all * size, 1));
    const samples = Array.from({ length: 24 }, (_, seed) =>
      sizes.map((size, i) => Float32Array.from(values(size, 100 * i + seed, low, high))),
    );
    const { plan, program, graph, models } = await planModel(file, {
      calibration: samples,
      bits: { weights: 12, activations: 12 },
    });
    const only = plan.slices.filter((slice) => !isProvable(slice.program));
    const operators = only.flatMap((slice) => slice.operators).filter((operator) => operator !== 'Reshape');
    expect([...new Set(operators)].toSorted()).toEqual(executed.toSorted());
    const float = await openFloatRuntime(file, graph);
    for (const sample of samples.slice(0, 4)) {
      const expected = await float.run(sample);
      const pieces = plan.wholes.inputs.flatMap((part, i) => splitWhole(part, quantiseSample(program, sample)[i]));
      const trace = await executeModel(plan.slices, pieces, (id) =>
        openSlice(models[id], { foreign: !isProvable(plan.slices[id].program) }),
      );
      plan.wholes.outputs.forEach((whole, o) => {
        const integers = joinWhole(
          whole,
          whole.pieces.map((piece) => trace[piece.tensor]),
        );
        const got = dequantiseTensor(program.tensors[program.outputs[o]], integers);
        const largest = Math.max(...expected[o].map(Math.abs), 1e-6);
        const off = expected[o].map((value, i) => Math.abs(value - got[i]) / largest);
        // A value on the edge between two answers may fall to either side once inputs are rounded.
        expect(off.filter((error) => !(error <= tolerance)).length).toBeLessThanOrEqual(off.length / 16);
      });
    }
    await float.close();
  });

  it('have the attributes of the file byte for byte', async () => {
    const parts = recurrent(1, 'RNN', { activations: ['LeakyRelu'], ...ALPHA });
    const file = onnxFile(parts);
    const { models, plan } = await planModel(file, {
      calibration: [[Float32Array.from(values(12, 5))]],
      bits: { weights: 8, activations: 8 },
    });
    const id = plan.slices.findIndex(({ operators }) => operators.includes('RNN'));
    const attributesOf = (bytes: Uint8Array): readonly string[] =>
      (rawModelCodec.decode(bytes).graph?.node ?? [])
        .filter(({ opType }) => opType === 'RNN')
        .flatMap(({ attribute = [] }) => attribute.map((one) => Buffer.from(one).toString('hex')));
    expect(attributesOf(models[id])).toEqual(attributesOf(file));
  });
});
