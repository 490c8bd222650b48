import { broadcastIndices, type OnnxNode } from '../../onnx/index.ts';
import type { Lowering } from './lowering.ts';

/** An input of an elementwise node with its values repeated to fill the output's shape. */
export function broadcastTo(lowering: Lowering, node: OnnxNode, index: number): number {
  const input = lowering.input(node, index);
  const from = lowering.shapeOf(input);
  const to = lowering.graph.tensors.get(node.outputs[0])?.shape ?? from;
  const name = `${node.name}/operand${index}`;
  return lowering.gathered(name, input, to, broadcastIndices(from, to));
}
