import type { Expand, Parts } from './parts.ts';

/** The result of a comparison at a node of a tree that leads to its first child. */
const COMPARISONS: Readonly<Record<string, string | undefined>> = {
  BRANCH_EQ: 'Equal',
  BRANCH_GT: 'Greater',
  BRANCH_GTE: 'GreaterOrEqual',
  BRANCH_LEQ: 'LessOrEqual',
  BRANCH_LT: 'Less',
};

/** The number that a type of ONNX has. */
const [FLOAT, INT32, INT64] = [1, 6, 7];

/** Most values of a forest's nodes, all trees together. */
const MOST_NODES = 2 ** 20;

interface TreeNode {
  /** Which of the comparisons; undefined for a leaf. */
  readonly comparison?: number;
  readonly children?: readonly [set: string, otherwise: string];
  /** By target: what it adds. */
  readonly weights: Map<number, number>;
}

interface Forest {
  readonly nodes: ReadonlyMap<string, TreeNode>;
  readonly roots: readonly string[];
  /** By mode of comparison: features and thresholds, each pair once. */
  readonly comparisons: readonly {
    readonly operator: string;
    readonly feature: number;
    readonly threshold: number;
  }[];
}

function forestOf(parts: Parts, kind: 'target' | 'class'): Forest | undefined {
  const numbers = (name: string): readonly number[] => parts.numbers(name) ?? [];
  const modes = (parts.attributes.nodes_modes ?? []) as readonly string[];
  const [trees, ids, features, values, whenSet, otherwise] = [
    'treeids',
    'nodeids',
    'featureids',
    'values',
    'truenodeids',
    'falsenodeids',
  ].map((name) => numbers(`nodes_${name}`));
  if (modes.length === 0 || modes.length > MOST_NODES || values.length !== modes.length) return undefined;
  const known = new Map<string, number>();
  const comparisons: Forest['comparisons'][number][] = [];
  const nodes = new Map<string, TreeNode>();
  const children = new Set<string>();
  for (const [i, mode] of modes.entries()) {
    const name = `${trees[i]}:${ids[i]}`;
    if (mode === 'LEAF') {
      nodes.set(name, { weights: new Map() });
      continue;
    }
    const differs = mode === 'BRANCH_NEQ';
    const operator = differs ? 'Equal' : COMPARISONS[mode];
    if (operator === undefined) return undefined;
    const key = `${operator} ${features[i]} ${values[i]}`;
    const comparison = known.get(key) ?? comparisons.length;
    if (comparison === comparisons.length) {
      known.set(key, comparison);
      comparisons.push({ operator, feature: features[i], threshold: values[i] });
    }
    const [set, other] = differs ? [otherwise[i], whenSet[i]] : [whenSet[i], otherwise[i]];
    const pair = [`${trees[i]}:${set}`, `${trees[i]}:${other}`] as const;
    for (const child of pair) children.add(child);
    nodes.set(name, { comparison, children: pair, weights: new Map() });
  }
  const [leafTrees, leafIds, targets, weights] = ['treeids', 'nodeids', 'ids', 'weights'].map((name) =>
    numbers(`${kind}_${name}`),
  );
  for (const [i, target] of targets.entries()) {
    const leaf = nodes.get(`${leafTrees[i]}:${leafIds[i]}`);
    if (!leaf) return undefined;
    leaf.weights.set(target, (leaf.weights.get(target) ?? 0) + weights[i]);
  }
  return { nodes, roots: [...nodes.keys()].filter((name) => !children.has(name)), comparisons };
}

/** By sample and comparison: 1 where it holds, else 0, as an integer. */
function comparedOf(
  parts: Parts,
  { comparisons }: Forest,
): { readonly name: string; readonly places: readonly number[] } {
  const [input] = parts.inputs;
  const x = parts.typeOf(input) === 'float32' ? input : parts.add('Cast', [input], { to: FLOAT });
  const operators = [...new Set(comparisons.map(({ operator }) => operator))];
  const places = new Array<number>(comparisons.length);
  let next = 0;
  const groups = operators.map((operator) => {
    const own = comparisons.flatMap((comparison, i) => (comparison.operator === operator ? [i] : []));
    for (const i of own) places[i] = next++;
    const features = parts.integers(own.map((i) => comparisons[i].feature));
    const thresholds = parts.constant(
      [own.length],
      own.map((i) => comparisons[i].threshold),
    );
    return parts.add(operator, [parts.add('Gather', [x, features], { axis: 1 }), thresholds]);
  });
  const [first, ...others] = groups;
  const joined = others.length === 0 ? first : parts.add('Concat', groups, { axis: 1 });
  return { name: parts.add('Cast', [joined], { to: INT32 }), places };
}

