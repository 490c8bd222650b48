import { call, reals, tensor, type FileParts } from '../../../scripts/bench/networks/onnx-file.ts';
import type { ProvedCase } from '../../support/proved-case.ts';
import { seededNumbers } from '../../support/programs.ts';

const draw = seededNumbers(23);
const random = (name: string, shape: readonly number[], size = 1) =>
  tensor(
    name,
    shape,
    Array.from({ length: shape.reduce((all, side) => all * side, 1) }, () => (size * draw(-128, 128)) / 128),
  );
const int64 = (name: string, ...values: readonly number[]) => tensor(name, [values.length], values, 'int64');

function one(
  nodes: FileParts['nodes'],
  shape: readonly number[],
  {
    constants,
    opset = 18,
    outputs = ['y'],
  }: {
    readonly constants?: FileParts['constants'];
    readonly opset?: number;
    readonly outputs?: readonly string[];
  } = {},
): FileParts {
  return {
    opset,
    inputs: [['x', shape]],
    outputs: outputs.map((name) => [name, undefined] as const),
    nodes,
    ...(constants ? { constants } : {}),
  };
}

function alone(
  operator: string,
  shape: readonly number[],
  attributes: Parameters<typeof call>[3] = {},
  constants: NonNullable<FileParts['constants']> = [],
  opset = 18,
): FileParts {
  return one([call(operator, ['x', ...constants.map(({ name = '' }) => name)], ['y'], attributes)], shape, {
    constants,
    opset,
  });
}

const HIDDEN = 3;
const [STEPS, BATCH, WIDTH] = [3, 1, 3];

function recurrent(
  operator: string,
  gates: number,
  { directions = 1, ...attributes }: Record<string, never> & { readonly directions?: number },
  states: readonly string[] = [],
): ProvedCase {
  const rows = gates * HIDDEN;
  const outputs = ['y', 'h', 'c'].slice(0, operator === 'LSTM' ? 3 : 2);
  return {
    tolerance: 0.02,
    file: one(
      [
        call(operator, ['x', 'w', 'r', 'b', ...(states.length > 0 ? ['', ...states] : [])], outputs, {
          hidden_size: HIDDEN,
          ...attributes,
        }),
      ],
      [STEPS, BATCH, WIDTH],
      {
        constants: [
          random('w', [directions, rows, WIDTH]),
          random('r', [directions, rows, HIDDEN], 0.5),
          random('b', [directions, 2 * rows], 0.5),
          ...states.map((name) => random(name, [directions, BATCH, HIDDEN], 0.7)),
        ],
        outputs,
      },
    ),
  };
}

const given = (attributes: object) => attributes as Record<string, never>;

export const recurrentCases: Readonly<Record<string, ProvedCase>> = {
  LSTM: recurrent('LSTM', 4, given({})),
  'LSTM both ways, with states': recurrent('LSTM', 4, given({ directions: 2, direction: 'bidirectional' }), [
    'h0',
    'c0',
  ]),
  'LSTM by other functions': recurrent(
    'LSTM',
    4,
    given({ activations: ['HardSigmoid', 'Softsign', 'Relu'] }),
  ),
  GRU: recurrent('GRU', 3, given({ direction: 'reverse' }), ['h0']),
  'GRU, linear before the reset': recurrent('GRU', 3, given({ linear_before_reset: 1 })),
  RNN: recurrent('RNN', 1, given({ clip: reals(1.5) })),
};

const image = [1, 4, 5, 6];

export const normCases: Readonly<Record<string, ProvedCase>> = {
  InstanceNormalization: {
    tolerance: 0.02,
    file: alone('InstanceNormalization', image, {}, [random('s', [4]), random('b', [4])]),
  },
  'GroupNormalization by group': {
    tolerance: 0.02,
    file: alone('GroupNormalization', image, { num_groups: 2 }, [random('s', [2]), random('b', [2])]),
  },
  'GroupNormalization by channel': {
    tolerance: 0.02,
    file: alone('GroupNormalization', image, { num_groups: 2 }, [random('s', [4]), random('b', [4])], 21),
  },
  LogSoftmax: { values: [-4, 4], tolerance: 0.01, file: alone('LogSoftmax', [2, 3, 7], { axis: 1 }, [], 13) },
  'LogSoftmax before operator set 13': {
    values: [-4, 4],
    tolerance: 0.01,
    file: alone('LogSoftmax', [2, 3, 4], { axis: 1 }, [], 11),
  },
  LRN: {
    values: [-3, 3],
    tolerance: 0.01,
    file: alone('LRN', image, { size: 3, alpha: 0.3, beta: 0.75, bias: reals(1) }),
  },
  ArgMin: {
    tolerance: 0,
    file: {
      ...alone('ArgMin', [2, 5], { axis: 1 }),
      outputs: [['y', undefined, 'int64']],
    },
  },
  Log: { values: [0.5, 4], tolerance: 0.01, file: alone('Log', [2, 8]) },
};

