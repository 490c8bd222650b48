import type { IntegerProgram, ProgramNode } from '../../integer/program.ts';
import { ProgramGraph } from './units.ts';

/**
 * The same program with each output written by a node of its own. A slice commits to what its nodes write: where an output is an
 * input or only other tensors' values in another order, a rescale that changes nothing writes it.
 */
export function withOwnOutputs(program: IntegerProgram): IntegerProgram {
  const graph = new ProgramGraph(program);
  const tensors = [...program.tensors];
  const copies: ProgramNode[] = [];
  const outputs = program.outputs.map((id) => {
    const position = graph.writer.get(id);
    if (position !== undefined && !graph.isView(position)) return id;
    const output = tensors.push(tensors[id]) - 1;
    copies.push({ kind: 'rescale', name: tensors[id].name, input: id, output, shift: 0, relu: false });
    return output;
  });
  if (copies.length === 0) return program;
  return { ...program, tensors, outputs, nodes: [...program.nodes, ...copies] };
}
