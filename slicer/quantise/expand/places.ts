import { elementCount } from '../../onnx/graph.ts';
import { choices } from './computed-places.ts';
import type { Expand, Parts } from './parts.ts';

/** Operators that take values by places that the model knows, or put them there: a gather of all. */

function strides(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

function flat(parts: Parts, name: string): string {
  return parts.add('Reshape', [name, parts.integers([elementCount(parts.shapeOf(name))])]);
}

/** The node's output as these values of a flat tensor. */
function taken(parts: Parts, from: string, indices: readonly number[], shape: readonly number[]): boolean {
  const values = parts.add('Gather', [from, parts.integers(indices)], { axis: 0 });
  parts.add('Reshape', [values, parts.integers(shape)], {}, parts.outputs[0]);
  return true;
}

/** By place of an index tuple in the constant: the first place of what it names, and how much it names. */
function blocksOf(
  parts: Parts,
  index: number,
  batches: number,
):
  | { readonly starts: readonly number[]; readonly size: number; readonly shape: readonly number[] }
  | undefined {
  const shape = parts.shapeOf(parts.inputs[0]);
  const tuples = parts.known(index);
  if (!tuples) return undefined;
  const depth = tuples.shape.at(-1) ?? 0;
  const steps = strides(shape);
  const count = tuples.data.length / depth;
  const each = count / elementCount(shape.slice(0, batches));
  const starts = Array.from({ length: count }, (_, i) => {
    let at = Math.floor(i / each) * elementCount(shape.slice(batches));
    for (let k = 0; k < depth; k++) {
      const given = Number(tuples.data[i * depth + k]);
      const size = shape[batches + k];
      at += (given < 0 ? given + size : given) * steps[batches + k];
    }
    return at;
  });
  return { starts, size: elementCount(shape.slice(batches + depth)), shape };
}

const gatherND: Expand = (parts) => {
  const blocks = blocksOf(parts, 1, parts.setting('batch_dims', 0));
  if (!blocks) return false;
  const indices = blocks.starts.flatMap((start) => Array.from({ length: blocks.size }, (_, i) => start + i));
  return taken(parts, flat(parts, parts.inputs[0]), indices, parts.shapeOf(parts.outputs[0]));
};

/** Places of elements that are named along an axis. */
function elementsOf(parts: Parts): readonly number[] | undefined {
  const shape = parts.shapeOf(parts.inputs[0]);
  const named = parts.known(1);
  if (!named) return undefined;
  const axis = (parts.setting('axis', 0) + shape.length) % shape.length;
  const [own, steps] = [strides(named.shape), strides(shape)];
  return Array.from(named.data as ArrayLike<number | bigint>, (value, i) => {
    const given = Number(value) < 0 ? Number(value) + shape[axis] : Number(value);
    return named.shape.reduce(
      (at, size, d) => at + (d === axis ? given : Math.floor(i / own[d]) % size) * steps[d],
      0,
    );
  });
}

const gatherElements: Expand = (parts) => {
  const indices = elementsOf(parts);
  if (!indices) return false;
  return taken(parts, flat(parts, parts.inputs[0]), indices, parts.known(1)?.shape ?? []);
};

/** The data with values put over it: of several at one place the last counts. */
function scattered(parts: Parts, places: readonly number[]): boolean {
  const [data, , updates] = parts.inputs;
  if (parts.text('reduction', 'none') !== 'none') return false;
  const shape = parts.shapeOf(data);
  const count = elementCount(shape);
  const from = Array.from({ length: count }, (_, i) => i);
  places.forEach((place, i) => (from[place] = count + i));
  const joined = parts.add('Concat', [flat(parts, data), flat(parts, updates)], { axis: 0 });
  return taken(parts, joined, from, shape);
}

const scatterND: Expand = (parts) => {
  const blocks = blocksOf(parts, 1, 0);
  return (
    blocks !== undefined &&
    scattered(
      parts,
      blocks.starts.flatMap((start) => Array.from({ length: blocks.size }, (_, i) => start + i)),
    )
  );
};

const scatterElements: Expand = (parts) => {
  const places = elementsOf(parts);
  return places !== undefined && scattered(parts, places);
};

/** A triangle of each matrix, zeros elsewhere. */
const trilu: Expand = (parts) => {
  const [input, diagonal] = parts.inputs;
  const shape = parts.shapeOf(input);
  if (parts.has(diagonal) && !parts.known(1)) return false;
  const k = Number(parts.known(1)?.data[0] ?? 0);
  const upper = parts.setting('upper', 1) !== 0;
  const [rows, columns] = shape.slice(-2);
  const set = Array.from({ length: rows * columns }, (_, i) => {
    const apart = (i % columns) - Math.floor(i / columns);
    return upper ? apart >= k : apart <= k;
  });
  const mask = parts.constant([rows, columns], set.map(Number), 'bool');
  const zero = parts.constant([], [0], parts.typeOf(input));
  parts.add('Where', [mask, input, zero], {}, parts.outputs[0]);
  return true;
};

/** A product with a triangle of ones. */
const cumSum: Expand = (parts) => {
  const [input] = parts.inputs;
  const shape = parts.shapeOf(input);
  const given = parts.known(1);
  if (!given || parts.typeOf(input) !== 'float32') return false;
  const axis = (Number(given.data[0]) + shape.length) % shape.length;
  const [exclusive, reverse] = ['exclusive', 'reverse'].map((name) => parts.setting(name, 0) !== 0);
  const size = shape[axis];
  const order = [...shape.keys()].filter((each) => each !== axis);
  const perm = [...order, axis];
  const turned = parts.add('Transpose', [input], { perm });
  const matrix = Array.from({ length: size * size }, (_, i) => {
    const [from, to] = [Math.floor(i / size), i % size];
    const apart = reverse ? from - to : to - from;
    return Number(exclusive ? apart > 0 : apart >= 0);
  });
  const sums = parts.add('MatMul', [turned, parts.constant([size, size], matrix)]);
  const back = [...shape.keys()].map((each) => perm.indexOf(each));
  parts.add('Transpose', [sums], { perm: back }, parts.outputs[0]);
  return true;
};

/** Operators that take, put or add up by place. */
export const places: Readonly<Record<string, Expand>> = {
  CumSum: cumSum,
  ...choices,
  GatherElements: (parts) => gatherElements(parts) || choices.GatherElements(parts),
  GatherND: (parts) => gatherND(parts) || choices.GatherND(parts),
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  Trilu: trilu,
};
