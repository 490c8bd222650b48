import type { Expand, Parts } from './parts.ts';

const [FLOAT, BOOL] = [1, 9];

/** Nothing that the program counts in is infinite or no number. */
const never: Expand = (parts) => {
  const none = parts.add('Mul', [parts.inputs[0], parts.number(0)]);
  parts.add('Greater', [none, parts.number(0)], {}, parts.outputs[0]);
  return true;
};

/** The condition by which scores are −∞ where it does not hold; undefined where none tells. */
function conditionBefore({ graph, inputs }: Parts): string | undefined {
  const writerOf = (name: string) => graph.nodes.find(({ outputs }) => outputs.includes(name));
  const softmax = writerOf(inputs[0]);
  const masked = softmax?.operator === 'Softmax' ? writerOf(softmax.inputs[0]) : undefined;
  const rank = graph.tensors.get(inputs[0])?.shape.length ?? 0;
  const axis = (softmax?.attributes.axis as number | undefined) ?? -1;
  if (masked?.operator !== 'Where' || (axis !== -1 && axis !== rank - 1)) return undefined;
  const data = graph.constants.get(masked.inputs[2])?.data;
  return data?.every((value) => Number(value) === -Infinity) ? masked.inputs[0] : undefined;
}

/** A Softmax has no numbers where all of its row is −∞: where a mask hides all of it, as exporters ask. */
const isNaN: Expand = (parts) => {
  const condition = conditionBefore(parts);
  if (condition === undefined || parts.graph.constants.has(condition)) return never(parts);
  const [input] = parts.inputs;
  const shape = parts.shapeOf(input);
  const real = parts.add('Cast', [condition], { to: FLOAT });
  const wide = parts.add('Expand', [real, parts.integers(shape)]);
  const any = parts.add('ReduceMax', [wide, parts.integers([shape.length - 1])], { keepdims: 1 });
  const hidden = parts.add('Not', [parts.add('Cast', [any], { to: BOOL })]);
  parts.add('Expand', [hidden, parts.integers(shape)], {}, parts.outputs[0]);
  return true;
};

/** Operators that ask whether values are numbers. */
export const finites: Readonly<Record<string, Expand>> = { IsInf: never, IsNaN: isNaN };
