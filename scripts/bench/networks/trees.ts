import type { Random } from '../../training/random.ts';
import { Net, normal, type ExportedNetwork } from './net.ts';

const [TREES, DEPTH, FEATURES] = [100, 6, 28];
/** Thresholds that a histogram of a feature has, of which XGBoost chooses. */
const CUTS = 256;

const [FLOATS, INTS] = [6, 7];
const floats = (values: readonly number[]) => ({ type: FLOATS, floats: values });
const ints = (values: readonly number[]) => ({ type: INTS, ints: values });

interface Forest {
  readonly treeids: number[];
  readonly nodeids: number[];
  readonly featureids: number[];
  readonly values: number[];
  readonly modes: string[];
  readonly truenodeids: number[];
  readonly falsenodeids: number[];
  readonly leaves: { readonly treeids: number[]; readonly nodeids: number[]; readonly weights: number[] };
}

/** Full trees of random questions. */
function grown(random: Random): Forest {
  const cuts = Array.from({ length: FEATURES }, () => Array.from({ length: CUTS }, () => normal(random)));
  const forest: Forest = {
    treeids: [],
    nodeids: [],
    featureids: [],
    values: [],
    modes: [],
    truenodeids: [],
    falsenodeids: [],
    leaves: { treeids: [], nodeids: [], weights: [] },
  };
  const inner = 2 ** DEPTH - 1;
  for (let tree = 0; tree < TREES; tree++) {
    for (let node = 0; node < 2 * inner + 1; node++) {
      const asks = node < inner;
      const feature = asks ? random.below(FEATURES) : 0;
      forest.treeids.push(tree);
      forest.nodeids.push(node);
      forest.featureids.push(feature);
      forest.values.push(asks ? cuts[feature][random.below(CUTS)] : 0);
      forest.modes.push(asks ? 'BRANCH_LT' : 'LEAF');
      forest.truenodeids.push(asks ? 2 * node + 1 : 0);
      forest.falsenodeids.push(asks ? 2 * node + 2 : 0);
      if (asks) continue;
      forest.leaves.treeids.push(tree);
      forest.leaves.nodeids.push(node);
      forest.leaves.weights.push(normal(random) / 20);
    }
  }
  return forest;
}

/** A pipeline of scikit-learn's, a scaler and XGBoost's classifier of two classes, as skl2onnx and onnxmltools write it. */
export function xgboost(): ExportedNetwork {
  const net = new Net();
  const each = (of: () => number): readonly number[] => Array.from({ length: FEATURES }, of);
  const scaled = net.op(
    'Scaler',
    ['x'],
    {
      offset: floats(each(() => normal(net.random) / 4)),
      scale: floats(each(() => 1 + net.random.uniform() / 4)),
    },
    'ai.onnx.ml',
  );
  const { leaves, values, modes, ...columns } = grown(net.random);
  const nodes = Object.entries(columns).map(([name, column]) => [`nodes_${name}`, ints(column)]);
  const [label, shares] = net.all(
    'TreeEnsembleClassifier',
    [scaled],
    2,
    {
      ...(Object.fromEntries(nodes) as Record<string, ReturnType<typeof ints>>),
      nodes_values: floats(values),
      nodes_modes: modes,
      nodes_missing_value_tracks_true: ints(modes.map(() => 0)),
      class_treeids: ints(leaves.treeids),
      class_nodeids: ints(leaves.nodeids),
      class_ids: ints(leaves.weights.map(() => 0)),
      class_weights: floats(leaves.weights),
      base_values: floats([0.25]),
      classlabels_int64s: ints([0, 1]),
      post_transform: 'LOGISTIC',
    },
    'ai.onnx.ml',
  );
  return net.finish({
    shape: [1, FEATURES],
    outputs: [[label, [1], 'int64'], shares],
    draw: normal,
    opset: 15,
    domains: [{ domain: 'ai.onnx.ml', version: 1 }],
  });
}
