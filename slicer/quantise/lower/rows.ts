import type { OnnxNode } from '../../onnx/index.ts';
import { sizeOf } from '../../integer/program.ts';
import type { FloatLayerNorm } from '../float-model.ts';
import type { Lowering } from './lowering.ts';

/** Writes a node's output as a tensor normalised over rows of as many values as there are scales. */
export function normalised(
  lowering: Lowering,
  node: OnnxNode,
  input: number,
  constants: Pick<FloatLayerNorm, 'scale' | 'bias' | 'epsilon'>,
): void {
  const width = constants.scale.length;
  const count = sizeOf(lowering.shapeOf(input)) / width;
  const rows = lowering.reshaped(`${node.name}/rows`, input, [count, width]);
  const output = lowering.tensor(`${node.name}/normalised`, [count, width]);
  lowering.emit({ kind: 'layer-norm', name: node.name, input: rows, output, ...constants });
  lowering.finishAs(node, output);
}
