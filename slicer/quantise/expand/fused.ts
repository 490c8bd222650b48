import type { Expand, Parts } from './parts.ts';

const last = (
  parts: Parts,
  operator: string,
  inputs: readonly string[],
  settings: Settings = {},
): boolean => {
  parts.add(operator, inputs, settings, parts.outputs[0]);
  return true;
};

type Settings = Parameters<Parts['add']>[2];

/** A sum of those inputs that are there. */
function summed(parts: Parts, names: readonly (string | undefined)[]): string {
  return names.filter((name) => parts.has(name)).reduce((left, right) => parts.add('Add', [left, right]));
}

const gelu =
  (settings: Settings): Expand =>
  (parts) =>
    last(parts, 'Gelu', [summed(parts, parts.inputs)], settings);

/** x · sigmoid(alpha · x). */
const quickGelu: Expand = (parts) => {
  const [input] = parts.inputs;
  const inner = parts.add('Mul', [input, parts.number(parts.setting('alpha', 1.702))]);
  return last(parts, 'Mul', [input, parts.add('Sigmoid', [inner])]);
};

/** A sum that is normalised; the sum itself may be the fourth result. */
function skipped(normalise: (parts: Parts, sum: string) => boolean, bias: number): Expand {
  return (parts) => {
    const [input, skip] = parts.inputs;
    const [, mean, deviation, all] = parts.outputs;
    if (parts.has(mean) || parts.has(deviation)) return false;
    const sum = summed(parts, [input, skip, parts.inputs[bias]]);
    if (parts.has(all)) parts.add('Identity', [sum], {}, all);
    return normalise(parts, sum);
  };
}

/** Names without those that are left out at their end. */
const present = (parts: Parts, names: readonly (string | undefined)[]): readonly string[] =>
  names.filter((name) => parts.has(name));

const epsilonOf = (parts: Parts): number => parts.setting('epsilon', 1e-12);

const skipLayer = skipped((parts, sum) => {
  const [, , scale, beta] = parts.inputs;
  return last(parts, 'LayerNormalization', present(parts, [sum, scale, beta]), {
    axis: -1,
    epsilon: epsilonOf(parts),
  });
}, 4);

const skipRoot = skipped((parts, sum) => {
  const squares = parts.add('Mul', [sum, sum]);
  const axis = parts.integers([parts.shapeOf(parts.inputs[0]).length - 1]);
  const mean = parts.add('ReduceMean', [squares, axis], { keepdims: 1 });
  const root = parts.add('Sqrt', [parts.add('Add', [mean, parts.number(epsilonOf(parts))])]);
  return last(parts, 'Mul', [parts.add('Div', [sum, root]), parts.inputs[2]]);
}, 3);

/** Embeddings of words, positions and segments, summed and normalised. */
const embedded: Expand = (parts) => {
  const [ids, segments, words, positions, segment, scale, beta, mask, places] = parts.inputs;
  const [, , all] = parts.outputs;
  const tokens = parts.shapeOf(ids)[1];
  if (
    parts.has(mask) ||
    parts.has(places) ||
    (parts.has(parts.outputs[1]) && parts.graph.outputs.some(({ name }) => name === parts.outputs[1]))
  )
    return false;
  const own = parts.add('Slice', [
    positions,
    parts.integers([0]),
    parts.integers([tokens]),
    parts.integers([0]),
  ]);
  const sum = summed(parts, [
    parts.add('Add', [parts.add('Gather', [words, ids], { axis: 0 }), own]),
    parts.has(segments) ? parts.add('Gather', [segment, segments], { axis: 0 }) : undefined,
  ]);
  if (parts.has(all)) parts.add('Identity', [sum], {}, all);
  return last(parts, 'LayerNormalization', present(parts, [sum, scale, beta]), {
    axis: -1,
    epsilon: epsilonOf(parts),
  });
};

/** A product of matrices that are turned before, times a number. */
const product: Expand = (parts) => {
  const isPlain = ['transBatchA', 'transBatchB'].every((name) => parts.setting(name, 0) === 0);
  if (!isPlain) return false;
  const factors = parts.inputs.map((name, i) => {
    if (parts.setting(i === 0 ? 'transA' : 'transB', 0) === 0) return name;
    const axes = [...parts.shapeOf(name).keys()];
    return parts.add('Transpose', [name], { perm: [...axes.slice(0, -2), axes.length - 1, axes.length - 2] });
  });
  const made = parts.add('MatMul', factors);
  return last(parts, 'Mul', [made, parts.number(parts.setting('alpha', 1))]);
};

/** Operators that ONNX Runtime's optimiser makes of several, in the several again. */
export const fused: Readonly<Record<string, Expand>> = {
  'com.microsoft:BiasGelu': gelu({}),
  'com.microsoft:EmbedLayerNormalization': embedded,
  'com.microsoft:FastGelu': gelu({ approximate: 'tanh' }),
  'com.microsoft:FusedMatMul': product,
  'com.microsoft:Gelu': gelu({}),
  'com.microsoft:QuickGelu': quickGelu,
  'com.microsoft:SkipLayerNormalization': skipLayer,
  'com.microsoft:SkipSimplifiedLayerNormalization': skipRoot,
};
