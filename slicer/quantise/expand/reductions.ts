import type { Expand, Parts } from './parts.ts';

/** Products of more values than this have too many bits to be worth it. */
const MOST_FACTORS = 16;

/** The axes that a reduction names, or all, counted from the front and ascending; nothing where the model computes them. */
function axesOf(parts: Parts): readonly number[] | undefined {
  const rank = parts.shapeOf(parts.inputs[0]).length;
  const given = parts.has(parts.inputs[1])
    ? parts.known(1) && Array.from(parts.known(1)!.data, Number)
    : (parts.numbers('axes') ?? []);
  if (given === undefined) return undefined;
  if (given.length > 0) return given.map((axis) => (axis + rank) % rank).toSorted((a, b) => a - b);
  return parts.setting('noop_with_empty_axes', 0) === 0 ? Array.from({ length: rank }, (_, i) => i) : [];
}

/** A reduction of what comes before it, and what comes after. */
function around(
  operator: string,
  before: (parts: Parts, input: string) => string,
  after: (parts: Parts, sum: string) => void,
): Expand {
  return (parts) => {
    const axes = axesOf(parts);
    if (axes === undefined) return false;
    const [input] = parts.inputs;
    const made = before(parts, input);
    const keepdims = parts.setting('keepdims', 1);
    after(parts, axes.length === 0 ? made : parts.add(operator, [made, parts.integers(axes)], { keepdims }));
    return true;
  };
}

const last =
  (operator: string) =>
  (parts: Parts, name: string): void =>
    void parts.add(operator, [name], {}, parts.outputs[0]);

const same = (_: Parts, name: string): string => name;

/** Slices of one value along the axes, multiplied one by one. */
const product: Expand = (parts) => {
  const axes = axesOf(parts);
  const [input] = parts.inputs;
  const shape = parts.shapeOf(input);
  if (axes === undefined || axes.length === 0) return false;
  const count = axes.reduce((all, axis) => all * shape[axis], 1);
  if (count > MOST_FACTORS) return false;
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const turned = parts.add('Transpose', [input], { perm: [...kept, ...axes] });
  const rows = kept.map((axis) => shape[axis]);
  const flat = parts.add('Reshape', [turned, parts.integers([...rows, count])]);
  const factors = Array.from({ length: count }, (_, i) =>
    parts.add('Gather', [flat, parts.constant([], [i], 'int64')], { axis: kept.length }),
  );
  const whole = factors.reduce((left, right) => parts.add('Mul', [left, right]));
  const keeps = parts.setting('keepdims', 1) !== 0;
  const result = keeps ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) : rows;
  parts.add('Reshape', [whole, parts.integers(result)], {}, parts.outputs[0]);
  return true;
};

/** Several tensors added up one by one. */
function several(divide: boolean): Expand {
  return (parts) => {
    const sum = parts.inputs.reduce((left, right) => parts.add('Add', [left, right]));
    if (divide) parts.add('Mul', [sum, parts.number(1 / parts.inputs.length)], {}, parts.outputs[0]);
    else parts.add('Identity', [sum], {}, parts.outputs[0]);
    return true;
  };
}

/** Operators that make one value of several by adding up or multiplying. */
export const reductions: Readonly<Record<string, Expand>> = {
  Mean: several(true),
  ReduceL1: around('ReduceSum', (parts, x) => parts.add('Abs', [x]), last('Identity')),
  ReduceL2: around('ReduceSum', (parts, x) => parts.add('Mul', [x, x]), last('Sqrt')),
  ReduceLogSum: around('ReduceSum', same, last('Log')),
  ReduceLogSumExp: around('ReduceSum', (parts, x) => parts.add('Exp', [x]), last('Log')),
  ReduceProd: product,
  ReduceSumSquare: around('ReduceSum', (parts, x) => parts.add('Mul', [x, x]), last('Identity')),
  Sum: several(false),
};
