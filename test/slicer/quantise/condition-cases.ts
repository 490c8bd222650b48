import { call, tensor, type FileParts } from '../../../scripts/bench/networks/onnx-file.ts';
import type { ProvedCase } from '../../support/proved-case.ts';

type Port = FileParts['inputs'][number];
type FileType = NonNullable<Port[2]>;

const SHAPE = [2, 6];

/** A graph of one result y of the inputs' shape, or another. */
function parts(
  nodes: FileParts['nodes'],
  given: Partial<FileParts> & { readonly types?: readonly FileType[]; readonly result?: FileType } = {},
): FileParts {
  const { types = ['float32'], result = 'float32', ...rest } = given;
  return {
    opset: 18,
    inputs: types.map((type, i): Port => [`x${i}`, SHAPE, type]),
    outputs: [['y', undefined, result]],
    nodes,
    ...rest,
  };
}

/** Comparisons of tensors and with constants, of reals (all on a grid, so that none is near) and of integers. */
const comparisons = Object.fromEntries(
  ['Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'Equal'].flatMap(
    (operator): [string, ProvedCase][] => {
      const row = tensor('c', [6], [-2, -1, 0, 1, 2, 3], 'float32');
      const whole = tensor('c', [6], [0, 1, 5, 7, 8, 9], 'int64');
      const result = 'bool' as const;
      const on = { values: [-3, 3] as const, whole: true, tolerance: 0, bits: 8 };
      return [
        [
          `${operator} with constants`,
          { ...on, file: parts([call(operator, ['x0', 'c'], ['y'])], { result, constants: [row] }) },
        ],
        [
          `${operator}, a constant on the left`,
          { ...on, file: parts([call(operator, ['c', 'x0'], ['y'])], { result, constants: [row] }) },
        ],
        [
          `${operator} of tensors`,
          {
            ...on,
            file: parts([call(operator, ['x0', 'x1'], ['y'])], { result, types: ['float32', 'float32'] }),
          },
        ],
        [
          `${operator} of integers`,
          {
            ...on,
            values: [0, 9],
            file: parts([call(operator, ['x0', 'c'], ['y'])], {
              result,
              types: ['int64'],
              constants: [whole],
            }),
          },
        ],
      ];
    },
  ),
);

const bits = (type: FileType, values: readonly [number, number]) => ({ values, tolerance: 0, bits: 8, type });

const logic = Object.fromEntries(
  ['And', 'Or', 'Xor'].map((operator): [string, ProvedCase] => [
    operator,
    {
      values: [0, 1],
      tolerance: 0,
      file: parts([call(operator, ['x0', 'x1'], ['y'])], { types: ['bool', 'bool'], result: 'bool' }),
    },
  ]),
);

const INTEGERS: readonly (readonly [FileType, readonly [number, number]])[] = [
  ['uint8', [0, 255]],
  ['int32', [-300, 300]],
  ['int64', [-40, 40]],
];

/** Sums, products and quotients by type, which wrap where theirs ends. */
const arithmetic = Object.fromEntries(
  INTEGERS.flatMap(([type, values]): [string, ProvedCase][] => {
    const { type: result, ...given } = bits(type, values);
    const c = tensor('c', [6], [3, 100, 7, 1, 2, 9], type as 'uint8');
    const two = { types: [type, type], result };
    const one = { types: [type], result, constants: [c] };
    return [
      [`Add of ${type}`, { ...given, file: parts([call('Add', ['x0', 'x1'], ['y'])], two) }],
      [`Sub of ${type}`, { ...given, file: parts([call('Sub', ['x0', 'x1'], ['y'])], two) }],
      [`Mul of ${type}`, { ...given, file: parts([call('Mul', ['x0', 'x1'], ['y'])], two) }],
      [`Add of ${type} and constants`, { ...given, file: parts([call('Add', ['c', 'x0'], ['y'])], one) }],
      [`Sub of constants and ${type}`, { ...given, file: parts([call('Sub', ['c', 'x0'], ['y'])], one) }],
      [`Mul of ${type} and constants`, { ...given, file: parts([call('Mul', ['x0', 'c'], ['y'])], one) }],
      [`Div of ${type} by constants`, { ...given, file: parts([call('Div', ['x0', 'c'], ['y'])], one) }],
      ...(type === 'uint8'
        ? []
        : ([
            [`Neg of ${type}`, { ...given, file: parts([call('Neg', ['x0'], ['y'])], one) }],
            [`Abs of ${type}`, { ...given, file: parts([call('Abs', ['x0'], ['y'])], one) }],
            [`Sign of ${type}`, { ...given, file: parts([call('Sign', ['x0'], ['y'])], one) }],
          ] satisfies [string, ProvedCase][])),
      ...(type === 'int32'
        ? ([
            [
              `ReduceSum of ${type}`,
              {
                ...given,
                file: parts([call('ReduceSum', ['x0', 'a'], ['y'], { keepdims: 0 })], {
                  ...one,
                  constants: [tensor('a', [1], [1], 'int64')],
                }),
              },
            ],
            [
              `ReduceMean of ${type}`,
              {
                ...given,
                file: parts([call('ReduceMean', ['x0', 'a'], ['y'])], {
                  ...one,
                  constants: [tensor('a', [1], [1], 'int64')],
                }),
              },
            ],
            [
              `ReduceMin of ${type}`,
              {
                ...given,
                file: parts([call('ReduceMin', ['x0', 'a'], ['y'])], {
                  ...one,
                  constants: [tensor('a', [1], [0], 'int64')],
                }),
              },
            ],
          ] satisfies [string, ProvedCase][])
        : []),
    ];
  }),
);

