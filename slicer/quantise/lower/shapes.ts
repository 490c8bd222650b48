import type { OnnxNode } from '../../onnx/index.ts';
import type { Lower, Lowering } from './lowering.ts';

/** Operators that give the same values another shape. */
export const shapeOperators: Readonly<Record<string, Lower>> = {
  Flatten: reshape,
  Reshape: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Identity: reshape,
};

function reshape(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node, 0);
  lowering.emit({ kind: 'reshape', name: node.name, input, output: lowering.output(node) });
}
