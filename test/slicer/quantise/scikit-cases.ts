import { Exported } from '../../support/exported.ts';
import type { FileParts } from '../../../scripts/bench/networks/onnx-file.ts';
import type { ProvedCase } from '../../support/proved-case.ts';
import { seededNumbers } from '../../support/programs.ts';

const ML = 'ai.onnx.ml';
const domains = [
  { domain: ML, version: 3 },
  { domain: 'com.microsoft', version: 1 },
];
const floats = (values: readonly number[]) => ({ type: 6, floats: values });
const ints = (values: readonly number[]) => ({ type: 7, ints: values });

const draw = seededNumbers(29);
const some = (count: number): readonly number[] => Array.from({ length: count }, () => draw(-64, 64) / 64);

type Attributes = Parameters<Exported['op']>[2];

/** One operator of scikit-learn's between an input and an output. */
function one(
  operator: string,
  attributes: Attributes,
  rest: Partial<ProvedCase> & {
    readonly input?: FileParts['inputs'][number];
    readonly output?: FileParts['outputs'][number][2];
  } = {},
): ProvedCase {
  const net = new Exported();
  const { input = ['x', [2, 4]], output = 'float32', ...own } = rest;
  const y = net.op(operator, [input[0]], attributes, ML);
  return { tolerance: 0.005, ...own, file: net.file([input], [[y, undefined, output]], { domains }) };
}

const categories: Partial<ProvedCase> & { readonly input: FileParts['inputs'][number] } = {
  input: ['x', [2, 3], 'int64'],
  values: [0, 4],
  tolerance: 0,
};

/** A classifier of three classes, its labels as told, what its scores go through said by its user. */
function classifier(
  labels: Attributes,
  after: (net: Exported, label: string, scores: string) => readonly FileParts['outputs'][number][],
): ProvedCase {
  const net = new Exported();
  const attributes: Attributes = {
    coefficients: floats(some(12)),
    intercepts: floats([0.1, -0.2, 0.3]),
    multi_class: 1,
    post_transform: 'SOFTMAX',
    ...labels,
  };
  const [label, scores] = net.all('LinearClassifier', ['x'], 2, attributes, ML);
  return {
    tolerance: 0.01,
    file: net.file([['x', [2, 4]]], after(net, label, scores), { domains }),
  };
}

function machine(kind: string): ProvedCase {
  return one(
    'SVMRegressor',
    {
      kernel_type: kind,
      kernel_params: floats([0.5, 0.25, 3]),
      support_vectors: floats(some(20)),
      coefficients: floats(some(5)),
      rho: floats([0.1]),
      n_supports: 5,
    },
    { tolerance: 0.01 },
  );
}

function distances(metric: string): ProvedCase {
  const net = new Exported();
  const y = net.op('CDist', ['x', net.weights([6, 4])], { metric }, 'com.microsoft');
  return { tolerance: 0.01, file: net.file([['x', [2, 4]]], [y], { domains }) };
}

/** Pipelines of scikit-learn. */
export const scikitCases: Readonly<Record<string, ProvedCase>> = {
  'a classifier with maps by class': classifier(
    { classlabels_ints: ints([0, 1, 2]) },
    (net, label, scores) => [
      [net.op('Cast', [label], { to: 7 }), undefined, 'int64'],
      [
        net.op(
          'ZipMap',
          [net.op('Normalizer', [scores], { norm: 'L1' }, ML)],
          { classlabels_int64s: ints([0, 1, 2]) },
          ML,
        ),
        undefined,
      ],
    ],
  ),
  'a classifier of texts': classifier(
    { classlabels_strings: ['setosa', 'versicolor', 'virginica'] },
    (net, label, scores) => [
      [net.op('Cast', [label], { to: 8 }), undefined, 'int64'],
      [
        net.op('ZipMap', [scores], { classlabels_strings: ['setosa', 'versicolor', 'virginica'] }, ML),
        undefined,
      ],
    ],
  ),
  'a classifier whose labels are no places': classifier(
    { classlabels_ints: ints([3, 7, -2]) },
    (_, label, scores) => [
      [label, undefined, 'int64'],
      [scores, undefined],
    ],
  ),
  'Normalizer by the largest': one('Normalizer', { norm: 'MAX' }, { values: [0.25, 2] }),
  Binarizer: one('Binarizer', { threshold: 0.125 }, { tolerance: 0 }),
  'Imputer of what is no number': one('Imputer', {
    imputed_value_floats: floats([1, 2, 3, 4]),
    replaced_value_float: { type: 1, f: NaN },
  }),
  'Imputer of an integer': one(
    'Imputer',
    { imputed_value_int64s: ints([5]), replaced_value_int64: 3 },
    { ...categories, output: 'int64' },
  ),
  OneHotEncoder: one('OneHotEncoder', { cats_int64s: ints([0, 1, 3]), zeros: 1 }, categories),
  'LabelEncoder to reals': one(
    'LabelEncoder',
    {
      keys_int64s: ints([0, 1, 2]),
      values_floats: floats([0.5, -1.5, 2]),
      default_float: { type: 1, f: -1 },
    },
    { ...categories, tolerance: 0.005 },
  ),
  'LabelEncoder to integers': one(
    'LabelEncoder',
    { keys_int64s: ints([0, 1, 3]), values_int64s: ints([70, -3, 12]), default_int64: 9 },
    { ...categories, output: 'int64' },
  ),
  'SVMRegressor, linear': machine('LINEAR'),
  'SVMRegressor by powers': machine('POLY'),
  'SVMRegressor by distances': machine('RBF'),
  'SVMRegressor by tanh': machine('SIGMOID'),
  'squared distances': distances('sqeuclidean'),
  distances: distances('euclidean'),
  'features side by side, and columns of them': (() => {
    const net = new Exported();
    const all = net.op('FeatureVectorizer', ['a', 'b'], { inputdimensions: ints([3, 2]) }, ML);
    const y = net.op('ArrayFeatureExtractor', [all, net.integers(4, 0)], {}, ML);
    const inputs: FileParts['inputs'] = [
      ['a', [2, 3]],
      ['b', [2, 2]],
    ];
    return { values: [-4, 4], tolerance: 0.005, file: net.file(inputs, [y], { domains }) };
  })(),
};
