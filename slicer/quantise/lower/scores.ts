import type { OnnxGraph, OnnxNode } from '../../onnx/index.ts';

/** Operators that move what they read first, or add something to it. */
const PASSING: ReadonlySet<string> = new Set([
  'Add',
  'Cast',
  'Expand',
  'Flatten',
  'Gather',
  'Identity',
  'Reshape',
  'Slice',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
]);

const known = new WeakMap<OnnxGraph, ReadonlySet<string>>();

/** Names of tensors that go nowhere but into what Softmax reads, by moves and sums: those that a mask may be added to. */
export function scoresOf(graph: OnnxGraph): ReadonlySet<string> {
  const before = known.get(graph);
  if (before) return before;
  const scores = new Set<string>();
  const others = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes.toReversed()) {
    const isScore = node.outputs.every((name) => scores.has(name) && !others.has(name));
    for (const [i, name] of node.inputs.entries()) {
      if (name !== '' && (isSoftmax(node) || (isScore && passes(node, i)))) scores.add(name);
      else others.add(name);
    }
  }
  for (const other of others) scores.delete(other);
  known.set(graph, scores);
  return scores;
}

const isSoftmax = ({ operator }: OnnxNode): boolean => operator === 'Softmax';

function passes({ operator }: OnnxNode, index: number): boolean {
  if (operator === 'Where') return index > 0;
  return operator === 'Add' || (index === 0 && PASSING.has(operator));
}
