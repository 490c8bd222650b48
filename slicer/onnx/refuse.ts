import { SlicerError } from '../errors.ts';
import type { OnnxNode } from './graph.ts';

/** `Conv node "/conv1/Conv"`: how messages name a node. */
export function nameNode(node: Pick<OnnxNode, 'name' | 'operator'>): string {
  return `${node.operator} node "${node.name}"`;
}

/** The error for a node that can't be taken: the message starts with the node's operator and name. */
export function refuseNode(
  node: Pick<OnnxNode, 'name' | 'operator'>,
  code: `ONNX_${string}`,
  problem: string,
  hint?: string,
): SlicerError {
  return new SlicerError(code, `${nameNode(node)}: ${problem}`, {
    hint,
    details: { node: node.name, operator: node.operator },
  });
}