export const placeCases: Readonly<Record<string, ProvedCase>> = {
  'Trilu above': { tolerance: 0.004, file: alone('Trilu', [2, 4, 5], {}, [tensor('k', [], [1], 'int64')]) },
  'Trilu below': { tolerance: 0.004, file: alone('Trilu', [2, 4, 5], { upper: 0 }) },
  CumSum: { tolerance: 0.005, file: alone('CumSum', [2, 5, 3], {}, [tensor('a', [], [1], 'int64')]) },
  'CumSum, exclusive and from the end': {
    tolerance: 0.005,
    file: alone('CumSum', [2, 5], { exclusive: 1, reverse: 1 }, [tensor('a', [], [-1], 'int64')]),
  },
  GatherND: {
    tolerance: 0.004,
    file: alone('GatherND', [2, 3, 4], {}, [tensor('i', [3, 2], [0, 1, 1, -1, 0, 0], 'int64')]),
  },
  'GatherND of batches': {
    tolerance: 0.004,
    file: alone('GatherND', [2, 3, 4], { batch_dims: 1 }, [tensor('i', [2, 1], [2, 0], 'int64')]),
  },
  GatherElements: {
    tolerance: 0.004,
    file: alone('GatherElements', [3, 4], { axis: 1 }, [tensor('i', [3, 2], [0, 3, -1, 2, 1, 1], 'int64')]),
  },
  ScatterND: {
    tolerance: 0.004,
    file: one([call('ScatterND', ['x', 'i', 'u'], ['y'])], [4, 3], {
      constants: [tensor('i', [2, 1], [3, 1], 'int64'), random('u', [2, 3])],
    }),
  },
  ScatterElements: {
    tolerance: 0.004,
    file: one([call('ScatterElements', ['x', 'i', 'u'], ['y'], { axis: 1 })], [2, 5], {
      constants: [tensor('i', [1, 2], [1, -1], 'int64'), random('u', [1, 2])],
    }),
  },
  'Resize to the nearest': {
    tolerance: 0.004,
    file: one(
      [
        call('Resize', ['x', '', 's'], ['y'], {
          mode: 'nearest',
          coordinate_transformation_mode: 'asymmetric',
          nearest_mode: 'floor',
        }),
      ],
      [1, 2, 3, 4],
      { constants: [tensor('s', [4], [1, 1, 2, 2])] },
    ),
  },
  'Resize to the nearest by halves of pixels': {
    tolerance: 0.004,
    file: one([call('Resize', ['x', '', 's'], ['y'])], [1, 2, 3, 4], {
      constants: [tensor('s', [4], [1, 1, 1.5, 2.3])],
    }),
  },
  'Resize by lines, to a size': {
    tolerance: 0.006,
    file: one(
      [
        call('Resize', ['x', '', '', 'n'], ['y'], {
          mode: 'linear',
          coordinate_transformation_mode: 'align_corners',
        }),
      ],
      [1, 2, 3, 4],
      { constants: [int64('n', 1, 2, 7, 5)] },
    ),
  },
  'Resize by lines, smaller': {
    tolerance: 0.006,
    file: one([call('Resize', ['x', '', 's'], ['y'], { mode: 'linear' })], [1, 1, 6, 8], {
      constants: [tensor('s', [4], [1, 1, 0.5, 0.7])],
    }),
  },
  'Upsample of operator set 9': {
    tolerance: 0.004,
    file: one([call('Upsample', ['x', 's'], ['y'], { mode: 'nearest' })], [1, 2, 2, 3], {
      constants: [tensor('s', [4], [1, 1, 2, 3])],
      opset: 9,
    }),
  },
  'Einsum, a product of matrices with a constant': {
    tolerance: 0.01,
    file: one([call('Einsum', ['x', 'm'], ['y'], { equation: 'bij,kj->bki' })], [2, 3, 4], {
      constants: [random('m', [5, 4])],
    }),
  },
  'Einsum over heads': {
    tolerance: 0.01,
    file: one([call('Einsum', ['x', 'x'], ['y'], { equation: 'bqhd,bkhd->bhqk' })], [1, 3, 2, 4]),
  },
  'TopK of values': {
    tolerance: 0.01,
    file: one([call('TopK', ['x', 'k'], ['y', 'i'])], [2, 7], { constants: [int64('k', 3)] }),
  },
  'TopK of the least places': {
    values: [-90, 90],
    whole: true,
    tolerance: 0,
    file: {
      ...one([call('TopK', ['x', 'k'], ['v', 'y'], { axis: 0, largest: 0 })], [6, 2], {
        constants: [int64('k', 2)],
      }),
      outputs: [['y', undefined, 'int64']],
    },
  },
  'Einsum of one': { tolerance: 0.01, file: alone('Einsum', [2, 3, 4], { equation: 'ijk->ki' }) },
  'Conv over volumes': {
    tolerance: 0.01,
    file: one(
      [call('Conv', ['x', 'w', 'b'], ['y'], { pads: [1, 0, 1, 1, 1, 0], strides: [2, 1, 2], group: 2 })],
      [1, 4, 5, 4, 5],
      {
        constants: [random('w', [6, 2, 3, 2, 2]), random('b', [6])],
      },
    ),
  },
  'MaxPool over volumes': {
    tolerance: 0.004,
    file: alone('MaxPool', [1, 2, 4, 4, 5], {
      kernel_shape: [2, 2, 3],
      strides: [2, 1, 2],
      pads: [0, 1, 0, 0, 0, 1],
    }),
  },
  'AveragePool over volumes': {
    tolerance: 0.006,
    file: alone('AveragePool', [1, 2, 4, 4, 4], { kernel_shape: [2, 2, 2], strides: [2, 2, 2] }),
  },
};
