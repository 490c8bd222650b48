import { movesOf, orderIndices, type OnnxNode } from '../../onnx/index.ts';
import { isFloat } from '../../onnx/tensor-data.ts';
import { sizeOf } from '../../integer/program.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';

/** Operators that give the values that they read in another order or shape. */
export const moveOperators: Readonly<Record<string, Lower>> = {
  Concat: concat,
  DepthToSpace: move,
  Dropout: reshape,
  Expand: move,
  Flatten: reshape,
  Gather: gather,
  Identity: reshape,
  Pad: move,
  Reshape: reshape,
  Slice: move,
  SpaceToDepth: move,
  Split: move,
  Squeeze: reshape,
  Tile: move,
  Transpose: move,
  Unsqueeze: reshape,
};

function reshape(lowering: Lowering, node: OnnxNode): void {
  const { tensor, gain } = lowering.scaled(node);
  lowering.finishAs(node, tensor);
  lowering.passOn(node.outputs[0], gain);
}

function move(lowering: Lowering, node: OnnxNode): void {
  const scaled = lowering.scaled(node);
  const moves = movesOf(lowering.graph, node) ?? [];
  const keeps = moves.every(({ fill }) => fill === 0);
  const { tensor: input, gain } = keeps ? scaled : { tensor: lowering.input(node), gain: 1 };
  node.outputs.forEach((name, i) => {
    if (name === '') return;
    const { indices, fill } = moves[i];
    // Integers may be of few bits, which need not hold it.
    if (fill !== 0 && lowering.wholeOf(input)) throw unsupported(node, 'a fill of integers');
    if (indices.length === 0) throw unsupported(node, 'a tensor without values');
    const label = node.outputs.length === 1 ? node.name : `${node.name}/${i}`;
    lowering.emit({ kind: 'gather', name: label, input, output: lowering.output(node, i), indices, fill });
    lowering.passOn(name, gain);
  });
}

/** Most values of a table that the model chooses from, and of what is made of it. */
const MOST_CHOSEN = 2 ** 24;

/** By numbers that the model computes, rows of what it knows. */
function gather(lowering: Lowering, node: OnnxNode): void {
  const table = lowering.known(node, 0);
  if (!table || lowering.known(node, 1)) return move(lowering, node);
  const axis =
    (((node.attributes.axis as number | undefined) ?? 0) + table.shape.length) % table.shape.length;
  const rows = table.shape[axis];
  const width = sizeOf(table.shape) / rows;
  const input = lowering.input(node, 1);
  const numbers = lowering.shapeOf(input);
  if (
    lowering.wholeOf(input) === undefined ||
    Math.max(table.data.length, sizeOf(numbers) * width) > MOST_CHOSEN
  ) {
    throw unsupported(node, 'a choice from a table of that size');
  }
  lowering.reaches(input, rows - 1);
  const others = [...table.shape.keys()].filter((each) => each !== axis);
  const places = orderIndices(table.shape, [axis, ...others]);
  const whole = isFloat(table.type) ? undefined : table.type;
  const shape = [...numbers, ...others.map((each) => table.shape[each])];
  const output = lowering.tensor(`${node.name}/chosen`, shape, whole);
  lowering.emit({
    kind: 'choose',
    name: node.name,
    input,
    output,
    table: Float64Array.from(places, (at) => Number(table.data[at])),
    rows,
  });
  const [rank, front] = [numbers.length, axis];
  const axes = [...shape.keys()];
  const order = [...axes.slice(rank, rank + front), ...axes.slice(0, rank), ...axes.slice(rank + front)];
  lowering.finishAs(node, lowering.turned(`${node.name}/turned`, output, order));
}

/** A part of what is joined, as a tensor; none where it has no values. */
function part(lowering: Lowering, node: OnnxNode, index: number): readonly number[] {
  const constant = lowering.known(node, index);
  if (!constant) return [lowering.input(node, index)];
  if (constant.data.length === 0) return [];
  const name = `${node.name}/part${index}`;
  const output = lowering.tensor(name, constant.shape);
  const values = Float64Array.from(constant.data as ArrayLike<number | bigint>, Number);
  lowering.emit({ kind: 'constant', name, inputs: [], output, values });
  return [output];
}

function concat(lowering: Lowering, node: OnnxNode): void {
  const inputs = node.inputs.flatMap((_, i) => part(lowering, node, i));
  const rank = lowering.shapeOf(inputs[0]).length;
  const axis = node.attributes.axis as number;
  const output = lowering.output(node);
  lowering.emit({ kind: 'concat', name: node.name, inputs, axis: axis < 0 ? axis + rank : axis, output });
}
