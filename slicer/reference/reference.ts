import type { IntegerProgram, TensorValues } from '../integer/program.ts';
import { stateNode, stateRange, type NodeContext } from './nodes.ts';
import { sizeOf } from './places.ts';
import { ReferenceRows, ReferenceRun, valueOf, type Form, type ReferenceSystem } from './system.ts';

/** A wire or a multiple of one for each value, by tensor. */
interface Edges {
  readonly inputs: readonly (readonly Form[])[];
  readonly outputs: readonly (readonly Form[])[];
}

/** The statement's rows, with the wires that inputs and outputs are. */
export interface Reference extends Edges {
  readonly system: ReferenceRows;
}

/**
 * What a slice states, said once more in the plainest way: a row an equation, a wire a number, a bit a wire; nothing is
 * shared, packed, looked up or left out, and no width follows from an interval. Of the compiler it knows the program's
 * types alone. Commitments are no part of it: it is about which outputs go with which inputs.
 */
export function referenceOf(program: IntegerProgram): Reference {
  const system = new ReferenceRows();
  return { system, ...state(system, program) };
}

/**
 * The outputs that go with some inputs: what the rows leave of an honest prover's wires.
 * @returns undefined where none do, since a row doesn't hold: an input out of its range, or a number out of all proportion
 */
export function referenceOutputs(
  program: IntegerProgram,
  inputs: readonly TensorValues[],
): readonly Float64Array[] | undefined {
  const run = new ReferenceRun(inputs.flatMap((values) => Array.from(values, BigInt)));
  const { outputs } = state(run, program);
  if (!run.holds) return undefined;
  return outputs.map((forms) => Float64Array.from(forms, (form) => Number(valueOf(form, run.wires))));
}

function state(system: ReferenceSystem, { tensors, inputs, outputs, nodes }: IntegerProgram): Edges {
  const values: (readonly Form[])[] = [];
  const context: NodeContext = { system, tensors, values };
  for (const id of inputs) {
    const { name, shape } = tensors[id];
    values[id] = Array.from({ length: sizeOf(shape) }, (_, i) => system.given(`${name}[${i}]`));
  }
  for (const id of inputs) stateRange(context, tensors[id], values[id]);
  for (const node of nodes) values[node.output] = stateNode(node, context);
  for (const id of outputs) stateRange(context, tensors[id], values[id]);
  return { inputs: inputs.map((id) => values[id]), outputs: outputs.map((id) => values[id]) };
}
