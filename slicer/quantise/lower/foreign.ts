import type { OnnxGraph, OnnxNode } from '../../onnx/index.ts';
import { callOf, namesRead, writeCall } from '../../onnx/foreign-call.ts';
import { rawNode } from '../../onnx/write.ts';
import { unsupported, type Lowering } from './lowering.ts';

/**
 * A node that can't be proved, as its file has it: one float node for each of its results that something reads, with the
 * node alone as a model.
 */
export function foreign(lowering: Lowering, node: OnnxNode): void {
  const { graph } = lowering;
  const read = namesRead(rawNode(graph, node)).filter((name) => !graph.constants.has(name));
  if (read.length === 0) throw unsupported(node, 'an operator that reads no tensor');
  const inputs = read.map((name) => lowering.named(node, name));
  if (node.operator === 'Gather') {
    const indices = read.indexOf(node.inputs[1]);
    if (indices >= 0) lowering.reaches(inputs[indices], rowsOf(graph, node) - 1);
  }
  node.outputs.forEach((name, i) => {
    const type = graph.tensors.get(name);
    if (type === undefined || !lowering.isRead(name)) return;
    lowering.emit({
      kind: 'foreign',
      name: node.outputs.length === 1 ? node.name : `${node.name}/${i}`,
      operator: node.operator,
      inputs,
      output: lowering.output(node, i),
      tensor: name,
      type: type.type,
      model: writeCall(callOf(graph, node, name)),
    });
  });
}

/** How many rows a Gather chooses among. */
function rowsOf(graph: OnnxGraph, { inputs, attributes }: OnnxNode): number {
  const axis = (attributes.axis as number | undefined) ?? 0;
  return graph.tensors.get(inputs[0])?.shape.at(axis) ?? 1;
}
