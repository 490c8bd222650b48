import type { Expand } from './parts.ts';

/** Each of the largest is looked for by itself. */
const MOST = 8;

/** INT64 by its number in ONNX. */
const INT64 = 7;

/**
 * The k largest, or least, along an axis, one after the other: where the largest is, what it is, and everything but it, with
 * something below all in its place.
 */
const topK: Expand = (parts) => {
  const [input] = parts.inputs;
  const shape = parts.shapeOf(input);
  const k = Number(parts.known(1)?.data[0] ?? Infinity);
  const axis = (parts.setting('axis', -1) + shape.length) % shape.length;
  if (!(k <= MOST) || k > shape[axis] || parts.typeOf(input) !== 'float32') return false;
  const largest = parts.setting('largest', 1) !== 0;
  let left = largest ? input : parts.add('Neg', [input]);
  const numbers = Array.from({ length: shape[axis] }, (_, i) => i);
  const along = parts.constant(
    shape.map((_, each) => (each === axis ? shape[axis] : 1)),
    numbers,
    'int64',
  );
  const axes = parts.integers([axis]);
  // What is below all: their least, less what they range over and one.
  const least = parts.add('ReduceMin', [left, axes], { keepdims: 1 });
  const under = parts.add('Sub', [least, parts.number(1)]);
  const found = Array.from({ length: k }, (_, i) => {
    const place = parts.add('ArgMax', [left], { axis, keepdims: 1 });
    const value = parts.add('ReduceMax', [left, axes], { keepdims: 1 });
    if (i + 1 < k) left = parts.add('Where', [parts.add('Equal', [place, along]), under, left]);
    return { place, value };
  });
  const [values, places] = parts.outputs;
  const joined = (names: readonly string[]): string => parts.add('Concat', names, { axis });
  if (parts.has(values)) {
    const all = joined(found.map(({ value }) => value));
    parts.add(largest ? 'Identity' : 'Neg', [all], {}, values);
  }
  if (parts.has(places)) {
    parts.add('Cast', [joined(found.map(({ place }) => place))], { to: INT64 }, places);
  }
  return true;
};

/** Where the least is. */
const argMin: Expand = (parts) => {
  const settings = ['axis', 'keepdims', 'select_last_index'].flatMap((name) =>
    parts.attributes[name] === undefined ? [] : [[name, parts.setting(name, 0)] as const],
  );
  const turned = parts.add('Neg', [parts.inputs[0]]);
  parts.add('ArgMax', [turned], Object.fromEntries(settings), parts.outputs[0]);
  return parts.typeOf(parts.inputs[0]) === 'float32';
};

/** Operators that look for the largest or least. */
export const tops: Readonly<Record<string, Expand>> = { ArgMin: argMin, TopK: topK };
