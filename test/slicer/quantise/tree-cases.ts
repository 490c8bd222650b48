import { call, tensor, type FileParts } from '../../../scripts/bench/networks/onnx-file.ts';
import type { ProvedCase } from '../../support/proved-case.ts';
import { seededNumbers } from '../../support/programs.ts';

const FEATURES = 5;
const ML = [{ domain: 'ai.onnx.ml', version: 3 }];
const floats = (values: readonly number[]) => ({ type: 6, floats: values });
const ints = (values: readonly number[]) => ({ type: 7, ints: values });

interface Columns {
  readonly nodes: Record<string, (number | string)[]>;
  readonly leafs: Record<string, number[]>;
}

/** Trees of random questions, grown until a depth or a leaf that comes early. */
function grown(
  count: number,
  depth: number,
  seed: number,
  modes: readonly string[],
  targets: number,
  positive?: 0 | 1,
): Columns {
  const draw = seededNumbers(seed);
  const nodes: Columns['nodes'] = {
    treeids: [],
    nodeids: [],
    featureids: [],
    values: [],
    modes: [],
    truenodeids: [],
    falsenodeids: [],
  };
  const leafs: Columns['leafs'] = { treeids: [], nodeids: [], ids: [], weights: [] };
  for (let tree = 0; tree < count; tree++) {
    let next = 1;
    const grow = (id: number, left: number): void => {
      const isLeaf = left === 0 || (left < depth && draw(0, 4) === 0);
      const children = isLeaf ? [0, 0] : [next++, next++];
      const row = {
        treeids: tree,
        nodeids: id,
        featureids: isLeaf ? 0 : draw(0, FEATURES - 1),
        values: isLeaf ? 0 : draw(-14, 14) / 16 + 1 / 32,
        modes: isLeaf ? 'LEAF' : modes[draw(0, modes.length - 1)],
        truenodeids: children[0],
        falsenodeids: children[1],
      };
      for (const [name, value] of Object.entries(row)) nodes[name].push(value);
      if (!isLeaf) return children.forEach((child) => grow(child, left - 1));
      for (let target = 0; target < targets; target++) {
        leafs.treeids.push(tree);
        leafs.nodeids.push(id);
        leafs.ids.push(positive ?? target);
        leafs.weights.push(positive === undefined ? draw(-64, 64) / 128 : draw(1, 64) / (48 * count));
      }
    };
    grow(0, depth);
  }
  return { nodes, leafs };
}

function attributes({ nodes, leafs }: Columns, kind: 'target' | 'class'): Record<string, never> {
  const entries = [
    ...Object.entries(nodes).map(([name, values]) => [
      `nodes_${name}`,
      name === 'modes' ? values : name === 'values' ? floats(values as number[]) : ints(values as number[]),
    ]),
    ...Object.entries(leafs).map(([name, values]) => [
      `${kind}_${name}`,
      name === 'weights' ? floats(values) : ints(values),
    ]),
  ];
  return Object.fromEntries(entries) as Record<string, never>;
}

type Given = Readonly<Record<string, unknown>>;

function file(operator: string, given: Given, outputs: FileParts['outputs'], rows = 3): FileParts {
  return {
    opset: 15,
    domains: ML,
    inputs: [['x', [rows, FEATURES]]],
    outputs,
    nodes: [
      call(
        operator,
        ['x'],
        outputs.map(([name]) => name),
        given as never,
        'ai.onnx.ml',
      ),
    ],
  };
}

const score: FileParts['outputs'] = [['y', undefined]];
const answer: FileParts['outputs'] = [
  ['label', undefined, 'int64'],
  ['y', undefined],
];
// Values on a grid that no threshold is near: what a tree says does not hang on rounding.
const on = { bits: 12, tolerance: 0.005 };

const coefficients = floats([
  0.5, -0.25, 1, 0.125, -1, 0.25, 0.75, -0.5, 0.375, 1, -1, 0.5, 0.25, -0.75, 0.625,
]);

