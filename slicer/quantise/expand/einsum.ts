import type { Expand, Parts } from './parts.ts';

interface Operand {
  readonly name: string;
  readonly labels: readonly string[];
  readonly sizes: ReadonlyMap<string, number>;
}

/** A tensor with its axes in this order, those that are missing summed up before. */
function arranged(parts: Parts, { name, labels }: Operand, order: readonly string[]): string {
  const summed = labels.flatMap((label, axis) => (order.includes(label) ? [] : [axis]));
  const kept = labels.filter((label) => order.includes(label));
  const rest =
    summed.length === 0 ? name : parts.add('ReduceSum', [name, parts.integers(summed)], { keepdims: 0 });
  const perm = order.map((label) => kept.indexOf(label));
  return perm.every((axis, i) => axis === i) ? rest : parts.add('Transpose', [rest], { perm });
}

/** One operand: a sum and a transposition. Two: a product of matrices, over the labels that the result leaves out. */
const einsum: Expand = (parts) => {
  const equation = parts.text('equation', '').replaceAll(' ', '');
  const [left, given] = equation.split('->');
  const lists = left.split(',').map((labels) => [...labels]);
  if (equation.includes('.') || lists.length !== parts.inputs.length || lists.length > 2) return false;
  if (lists.some((labels) => new Set(labels).size !== labels.length)) return false;
  const counts = lists.flat();
  const once = [...new Set(counts)].filter((label) => counts.indexOf(label) === counts.lastIndexOf(label));
  const result = given === undefined ? once.toSorted() : [...given];
  const operands = lists.map((labels, i): Operand => {
    const shape = parts.shapeOf(parts.inputs[i]);
    return {
      name: parts.inputs[i],
      labels,
      sizes: new Map(labels.map((label, axis) => [label, shape[axis]])),
    };
  });
  const [first, second] = operands as [Operand, Operand | undefined];
  if (second === undefined) {
    parts.add('Identity', [arranged(parts, first, result)], {}, parts.outputs[0]);
    return true;
  }
  const shared = first.labels.filter((label) => second.labels.includes(label));
  const batch = shared.filter((label) => result.includes(label));
  const inner = shared.filter((label) => !result.includes(label));
  const rows = first.labels.filter((label) => !shared.includes(label) && result.includes(label));
  const columns = second.labels.filter((label) => !shared.includes(label) && result.includes(label));
  const sizeOf = (label: string): number => first.sizes.get(label) ?? second.sizes.get(label) ?? 1;
  const sizes = (labels: readonly string[]): readonly number[] => labels.map(sizeOf);
  const count = (labels: readonly string[]): number => sizes(labels).reduce((all, size) => all * size, 1);
  const matrix = (operand: Operand, [above, beside]: readonly (readonly string[])[]): string =>
    parts.add('Reshape', [
      arranged(parts, operand, [...batch, ...above, ...beside]),
      parts.integers([...sizes(batch), count(above), count(beside)]),
    ]);
  const product = parts.add('MatMul', [matrix(first, [rows, inner]), matrix(second, [inner, columns])]);
  const order = [...batch, ...rows, ...columns];
  const shaped = parts.add('Reshape', [product, parts.integers(sizes(order))]);
  parts.add('Transpose', [shaped], { perm: result.map((label) => order.indexOf(label)) }, parts.outputs[0]);
  return true;
};

export const einsums: Readonly<Record<string, Expand>> = { Einsum: einsum };
