import { buildGraph, writeOnnx, type OnnxGraph, type OnnxNode } from '../../onnx/index.ts';
import { unsupported, type Lowering } from './lowering.ts';

/**
 * A node that can't be proved, as it is: one float node for each of its results that something reads, with the
 * node alone as a model.
 */
export function foreign(lowering: Lowering, node: OnnxNode): void {
  const { graph } = lowering;
  const read = [...new Set(node.inputs)].filter((name) => name !== '' && !graph.constants.has(name));
  if (read.length === 0) throw unsupported(node, 'an operator that reads no tensor');
  const inputs = read.map((name) => lowering.input(node, node.inputs.indexOf(name)));
  const constants = new Map(
    node.inputs.flatMap((name) => {
      const constant = graph.constants.get(name);
      return constant ? [[name, constant] as const] : [];
    }),
  );
  const types = new Map(
    node.outputs.flatMap((name) => {
      const type = graph.tensors.get(name);
      return type ? [[name, type] as const] : [];
    }),
  );
  if (node.operator === 'Gather') {
    const indices = read.indexOf(node.inputs[1]);
    if (indices >= 0) lowering.reaches(inputs[indices], rowsOf(graph, node) - 1);
  }
  node.outputs.forEach((name, i) => {
    const type = types.get(name);
    if (type === undefined || !lowering.isRead(name)) return;
    const alone = buildGraph({
      name: node.name,
      opset: graph.opset,
      inputs: read.map((input) => ({ name: input, ...graph.tensors.get(input)! })),
      outputs: [{ name, declared: type.shape }],
      nodes: [node],
      constants,
      types,
      ...(graph.source ? { source: graph.source } : {}),
    });
    lowering.emit({
      kind: 'foreign',
      name: node.outputs.length === 1 ? node.name : `${node.name}/${i}`,
      operator: node.operator,
      inputs,
      output: lowering.output(node, i),
      tensor: name,
      type: type.type,
      model: writeOnnx(alone),
    });
  });
}

/** How many rows a Gather chooses among. */
function rowsOf(graph: OnnxGraph, { inputs, attributes }: OnnxNode): number {
  const axis = (attributes.axis as number | undefined) ?? 0;
  return graph.tensors.get(inputs[0])?.shape.at(axis) ?? 1;
}