/**
 * What all trees add to each target, [samples, targets]: of each node one product tells whether a sample comes there,
 * given that of its parent, and the other child has what is left.
 */
function scoresOf(parts: Parts, forest: Forest, targets: number, base: readonly number[]): string {
  const { nodes, roots } = forest;
  const start = Array.from({ length: targets }, (_, target) => base[target] ?? 0);
  const at = (name: string): TreeNode => nodes.get(name) as TreeNode;
  const leafs = roots.filter((name) => !at(name).children);
  for (const [target, weight] of leafs.flatMap((name) => [...at(name).weights])) start[target] += weight;
  let sum: string | undefined;
  const inner = roots.filter((name) => at(name).children);
  if (inner.length === 0) {
    // Nothing is asked: the answer is the same for all.
    const zero = parts.add('Mul', [parts.inputs[0], parts.number(0)]);
    const none = parts.constant(
      [parts.shapeOf(parts.inputs[0])[1], targets],
      new Array<number>(parts.shapeOf(parts.inputs[0])[1] * targets).fill(0),
    );
    return parts.add('Add', [parts.add('MatMul', [zero, none]), parts.constant([targets], start)]);
  }
  const compared = comparedOf(parts, forest);
  /** The nodes of one depth, and by sample and node whether a sample comes there; at the top all do. */
  let depth: { readonly names: readonly string[]; readonly reached?: string } = { names: inner };
  for (;;) {
    const asking = depth.names.flatMap((name, i) => (at(name).children ? [{ name, place: i }] : []));
    if (asking.length === 0) break;
    const bits = parts.add(
      'Gather',
      [
        compared.name,
        parts.integers(asking.map(({ name }) => compared.places[at(name).comparison as number])),
      ],
      { axis: 1 },
    );
    const parents =
      depth.reached &&
      parts.add('Gather', [depth.reached, parts.integers(asking.map(({ place }) => place))], { axis: 1 });
    const left = parents === undefined ? bits : parts.add('Mul', [parents, bits]);
    const count = asking.length;
    const twice = parts.integers([...asking.keys(), ...asking.keys()]);
    const signs = parts.constant(
      [2 * count],
      Array.from({ length: 2 * count }, (_, i) => (i < count ? 1 : -1)),
      'int32',
    );
    const rest = parts.constant(
      [2 * count],
      Array.from({ length: 2 * count }, (_, i) => (i < count ? 0 : 1)),
      'int32',
    );
    const signed = parts.add('Mul', [parts.add('Gather', [left, twice], { axis: 1 }), signs]);
    const from =
      parents === undefined
        ? rest
        : parts.add('Mul', [parts.add('Gather', [parents, twice], { axis: 1 }), rest]);
    const reached = parts.add('Add', [signed, from]);
    const names = [0, 1].flatMap((child) => asking.map(({ name }) => at(name).children?.[child] as string));
    depth = { names, reached };
    if (names.every((name) => at(name).weights.size === 0)) continue;
    const weights = names.flatMap((name) =>
      Array.from({ length: targets }, (_, target) => at(name).weights.get(target) ?? 0),
    );
    const real = parts.add('Cast', [reached], { to: FLOAT });
    const part = parts.add('MatMul', [real, parts.constant([names.length, targets], weights)]);
    sum = sum === undefined ? part : parts.add('Add', [sum, part]);
  }
  return start.every((value) => value === 0)
    ? (sum as string)
    : parts.add('Add', [sum as string, parts.constant([targets], start)]);
}

