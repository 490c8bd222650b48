import type { Expand, Parts } from './parts.ts';

/** Rows of one mean and variance each, normalised; under their shape again. */
function normalisedRows(parts: Parts, input: string, rows: number): string {
  const shape = parts.shapeOf(input);
  const width = shape.reduce((all, size) => all * size, 1) / rows;
  const flat = parts.add('Reshape', [input, parts.integers([rows, width])]);
  const ones = parts.constant([width], new Array<number>(width).fill(1));
  const epsilon = parts.setting('epsilon', 1e-5);
  const normal = parts.add('LayerNormalization', [flat, ones], { axis: -1, epsilon });
  return parts.add('Reshape', [normal, parts.integers(shape)]);
}

/** Times a scale and plus a bias of each channel. */
function byChannel(parts: Parts, normal: string, [scale, bias]: readonly (readonly number[])[]): void {
  const rank = parts.shapeOf(parts.inputs[0]).length;
  const shape = [scale.length, ...new Array<number>(rank - 2).fill(1)];
  const scaled = parts.add('Mul', [normal, parts.constant(shape, scale)]);
  parts.add('Add', [scaled, parts.constant(shape, bias)], {}, parts.outputs[0]);
}

function constants(parts: Parts, channels: number): readonly (readonly number[])[] | undefined {
  const found = [1, 2].map((index) => parts.known(index)?.data);
  if (found.includes(undefined)) return undefined;
  // Before operator set 21 of ONNX there is one for each group.
  return found.map((data) => {
    const each = channels / (data?.length ?? 1);
    return Array.from({ length: channels }, (_, c) => Number(data?.[Math.floor(c / each)]));
  });
}

const instance: Expand = (parts) => {
  const [batch, channels] = parts.shapeOf(parts.inputs[0]);
  const own = constants(parts, channels);
  if (own === undefined) return false;
  byChannel(parts, normalisedRows(parts, parts.inputs[0], batch * channels), own);
  return true;
};

const group: Expand = (parts) => {
  const [batch, channels] = parts.shapeOf(parts.inputs[0]);
  const groups = parts.setting('num_groups', 1);
  const own = constants(parts, channels);
  if (own === undefined || channels % groups !== 0) return false;
  byChannel(parts, normalisedRows(parts, parts.inputs[0], batch * groups), own);
  return true;
};

/** x / √(mean x² + ε) · scale. */
const rootMeanSquare: Expand = (parts) => {
  const [input, scale] = parts.inputs;
  const rank = parts.shapeOf(input).length;
  const axis = (parts.setting('axis', -1) + rank) % rank;
  const axes = Array.from({ length: rank - axis }, (_, i) => axis + i);
  const squares = parts.add('Mul', [input, input]);
  const mean = parts.add('ReduceMean', [squares, parts.integers(axes)], { keepdims: 1 });
  const moved = parts.add('Add', [mean, parts.number(parts.setting('epsilon', 1e-5))]);
  const normal = parts.add('Div', [input, parts.add('Sqrt', [moved])]);
  parts.add('Mul', [normal, scale], {}, parts.outputs[0]);
  return true;
};

/** x − max − log Σ exp (x − max), which is as exact as its table of logarithms. */
const logSoftmax: Expand = (parts) => {
  const [input] = parts.inputs;
  const shape = parts.shapeOf(input);
  const old = parts.opset < 13;
  const axis = (parts.setting('axis', old ? 1 : -1) + shape.length) % shape.length;
  const rows = shape.slice(0, axis).reduce((all, size) => all * size, 1);
  const width = shape.slice(axis).reduce((all, size) => all * size, 1);
  // In operator sets before 13 the axis and all behind it count as one.
  const x = old ? parts.add('Reshape', [input, parts.integers([rows, width])]) : input;
  const axes = parts.integers([old ? 1 : axis]);
  const largest = parts.add('ReduceMax', [x, axes], { keepdims: 1 });
  const below = parts.add('Sub', [x, largest]);
  const sum = parts.add('ReduceSum', [parts.add('Exp', [below]), axes], { keepdims: 1 });
  const result = parts.add('Sub', [below, parts.add('Log', [sum])]);
  parts.add('Reshape', [result, parts.integers(shape)], {}, parts.outputs[0]);
  return true;
};

/** x / (bias + alpha / size · Σ x² of the channels around)^beta. */
const response: Expand = (parts) => {
  const [input] = parts.inputs;
  const shape = parts.shapeOf(input);
  const size = parts.setting('size', 1);
  if (shape.length !== 4) return false;
  const [, channels] = shape;
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const weight = parts.setting('alpha', 1e-4) / size;
  const band = Array.from({ length: channels ** 2 }, (_, i) => {
    const apart = (i % channels) - Math.floor(i / channels);
    return apart >= -before && apart <= after ? weight : 0;
  });
  const squares = parts.add('Mul', [input, input]);
  const biases = new Array<number>(channels).fill(parts.setting('bias', 1));
  const sums = parts.add('Conv', [
    squares,
    parts.constant([channels, channels, 1, 1], band),
    parts.constant([channels], biases),
  ]);
  const factor = parts.add('Pow', [sums, parts.number(-parts.setting('beta', 0.75))]);
  parts.add('Mul', [input, factor], {}, parts.outputs[0]);
  return true;
};

/** Operators that bring values to a common size. */
export const norms: Readonly<Record<string, Expand>> = {
  GroupNormalization: group,
  InstanceNormalization: instance,
  LRN: response,
  LogSoftmax: logSoftmax,
  RMSNormalization: rootMeanSquare,
  SimplifiedLayerNormalization: rootMeanSquare,
};
