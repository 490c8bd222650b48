import { rangeOf } from '../../integer/evaluate.ts';
import { withTensors, type IntegerProgram } from '../../integer/program.ts';
import { SLICE_TENSOR_LIMIT } from '../limits.ts';
import type { ProgramGraph, Unit } from '../units/units.ts';

/** Of so many pieces a product's right factor is read as it is: a tile reads pieces of the left one, too. */
const FEW = SLICE_TENSOR_LIMIT / 3;

/**
 * The program with the right factor of a unit's product copied, by a rescale that changes nothing, before it is read: where it was
 * made in many parts of its rows, the copy can be in few parts of many rows and some columns.
 * @returns undefined where no right factor comes of many tensors, or it is a copy that is in as few as it can be
 */
export function withFactorCopied(graph: ProgramGraph, unit: Unit): IntegerProgram | undefined {
  const { program } = graph;
  for (const position of unit.nodes) {
    const product = program.nodes[position];
    if (product.kind !== 'matmul') continue;
    const [, right] = product.inputs;
    const sources = [...new Set(graph.sourcesOf(right))];
    if (sources.length <= FEW || sources.every((id) => isCopy(graph, id))) continue;
    const ranges = sources.map((id) => rangeOf(program.tensors[id]));
    const [range] = ranges;
    if (ranges.some(({ bits, signed }) => bits !== range.bits || signed !== range.signed)) continue;
    const tensor = program.tensors[right];
    const output = program.tensors.length;
    const name = `${tensor.name}/copied`;
    return {
      ...program,
      tensors: [...program.tensors, { ...tensor, name, range }],
      nodes: program.nodes.flatMap((node) =>
        node === product
          ? [
              { kind: 'rescale', name, input: right, output, shift: 0, relu: false },
              withTensors(node, (id) => (id === right ? output : id)),
            ]
          : [node],
      ),
    };
  }
  return undefined;
}

function isCopy(graph: ProgramGraph, id: number): boolean {
  const position = graph.writer.get(id);
  const node = position === undefined ? undefined : graph.program.nodes[position];
  return (
    node?.kind === 'rescale' &&
    node.shift === 0 &&
    !node.relu &&
    graph.sourcesOf(node.input)[0] !== node.input
  );
}