const axis = tensor('a', [1], [1], 'int64');

function reduction(
  operator: string,
  tolerance: number,
  values: readonly [number, number] = [-1, 1],
): ProvedCase {
  return { values, tolerance, file: parts([call(operator, ['x0', 'a'], ['y'])], { constants: [axis] }) };
}

export const conditionCases: Readonly<Record<string, ProvedCase>> = {
  ...arithmetic,
  ...comparisons,
  ...logic,
  Not: {
    values: [0, 1],
    tolerance: 0,
    file: parts([call('Not', ['x0'], ['y'])], { types: ['bool'], result: 'bool' }),
  },
  'Where by a comparison': {
    values: [-4, 4],
    tolerance: 0.01,
    file: parts([call('Less', ['x0', 'c'], ['m']), call('Where', ['m', 'x1', 'x0'], ['y'])], {
      types: ['float32', 'float32'],
      constants: [tensor('c', [], [0.5])],
    }),
  },
  'Where with a constant, broadcast': {
    tolerance: 0.01,
    file: parts([call('Greater', ['x0', 'c'], ['m']), call('Where', ['m', 'x0', 'd'], ['y'])], {
      constants: [tensor('c', [], [0.1]), tensor('d', [6], [1, 0, -1, 2, 0.5, 0.25])],
    }),
  },
  'Where by a constant': {
    tolerance: 0.005,
    file: parts([call('Where', ['m', 'x0', 'x1'], ['y'])], {
      types: ['float32', 'float32'],
      constants: [tensor('m', [6], [1, 0, 0, 1, 1, 0], 'bool')],
    }),
  },
  'Where by a constant, a number elsewhere': {
    tolerance: 0.005,
    file: parts([call('Where', ['m', 'd', 'x0'], ['y'])], {
      constants: [tensor('m', [2, 6], [1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1], 'bool'), tensor('d', [], [-3])],
    }),
  },
  'Where under a mask, read by Softmax': {
    values: [-2, 2],
    tolerance: 0.01,
    file: parts([call('Where', ['m', 'x0', 'd'], ['s']), call('Softmax', ['s'], ['y'], { axis: -1 })], {
      constants: [
        tensor('m', [2, 6], [1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1], 'bool'),
        tensor('d', [], [-Infinity]),
      ],
    }),
  },
  'Concat with zeros': {
    tolerance: 0.004,
    file: parts([call('Concat', ['x0', 'c'], ['y'], { axis: 1 })], {
      constants: [tensor('c', [2, 2], [0, 0, 0, 0])],
    }),
  },
  'Sum of three': {
    tolerance: 0.005,
    file: parts([call('Sum', ['x0', 'x1', 'c'], ['y'])], {
      types: ['float32', 'float32'],
      constants: [tensor('c', [6], [1, 2, 0, 1, -1, 0.5])],
    }),
  },
  'Mean of three': {
    tolerance: 0.005,
    file: parts([call('Mean', ['x0', 'x1', 'x2'], ['y'])], { types: ['float32', 'float32', 'float32'] }),
  },
  'Max and Min of several': {
    tolerance: 0.005,
    file: parts([call('Max', ['x0', 'x1', 'x2'], ['m']), call('Min', ['m', 'x1', 'c'], ['y'])], {
      types: ['float32', 'float32', 'float32'],
      constants: [tensor('c', [], [0.25])],
    }),
  },
  'Clip of integers': {
    values: [-100, 100],
    tolerance: 0,
    file: parts([call('Clip', ['x0', 'l', 'h'], ['y'])], {
      types: ['int32'],
      result: 'int32',
      constants: [tensor('l', [], [-7], 'int32'), tensor('h', [], [50], 'int32')],
    }),
  },
  'Cast of integers that wraps': {
    values: [-500, 500],
    tolerance: 0,
    file: parts([call('Cast', ['x0'], ['y'], { to: 2 })], { types: ['int32'], result: 'uint8' }),
  },
  'Cast to bool': {
    values: [-2, 2],
    whole: true,
    tolerance: 0,
    file: parts([call('Cast', ['x0'], ['y'], { to: 9 })], { result: 'bool' }),
  },
  Sign: { values: [-3, 3], whole: true, tolerance: 0, file: parts([call('Sign', ['x0'], ['y'])]) },
  ReduceMin: reduction('ReduceMin', 0.005),
  ReduceL1: reduction('ReduceL1', 0.01),
  ReduceL2: reduction('ReduceL2', 0.01),
  ReduceSumSquare: reduction('ReduceSumSquare', 0.01),
  ReduceLogSum: reduction('ReduceLogSum', 0.01, [0.5, 2]),
  ReduceLogSumExp: reduction('ReduceLogSumExp', 0.01),
  ReduceProd: reduction('ReduceProd', 0.01, [0.5, 1.5]),
};