/** What is done with scores at the end. Returns whether it is known. */
function transformed(parts: Parts, scores: string, output: string): boolean {
  switch (parts.text('post_transform', 'NONE')) {
    case 'NONE':
      parts.add('Identity', [scores], {}, output);
      return true;
    case 'LOGISTIC':
      parts.add('Sigmoid', [scores], {}, output);
      return true;
    case 'SOFTMAX':
      parts.add('Softmax', [scores], { axis: -1 }, output);
      return true;
    default:
      return false;
  }
}

/** What all trees say together, by what makes one of their answers. */
function aggregated(parts: Parts, forest: Forest, targets: number): string | undefined {
  const base = parts.numbers('base_values') ?? [];
  const aggregate = parts.text('aggregate_function', 'SUM');
  switch (aggregate) {
    case 'SUM':
      return scoresOf(parts, forest, targets, base);
    case 'AVERAGE': {
      const sum = scoresOf(parts, forest, targets, []);
      return plusBase(parts, parts.add('Mul', [sum, parts.number(1 / forest.roots.length)]), targets);
    }
    case 'MIN':
    case 'MAX': {
      const each = forest.roots.map((root) => scoresOf(parts, { ...forest, roots: [root] }, targets, []));
      const [first, ...others] = each;
      const one = others.length === 0 ? first : parts.add(aggregate === 'MIN' ? 'Min' : 'Max', each);
      return plusBase(parts, one, targets);
    }
    default:
      return undefined;
  }
}

function plusBase(parts: Parts, scores: string, targets: number): string {
  const base = parts.numbers('base_values');
  if (!base) return scores;
  const values = Array.from({ length: targets }, (_, target) => base[target] ?? 0);
  return parts.add('Add', [scores, parts.constant([targets], values)]);
}

const regressor: Expand = (parts) => {
  const forest = forestOf(parts, 'target');
  if (!forest || parts.shapeOf(parts.inputs[0]).length !== 2) return false;
  const scores = aggregated(parts, forest, parts.setting('n_targets', 1));
  return scores !== undefined && transformed(parts, scores, parts.outputs[0]);
};

/** Writes the first output: the label at a place. */
function labelled(parts: Parts, labels: readonly number[], place: string): void {
  const [output] = parts.outputs;
  // Labels 0, 1 … are places themselves.
  if (labels.every((label, i) => label === i)) parts.add('Identity', [place], {}, output);
  else parts.add('Gather', [parts.integers(labels), place], { axis: 0 }, output);
}

/** The label of the largest score. */
function largest(parts: Parts, labels: readonly number[], scores: string): void {
  if (!parts.has(parts.outputs[0])) return;
  labelled(parts, labels, parts.add('ArgMax', [scores], { axis: 1, keepdims: 0 }));
}

const classifier: Expand = (parts) => {
  const labels = parts.numbers('classlabels_int64s');
  const forest = forestOf(parts, 'class');
  if (!forest || labels === undefined || parts.shapeOf(parts.inputs[0]).length !== 2) return false;
  const base = parts.numbers('base_values') ?? [];
  const ids = parts.numbers('class_ids') ?? [];
  const [, output] = parts.outputs;
  if (labels.length === 2 && new Set(ids).size === 1) {
    if (base.length > 1) return false;
    return binary(parts, forest, labels, { id: ids[0], base });
  }
  const scores = scoresOf(parts, forest, labels.length, base);
  largest(parts, labels, scores);
  return !parts.has(output) || transformed(parts, scores, output);
};

/**
 * One score for two classes, as ONNX Runtime has it. Of weights for the first: of such that are all positive the share of the
 * second class, else what speaks for it. Of weights for the second the first has nothing.
 */
