import { elementCount } from '../../onnx/graph.ts';
import type { Expand, Parts } from './parts.ts';

const FLOAT = 1;

/** Most comparisons of places with all that they can be. */
const MOST = 2 ** 16;

/** Places that a model computes. */
interface Places {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: 'int32' | 'int64';
}

/** An input as places; undefined where it is of another type. */
function placesAt(parts: Parts, index: number): Places | undefined {
  const name = parts.inputs[index];
  const type = parts.typeOf(name);
  return type === 'int32' || type === 'int64' ? { name, type, shape: parts.shapeOf(name) } : undefined;
}

/** Places counted from the front, [..., 1]: those below zero count from the end. */
function fromFront(parts: Parts, places: Places, size: number): string {
  const { name, type, shape } = places;
  const wide = parts.add('Reshape', [name, parts.integers([...shape, 1])]);
  const below = parts.add('Less', [wide, parts.constant([], [0], type)]);
  const whole = parts.add('Cast', [below], { to: type === 'int32' ? 6 : 7 });
  const added = parts.add('Mul', [whole, parts.constant([], [size], type)]);
  return parts.add('Add', [wide, added]);
}

/** [..., size]: 1 at the place, else 0. */
function indicators(parts: Parts, places: Places, size: number): string {
  const numbers = Array.from({ length: size }, (_, i) => i);
  const all = parts.constant([size], numbers, places.type);
  const is = parts.add('Equal', [fromFront(parts, places, size), all]);
  return parts.add('Cast', [is], { to: FLOAT });
}

/** The places that reals are taken from, where the model computes them. */
function computedPlaces(parts: Parts): Places | undefined {
  if (parts.known(1) !== undefined || parts.typeOf(parts.inputs[0]) !== 'float32') return undefined;
  return placesAt(parts, 1);
}

/** What a model computes, by places that it computes: each place's comparisons times all that there is. */
const gather: Expand = (parts) => {
  const [data] = parts.inputs;
  const places = computedPlaces(parts);
  if (!places) return false;
  const [shape, asked] = [parts.shapeOf(data), places.shape];
  const axis = (parts.setting('axis', 0) + shape.length) % shape.length;
  const [size, count] = [shape[axis], elementCount(asked)];
  // Out of what the model knows, rows are chosen by digits of their numbers.
  if (parts.known(0) || size * count > MOST) return false;
  const others = [...shape.keys()].filter((each) => each !== axis);
  const front = parts.add('Transpose', [data], { perm: [axis, ...others] });
  const rows = parts.add('Reshape', [front, parts.integers([size, elementCount(shape) / size])]);
  const chosen = parts.add('MatMul', [indicators(parts, { ...places, shape: [count] }, size), rows]);
  const sizes = [...asked, ...others.map((each) => shape[each])];
  const shaped = parts.add('Reshape', [chosen, parts.integers(sizes)]);
  const axes = [...sizes.keys()];
  const rank = asked.length;
  const perm = [...axes.slice(rank, rank + axis), ...axes.slice(0, rank), ...axes.slice(rank + axis)];
  parts.add('Transpose', [shaped], { perm }, parts.outputs[0]);
  return true;
};

/** Of each row along an axis, values by places of the row's own. */
const gatherElements: Expand = (parts) => {
  const [data] = parts.inputs;
  const places = computedPlaces(parts);
  if (!places) return false;
  const [shape, asked] = [parts.shapeOf(data), places.shape];
  const axis = (parts.setting('axis', 0) + shape.length) % shape.length;
  const size = shape[axis];
  if (size * elementCount(asked) > MOST) return false;
  const others = [...shape.keys()].filter((each) => each !== axis);
  const cut = parts.add('Slice', [
    data,
    parts.integers(others.map(() => 0)),
    parts.integers(others.map((each) => asked[each])),
    parts.integers(others),
  ]);
  const perm = [...others, axis];
  const [rows, count] = [elementCount(asked) / asked[axis], asked[axis]];
  const columns = parts.add('Reshape', [
    parts.add('Transpose', [others.length === 0 ? data : cut], { perm }),
    parts.integers([rows, size, 1]),
  ]);
  const turned = parts.add('Transpose', [places.name], { perm });
  const chosen = parts.add('MatMul', [
    indicators(parts, { ...places, name: turned, shape: [rows, count] }, size),
    columns,
  ]);
  const back = parts.add('Reshape', [chosen, parts.integers(perm.map((each) => asked[each]))]);
  const order = [...shape.keys()].map((each) => perm.indexOf(each));
  parts.add('Transpose', [back], { perm: order }, parts.outputs[0]);
  return true;
};

/** Several places as one: a number in a mixed base. */
const gatherND: Expand = (parts) => {
  const [data] = parts.inputs;
  const places = computedPlaces(parts);
  if (!places) return false;
  const [shape, asked] = [parts.shapeOf(data), places.shape];
  const depth = asked.at(-1) ?? 0;
  const sizes = shape.slice(0, depth);
  const count = elementCount(asked) / depth;
  if (parts.setting('batch_dims', 0) !== 0 || elementCount(sizes) * count > MOST) return false;
  const { type } = places;
  const list = parts.add('Reshape', [places.name, parts.integers([count, depth])]);
  const whole = Array.from({ length: depth }, (_, k) => {
    const column = parts.add('Gather', [list, parts.constant([], [k], 'int64')], { axis: 1 });
    const front = parts.add('Reshape', [
      fromFront(parts, { name: column, type, shape: [count] }, sizes[k]),
      parts.integers([count]),
    ]);
    return parts.add('Mul', [front, parts.constant([], [elementCount(sizes.slice(k + 1))], type)]);
  });
  const place = whole.reduce((left, right) => parts.add('Add', [left, right]));
  const rest = shape.slice(depth);
  const rows = parts.add('Reshape', [data, parts.integers([elementCount(sizes), elementCount(rest)])]);
  const is = indicators(parts, { name: place, type, shape: [count] }, elementCount(sizes));
  const chosen = parts.add('MatMul', [is, rows]);
  parts.add('Reshape', [chosen, parts.integers([...asked.slice(0, -1), ...rest])], {}, parts.outputs[0]);
  return true;
};

/** One value at a place that the model computes, another elsewhere. */
const oneHot: Expand = (parts) => {
  const places = placesAt(parts, 0);
  const size = Number(parts.known(1)?.data[0] ?? 0);
  const values = parts.known(2);
  if (!places || size === 0 || values?.type !== 'float32' || size * elementCount(places.shape) > MOST)
    return false;
  const [off, on] = Array.from(values.data, Number);
  const { shape } = places;
  const is = indicators(parts, places, size);
  const scaled = parts.add('Mul', [is, parts.number(on - off)]);
  const moved = parts.add('Add', [scaled, parts.number(off)]);
  const axis = parts.setting('axis', -1);
  const last = shape.length;
  const at = axis < 0 ? axis + last + 1 : axis;
  const perm = [...shape.keys()].toSpliced(at, 0, last);
  parts.add('Transpose', [moved], { perm }, parts.outputs[0]);
  return true;
};

/** Operators whose places the model computes. */
export const choices: Readonly<Record<string, Expand>> = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  OneHot: oneHot,
};
