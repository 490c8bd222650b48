import { broadcastIndices, type OnnxNode } from '../../onnx/index.ts';
import { isFloat } from '../../onnx/tensor-data.ts';
import { broadcastTo } from './broadcast.ts';
import type { Lowering } from './lowering.ts';
import { realsOf } from './spread.ts';

/** An input as a tensor of the output's shape, a constant one as what the model knows. */
export function operandOf(lowering: Lowering, node: OnnxNode, index: number): number {
  const constant = lowering.known(node, index);
  if (!constant) return broadcastTo(lowering, node, index);
  const whole = isFloat(constant.type) ? undefined : constant.type;
  const name = `${node.name}/operand${index}`;
  const values = constantOperand(lowering, node, index) as Float64Array;
  const output = lowering.tensor(name, outputShape(lowering, node), whole);
  lowering.emit({ kind: 'constant', name, inputs: [], output, values });
  return output;
}

/** The values of a constant input, one for each value of the output; undefined for a tensor. */
export function constantOperand(lowering: Lowering, node: OnnxNode, index: number): Float64Array | undefined {
  const constant = lowering.known(node, index);
  if (!constant) return undefined;
  const { shape, data } = realsOf(constant);
  return Float64Array.from(broadcastIndices(shape, outputShape(lowering, node)), (at) => data[at]);
}

/** The shape of what a node writes. */
export function outputShape(lowering: Lowering, node: OnnxNode): readonly number[] {
  return lowering.graph.tensors.get(node.outputs[0])?.shape ?? [];
}
