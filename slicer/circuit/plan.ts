import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import { rangeOf } from '../integer/evaluate.ts';
import type { TensorInterval } from '../integer/intervals.ts';
import { intervalsOf } from '../integer/intervals.ts';
import type { IntegerProgram, ProgramNode } from '../integer/program.ts';
import { boundsOf, nodeInputs, sizeOf } from '../integer/program.ts';
import { validateProgram } from '../integer/validate.ts';
import { CircuitError } from './errors.ts';
import { bitKinds, circuitKind, type CircuitKinds } from './nodes/index.ts';
import type { NodeCircuit } from './nodes/kind.ts';
import type { ProductCheck, ProductPolicy } from './products/plan.ts';
import { planProducts } from './products/plan.ts';

/**
 * Everything that the constants of a program decide about its circuit: the compiler, the witness and the
 * cost model read the same plan, so they agree on every wire and row.
 */
export interface SlicePlan {
  readonly program: IntegerProgram;
  readonly intervals: readonly TensorInterval[];
  /** Operators whose results are checked by products instead of stated. */
  readonly products: readonly ProductCheck[];
  /** By the program's nodes. */
  readonly circuits: readonly NodeCircuit[];
  /**
   * Tensors of long forms that a node reads over and over (a convolution or gemm): each value gets a wire and
   * a linear row, or the forms behind it would be multiplied out.
   */
  readonly materialised: ReadonlySet<number>;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** What is left open by a program. */
export interface CircuitOptions {
  readonly products?: ProductPolicy;
}

/**
 * @throws IntegerProgramError PROGRAM_*, INTEGER_TOO_WIDE (see intervalsOf)
 * @throws CircuitError CIRCUIT_OUTPUT_RANGE: an output may leave the range it is to be committed with
 */
export function planSlice(program: IntegerProgram, { products = 'by cost' }: CircuitOptions = {}): SlicePlan {
  validateProgram(program);
  const intervals = intervalsOf(program);
  for (const id of program.outputs) checkOutput(program, id, intervals[id]);
  const takesBlocks = bitKinds.rescale.takesBlocks === true;
  const stated = { program, intervals, takesBlocks, checked: new Set<ProgramNode>() };
  const checks = planProducts(stated, products);
  const context = { ...stated, checked: new Set<ProgramNode>(checks.map(({ rescale }) => rescale)) };
  return {
    program,
    intervals,
    products: checks,
    circuits: program.nodes.map((node) => circuitKind(bitKinds, node).plan(node, context)),
    materialised: materialisedTensors(program, bitKinds),
    inputs: program.inputs.map((id) => specOf(program, id)),
    outputs: program.outputs.map((id) => specOf(program, id)),
  };
}

function materialisedTensors(program: IntegerProgram, kinds: CircuitKinds): Set<number> {
  const read = new Set(
    program.nodes.flatMap((node) => (circuitKind(kinds, node).multiplies ? nodeInputs(node) : [])),
  );
  const materialised = new Set<number>();
  const long = new Set<number>();
  for (const node of program.nodes) {
    const { results } = circuitKind(kinds, node);
    const isLong = results === 'as read' ? nodeInputs(node).some((id) => long.has(id)) : results === 'sums';
    if (isLong) (read.has(node.output) ? materialised : long).add(node.output);
  }
  return materialised;
}

function specOf(program: IntegerProgram, id: number): TensorSpec {
  const tensor = program.tensors[id];
  return { count: sizeOf(tensor.shape), ...rangeOf(tensor) };
}

/** Packing binds only values that the circuit keeps in their range. */
function checkOutput(program: IntegerProgram, id: number, { low, high }: TensorInterval): void {
  const tensor = program.tensors[id];
  const bounds = boundsOf(rangeOf(tensor));
  const entry = low.findIndex((least, i) => least < bounds.low || high[i] > bounds.high);
  if (entry < 0) return;
  throw new CircuitError(
    'CIRCUIT_OUTPUT_RANGE',
    `output ${tensor.name} is to be within ${bounds.low} … ${bounds.high}, its channel ${entry} can be ${low[entry]} … ${high[entry]}`,
    { hint: 'End the slice with a rescale into the range that is committed.' },
  );
}