function binary(
  parts: Parts,
  forest: Forest,
  labels: readonly number[],
  { id, base }: { readonly id: number; readonly base: readonly number[] },
): boolean {
  const [label, output] = parts.outputs;
  const weights = parts.numbers('class_weights') ?? [];
  const positive = weights.every((weight) => weight > 0);
  const own: Forest = {
    ...forest,
    nodes: new Map(
      [...forest.nodes].map(([name, node]) => [
        name,
        { ...node, weights: new Map([...node.weights].map(([, weight]) => [0, weight])) },
      ]),
    ),
  };
  // What ONNX Runtime takes a weight of nothing for, beside others above zero, is not written anywhere.
  const unclear = !positive && weights.every((weight) => weight >= 0);
  const post = parts.text('post_transform', 'NONE');
  if (unclear || (id !== 0 && (id !== 1 || base.length > 0))) return false;
  const score = scoresOf(parts, own, 1, base);
  if (parts.has(label)) {
    const flat = parts.add('Reshape', [score, parts.integers([parts.shapeOf(parts.inputs[0])[0]])]);
    const above = parts.add('Greater', [flat, parts.number(positive ? 0.5 : 0)]);
    labelled(parts, labels, parts.add('Cast', [above], { to: INT64 }));
  }
  if (!parts.has(output)) return true;
  if (id === 1) {
    const nothing = parts.add('Mul', [score, parts.number(0)]);
    return transformed(parts, parts.add('Concat', [nothing, score], { axis: 1 }), output);
  }
  if (post !== 'LOGISTIC' && post !== 'NONE') return false;
  const other = positive ? parts.add('Sub', [parts.number(1), score]) : parts.add('Neg', [score]);
  const both = parts.add('Concat', [other, score], { axis: 1 });
  parts.add(post === 'LOGISTIC' && !positive ? 'Sigmoid' : 'Identity', [both], {}, output);
  return true;
}

/** Samples times coefficients, [targets, features], plus intercepts. */
function linear(parts: Parts, targets: number): string | undefined {
  const [input] = parts.inputs;
  const shape = parts.shapeOf(input);
  const coefficients = parts.numbers('coefficients') ?? [];
  if (shape.length !== 2 || coefficients.length !== targets * shape[1]) return undefined;
  const x = parts.typeOf(input) === 'float32' ? input : parts.add('Cast', [input], { to: FLOAT });
  const product = parts.add('Gemm', [x, parts.constant([targets, shape[1]], coefficients)], { transB: 1 });
  const intercepts = parts.numbers('intercepts');
  return intercepts ? parts.add('Add', [product, parts.constant([targets], intercepts)]) : product;
}

const linearRegressor: Expand = (parts) => {
  const scores = linear(parts, parts.setting('targets', 1));
  return scores !== undefined && transformed(parts, scores, parts.outputs[0]);
};

const linearClassifier: Expand = (parts) => {
  const labels = parts.numbers('classlabels_ints');
  const scores = labels && labels.length > 1 ? linear(parts, labels.length) : undefined;
  if (!labels || scores === undefined) return false;
  largest(parts, labels, scores);
  return !parts.has(parts.outputs[1]) || transformed(parts, scores, parts.outputs[1]);
};

/** (x − offset) · scale. */
const scaler: Expand = (parts) => {
  const [input] = parts.inputs;
  const x = parts.typeOf(input) === 'float32' ? input : parts.add('Cast', [input], { to: FLOAT });
  const [offset, scale] = ['offset', 'scale'].map((name) => parts.numbers(name) ?? []);
  const moved = offset.length === 0 ? x : parts.add('Sub', [x, parts.constant([offset.length], offset)]);
  parts.add('Mul', [moved, parts.constant([scale.length], scale)], {}, parts.outputs[0]);
  return scale.length > 0;
};

const normalizer: Expand = (parts) => {
  const norm = parts.text('norm', 'MAX');
  if (parts.shapeOf(parts.inputs[0]).length !== 2) return false;
  const size = parts.add(
    norm === 'MAX' ? 'ReduceMax' : `Reduce${norm}`,
    [parts.inputs[0], parts.integers([1])],
    { keepdims: 1 },
  );
  parts.add('Div', [parts.inputs[0], size], {}, parts.outputs[0]);
  return true;
};

/** What scikit-learn, XGBoost and LightGBM export. */
export const trees: Readonly<Record<string, Expand>> = {
  'ai.onnx.ml:LinearClassifier': linearClassifier,
  'ai.onnx.ml:LinearRegressor': linearRegressor,
  'ai.onnx.ml:Normalizer': normalizer,
  'ai.onnx.ml:Scaler': scaler,
  'ai.onnx.ml:TreeEnsembleClassifier': classifier,
  'ai.onnx.ml:TreeEnsembleRegressor': regressor,
};
