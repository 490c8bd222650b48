import { groupBy } from '../../../protocol/group-by.ts';
import { rangeOf } from '../../integer/evaluate.ts';
import { nodeInputs, sizeOf } from '../../integer/program.ts';
import { clampOf } from '../../integer/nodes/rescale.ts';
import type {
  GatherNode,
  IntegerProgram,
  ProgramNode,
  ProgramTensor,
  RescaleNode,
} from '../../integer/program.ts';

/** A part of an accumulator, and the rescale that is all that reads it. */
interface Part {
  readonly gather: GatherNode;
  readonly rescale: RescaleNode;
}

/**
 * The same program with one rescale where each part of an accumulator had its own, as in a tile that writes several pieces: the
 * parts are then taken of what it gives. So a tile takes the rows that it would take with one piece, as tables are chosen, and paid for,
 * rescale by rescale.
 */
export function withOneRescale(program: IntegerProgram): IntegerProgram {
  const readers = groupBy(
    program.nodes.flatMap((node) => nodeInputs(node).map((id) => ({ id, node }))),
    ({ id }) => id,
  );
  const onlyReader = (id: number): ProgramNode | undefined => {
    const found = readers.get(id) ?? [];
    return found.length === 1 && !program.outputs.includes(id) ? found[0].node : undefined;
  };
  const tensors = [...program.tensors];
  const replaced = new Map<ProgramNode, readonly ProgramNode[]>();
  for (const [whole, found] of readers) {
    const parts = found.flatMap(({ node }): readonly Part[] => {
      const reader = node.kind === 'gather' ? onlyReader(node.output) : undefined;
      return node.kind === 'gather' && reader?.kind === 'rescale' ? [{ gather: node, rescale: reader }] : [];
    });
    if (parts.length < 2 || parts.length < found.length || !partition(parts, sizeOf(tensors[whole].shape)))
      continue;
    const [first] = parts;
    const isAlike = parts.every(({ rescale }) => sameRescale(rescale, first.rescale, tensors));
    if (tensors[whole].range !== undefined || !isAlike) continue;
    const { name, shape } = tensors[whole];
    const output = tensors.push({ ...tensors[first.rescale.output], name: `${name}/rescaled`, shape }) - 1;
    for (const { gather, rescale } of parts) {
      const part = { ...gather, input: output, output: rescale.output };
      replaced.set(gather, gather === first.gather ? [{ ...rescale, input: whole, output }, part] : [part]);
      replaced.set(rescale, []);
    }
  }
  if (replaced.size === 0) return program;
  return { ...program, tensors, nodes: program.nodes.flatMap((node) => replaced.get(node) ?? [node]) };
}

function sameRescale(left: RescaleNode, right: RescaleNode, tensors: readonly ProgramTensor[]): boolean {
  const [a, b] = [rangeOf(tensors[left.output]), rangeOf(tensors[right.output])];
  const [own, other] = [clampOf(left, a), clampOf(right, b)];
  return (
    left.shift === right.shift &&
    left.relu === right.relu &&
    a.bits === b.bits &&
    a.signed === b.signed &&
    own.low === other.low &&
    own.high === other.high
  );
}

/** Whether the parts together have every value once. */
function partition(parts: readonly Part[], size: number): boolean {
  const seen = new Uint8Array(size);
  let count = 0;
  for (const { gather } of parts) {
    for (const index of gather.indices) {
      if (index < 0 || seen[index] === 1) return false;
      seen[index] = 1;
      count++;
    }
  }
  return count === size;
}
