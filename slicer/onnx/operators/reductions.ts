import { elementCount } from '../graph.ts';
import { tensorOf } from '../tensor-data.ts';
import { stridesOf } from './moves/tables.ts';
import { axesOf, inputOf, intAttribute, type NodeContext, type Operator } from './operator.ts';

/** Axes that a reduction takes away, ascending; none when it is told to do nothing. */
export function reducedAxes(context: NodeContext): readonly number[] {
  const { shape } = inputOf(context, 0);
  const axes = axesOf(context, 1, shape.length) ?? [];
  if (axes.length > 0) return axes.toSorted((a, b) => a - b);
  return intAttribute(context.node, 'noop_with_empty_axes', 0) === 0 ? [...shape.keys()] : [];
}

function reducedShape(context: NodeContext): readonly number[] {
  const axes = reducedAxes(context);
  const kept = inputOf(context, 0).shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return intAttribute(context.node, 'keepdims', 1) === 0
    ? kept.filter((_, axis) => !axes.includes(axis))
    : kept;
}

/** A reduction over axes that are an attribute or, in newer operator sets, an input. */
function reduction(join: (values: readonly number[]) => number): Operator {
  return {
    inputs: [1, 2],
    attributes: { axes: 'ints', keepdims: 'int', noop_with_empty_axes: 'int' },
    infer: (context) => ({ type: inputOf(context, 0).type, shape: reducedShape(context) }),
    fold(context) {
      const constant = context.constant(0);
      if (!constant) return undefined;
      const { shape, data } = constant;
      const axes = reducedAxes(context);
      const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const strides = stridesOf(shape);
      const keptStrides = stridesOf(kept);
      const groups = Array.from({ length: elementCount(kept) }, (): number[] => []);
      data.forEach((value, at) => {
        const group = shape.reduce(
          (sum, size, axis) =>
            sum + (axes.includes(axis) ? 0 : (Math.floor(at / strides[axis]) % size) * keptStrides[axis]),
          0,
        );
        groups[group].push(Number(value));
      });
      return tensorOf(constant.type, reducedShape(context), groups.map(join));
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const sumOf = (values: readonly number[], of: (value: number) => number): number => sum(values.map(of));

/** Operators that make one value of many. */
export const reductionOperators: Readonly<Record<string, Operator>> = {
  ReduceL1: reduction((values) => sumOf(values, Math.abs)),
  ReduceL2: reduction((values) => Math.sqrt(sumOf(values, (value) => value ** 2))),
  ReduceLogSum: reduction((values) => Math.log(sum(values))),
  ReduceLogSumExp: reduction((values) => Math.log(sumOf(values, Math.exp))),
  ReduceMax: reduction((values) => values.reduce((most, value) => Math.max(most, value), -Infinity)),
  ReduceMean: reduction((values) => sum(values) / values.length),
  ReduceMin: reduction((values) => values.reduce((least, value) => Math.min(least, value), Infinity)),
  ReduceProd: reduction((values) => values.reduce((product, value) => product * value, 1)),
  ReduceSum: reduction(sum),
  ReduceSumSquare: reduction((values) => sumOf(values, (value) => value ** 2)),
};
