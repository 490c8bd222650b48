import type { Expand, Parts } from './parts.ts';

/** The numbers that types of ONNX have. */
const [FLOAT, INT64] = [1, 7];

/** Most categories and values that an encoder is written out for. */
const MOST = 2 ** 12;

/** The first input in reals. */
export function realInput(parts: Parts): string {
  const [input] = parts.inputs;
  return parts.typeOf(input) === 'float32' ? input : parts.add('Cast', [input], { to: FLOAT });
}

/** 1 where a value is above a threshold. */
const binarizer: Expand = (parts) => {
  const above = parts.add('Greater', [realInput(parts), parts.number(parts.setting('threshold', 0))]);
  parts.add('Cast', [above], { to: FLOAT }, parts.outputs[0]);
  return true;
};

/** A value of its own in place of one that says that there is none. No sample holds what is no number. */
const imputer: Expand = (parts) => {
  const [input] = parts.inputs;
  const real = parts.typeOf(input) === 'float32';
  const fills = parts.numbers(real ? 'imputed_value_floats' : 'imputed_value_int64s');
  const replaced = parts.setting(real ? 'replaced_value_float' : 'replaced_value_int64', 0);
  if (!fills || fills.length === 0) return false;
  if (Number.isNaN(replaced)) {
    parts.add('Identity', [input], {}, parts.outputs[0]);
    return true;
  }
  const type = parts.typeOf(input);
  const missing = parts.add('Equal', [input, parts.constant([], [replaced], type)]);
  const fill = parts.constant([1, fills.length], fills, type);
  parts.add('Where', [missing, fill, input], {}, parts.outputs[0]);
  return true;
};

/** For each value, which of the categories it is. */
const oneHot: Expand = (parts) => {
  const [input] = parts.inputs;
  const categories = parts.numbers('cats_int64s') ?? [];
  const shape = parts.shapeOf(input);
  if (categories.length === 0 || categories.length > MOST || parts.setting('zeros', 1) === 0) return false;
  const wide = parts.add('Reshape', [input, parts.integers([...shape, 1])]);
  const type = parts.typeOf(input);
  const is = parts.add('Equal', [wide, parts.constant([categories.length], categories, type)]);
  parts.add('Cast', [is], { to: FLOAT }, parts.outputs[0]);
  return true;
};

/** Numbers for numbers: each key that a value can be, times what stands for it. */
const labelEncoder: Expand = (parts) => {
  const [input] = parts.inputs;
  const shape = parts.shapeOf(input);
  const keys = parts.numbers('keys_int64s') ?? parts.numbers('keys_floats') ?? [];
  const reals = parts.numbers('values_floats');
  const values = reals ?? parts.numbers('values_int64s') ?? [];
  const otherwise = reals ? parts.setting('default_float', -0) : parts.setting('default_int64', -1);
  if (keys.length === 0 || keys.length !== values.length || keys.length > MOST) return false;
  if (!keys.every(Number.isFinite)) return false;
  const wide = parts.add('Reshape', [input, parts.integers([...shape, 1])]);
  const is = parts.add('Equal', [wide, parts.constant([keys.length], keys, parts.typeOf(input))]);
  const [type, to] = reals ? (['float32', FLOAT] as const) : (['int64', INT64] as const);
  const set = parts.add('Cast', [is], { to });
  const apart = values.map((value) => value - otherwise);
  const chosen = parts.add('Mul', [set, parts.constant([keys.length], apart, type)]);
  const last = parts.integers([shape.length]);
  const sum = parts.add('ReduceSum', [chosen, last], { keepdims: 0 });
  parts.add('Add', [sum, parts.constant([], [otherwise], type)], {}, parts.outputs[0]);
  return true;
};

/** Several tensors side by side. */
const vectorizer: Expand = (parts) => {
  const flat = parts.inputs.map((name) => {
    const [rows, ...rest] = parts.shapeOf(name);
    const width = rest.reduce((all, size) => all * size, 1);
    const real = parts.typeOf(name) === 'float32' ? name : parts.add('Cast', [name], { to: FLOAT });
    return parts.add('Reshape', [real, parts.integers([rows, width])]);
  });
  parts.add('Concat', flat, { axis: 1 }, parts.outputs[0]);
  return true;
};

/** Columns by their numbers, which the model may compute where it knows what it takes them from. */
const extractor: Expand = (parts) => {
  const [input, places] = parts.inputs;
  const rank = parts.shapeOf(input).length;
  const count = parts.shapeOf(places).reduce((all, size) => all * size, 1);
  const flat = parts.add('Reshape', [places, parts.integers([count])]);
  const chosen = parts.add('Gather', [input, flat], { axis: rank - 1 });
  const shape = parts.shapeOf(parts.outputs[0]);
  parts.add('Reshape', [chosen, parts.integers(shape)], {}, parts.outputs[0]);
  return true;
};

/** What scikit-learn's pipelines do to features before and after a model. */
export const features: Readonly<Record<string, Expand>> = {
  'ai.onnx.ml:ArrayFeatureExtractor': extractor,
  'ai.onnx.ml:Binarizer': binarizer,
  'ai.onnx.ml:FeatureVectorizer': vectorizer,
  'ai.onnx.ml:Imputer': imputer,
  'ai.onnx.ml:LabelEncoder': labelEncoder,
  'ai.onnx.ml:OneHotEncoder': oneHot,
};
