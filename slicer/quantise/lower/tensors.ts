import { broadcastIndices, type OnnxNode } from '../../onnx/index.ts';
import { sizeOf } from '../../integer/program.ts';
import { broadcastTo } from './broadcast.ts';
import type { Lowering } from './lowering.ts';

/** Products and quotients of two tensors that the model computes. */

export function multiplyTensors(lowering: Lowering, node: OnnxNode): void {
  const inputs = [broadcastTo(lowering, node, 0), broadcastTo(lowering, node, 1)] as const;
  lowering.emit({ kind: 'mul', name: node.name, inputs, output: lowering.output(node) });
}

/** The divisor stays as it is: its reciprocals are spread out, not it. */
export function divideTensors(lowering: Lowering, node: OnnxNode): void {
  const num = broadcastTo(lowering, node, 0);
  const den = lowering.input(node, 1);
  const spread = broadcastIndices(lowering.shapeOf(den), lowering.shapeOf(num));
  lowering.emit({
    kind: 'divide',
    name: node.name,
    inputs: [num, den],
    spread,
    output: lowering.output(node),
  });
}

/** MatMul by NumPy's rules: vectors are a row or a column, dimensions in front are repeated. */
export function matMulTensors(lowering: Lowering, node: OnnxNode): void {
  const scaled = [lowering.scaled(node, 0), lowering.scaled(node, 1)];
  const given = scaled.map(({ tensor }) => tensor);
  const shapes = given.map((id) => lowering.shapeOf(id));
  const left = shapes[0].length === 1 ? [1, ...shapes[0]] : shapes[0];
  const right = shapes[1].length === 1 ? [...shapes[1], 1] : shapes[1];
  const rank = Math.max(left.length, right.length) - 2;
  const batch = Array.from({ length: rank }, (_, i) =>
    Math.max(left[left.length - 2 - rank + i] ?? 1, right[right.length - 2 - rank + i] ?? 1),
  );
  lowering.finishAs(
    node,
    productOf(
      lowering,
      node.name,
      matrices(lowering, `${node.name}/left`, given[0], left, batch),
      matrices(lowering, `${node.name}/right`, given[1], right, batch),
    ),
  );
  lowering.passOn(node.outputs[0], scaled[0].gain * scaled[1].gain);
}

/** [… , M, K] times [… , K, N], with equal dimensions in front. */
export function productOf(lowering: Lowering, name: string, left: number, right: number): number {
  const shape = lowering.shapeOf(left).with(-1, lowering.shapeOf(right).at(-1) ?? 1);
  const output = lowering.tensor(`${name}/product`, shape);
  lowering.emit({ kind: 'matmul', name, inputs: [left, right], output });
  return output;
}

function matrices(
  lowering: Lowering,
  name: string,
  input: number,
  shape: readonly number[],
  batch: readonly number[],
): number {
  const source = lowering.reshaped(`${name}/matrix`, input, shape);
  const whole = [...batch, ...shape.slice(-2)];
  if (sizeOf(whole) === sizeOf(shape)) return lowering.reshaped(`${name}/batch`, source, whole);
  return lowering.gathered(`${name}/batch`, source, whole, broadcastIndices(shape, whole));
}