export const treeCases: Readonly<Record<string, ProvedCase>> = {
  'TreeEnsembleRegressor, 20 trees of depth 4': {
    ...on,
    file: file(
      'TreeEnsembleRegressor',
      {
        ...attributes(grown(20, 4, 3, ['BRANCH_LEQ'], 1), 'target'),
        n_targets: 1,
        base_values: floats([0.25]),
      },
      score,
    ),
  },
  'TreeEnsembleRegressor, all comparisons, two targets, the mean': {
    ...on,
    file: file(
      'TreeEnsembleRegressor',
      {
        ...attributes(grown(6, 3, 5, ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT'], 2), 'target'),
        n_targets: 2,
        aggregate_function: 'AVERAGE',
      },
      score,
    ),
  },
  'TreeEnsembleRegressor, a leaf alone and others': {
    ...on,
    file: file(
      'TreeEnsembleRegressor',
      { ...attributes(grown(3, 1, 8, ['BRANCH_LT'], 1), 'target'), n_targets: 1 },
      score,
    ),
  },
  ...Object.fromEntries(
    (['MIN', 'MAX'] as const).map((aggregate) => [
      `TreeEnsembleRegressor, ${aggregate} of all trees`,
      {
        ...on,
        file: file(
          'TreeEnsembleRegressor',
          {
            ...attributes(grown(3, 2, 13, ['BRANCH_LEQ', 'BRANCH_NEQ'], 1), 'target'),
            n_targets: 1,
            aggregate_function: aggregate,
            base_values: floats([0.25]),
          },
          score,
        ),
      },
    ]),
  ),
  'TreeEnsembleClassifier, three classes by Softmax': {
    ...on,
    tolerance: 0.03,
    file: file(
      'TreeEnsembleClassifier',
      {
        ...attributes(grown(9, 3, 7, ['BRANCH_LT'], 3), 'class'),
        classlabels_int64s: ints([0, 1, 2]),
        post_transform: 'SOFTMAX',
      },
      answer,
    ),
  },
  'TreeEnsembleClassifier, two classes of one logistic score': {
    ...on,
    file: file(
      'TreeEnsembleClassifier',
      {
        ...attributes(grown(5, 3, 9, ['BRANCH_LT'], 1), 'class'),
        classlabels_int64s: ints([0, 1]),
        post_transform: 'LOGISTIC',
        base_values: floats([0.125]),
      },
      answer,
    ),
  },
  'TreeEnsembleClassifier, two classes by shares of the first': {
    ...on,
    tolerance: 0.03,
    file: file(
      'TreeEnsembleClassifier',
      { ...attributes(grown(5, 3, 11, ['BRANCH_LEQ'], 1, 0), 'class'), classlabels_int64s: ints([0, 1]) },
      answer,
    ),
  },
  'TreeEnsembleClassifier, two classes by shares of the second': {
    ...on,
    tolerance: 0.03,
    file: file(
      'TreeEnsembleClassifier',
      { ...attributes(grown(4, 2, 12, ['BRANCH_LEQ'], 1, 1), 'class'), classlabels_int64s: ints([0, 1]) },
      answer,
    ),
  },
  LinearClassifier: {
    ...on,
    tolerance: 0.01,
    file: file(
      'LinearClassifier',
      {
        coefficients,
        intercepts: floats([0.1, -0.2, 0.3]),
        classlabels_ints: ints([0, 1, 2]),
        multi_class: 1,
        post_transform: 'SOFTMAX',
      },
      answer,
    ),
  },
  LinearRegressor: {
    ...on,
    tolerance: 0.01,
    file: file('LinearRegressor', { coefficients, intercepts: floats([0.1, -0.2, 0.3]), targets: 3 }, score),
  },
  Scaler: {
    tolerance: 0.005,
    file: file(
      'Scaler',
      { offset: floats([0.1, 0.2, 0, -0.5, 0.25]), scale: floats([1, 2, 0.5, 1.5, 3]) },
      score,
    ),
  },
  'Normalizer by length': {
    values: [0.25, 2],
    tolerance: 0.01,
    file: file('Normalizer', { norm: 'L2' }, score),
  },
};

const draw = seededNumbers(17);
const table = (name: string, rows: number, width: number) =>
  tensor(
    name,
    [rows, width],
    Array.from({ length: rows * width }, () => draw(-128, 127) / 64),
  );

function embedding(rows: number, width: number, tokens: number): ProvedCase {
  return {
    values: [0, rows - 1],
    tolerance: 0.005,
    file: {
      inputs: [['x', [1, tokens], 'int64']],
      outputs: [['y', undefined]],
      nodes: [call('Gather', ['e', 'x'], ['y'])],
      constants: [table('e', rows, width)],
    },
  };
}

export const choiceCases: Readonly<Record<string, ProvedCase>> = {
  'Gather of 12 rows of 6 by computed numbers': embedding(12, 6, 4),
  'Gather of 100 rows of 8': embedding(100, 8, 4),
  'Gather of 1000 rows of 3': embedding(1000, 3, 3),
  'Gather of 60 rows of 64': embedding(60, 64, 2),
  'Gather by numbers from the end': {
    values: [-12, 11],
    tolerance: 0.005,
    file: {
      inputs: [['x', [1, 6], 'int64']],
      outputs: [['y', undefined]],
      nodes: [call('Gather', ['e', 'x'], ['y'])],
      constants: [table('e', 12, 3)],
    },
  },
  'Gather by numbers of another type, of which calibration sees few': {
    ...embedding(40, 4, 3),
    seen: [0, 5],
    file: {
      inputs: [['x', [1, 3], 'int64']],
      outputs: [['y', undefined]],
      nodes: [call('Cast', ['x'], ['n'], { to: 6 }), call('Gather', ['e', 'n'], ['y'])],
      constants: [table('e', 40, 4)],
    },
  },
  'Gather of columns, and of integers': {
    values: [0, 29],
    tolerance: 0,
    file: {
      inputs: [['x', [5], 'int32']],
      outputs: [['y', undefined, 'int64']],
      nodes: [call('Gather', ['e', 'x'], ['y'], { axis: 1 })],
      constants: [
        tensor(
          'e',
          [2, 30],
          Array.from({ length: 60 }, () => draw(-900, 900)),
          'int64',
        ),
      ],
    },
  },
};
