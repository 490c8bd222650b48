import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import { rangeOf } from '../integer/evaluate.ts';
import type { TensorInterval } from '../integer/intervals.ts';
import { intervalsOf } from '../integer/intervals.ts';
import type { IntegerProgram, ProgramNode } from '../integer/program.ts';
import { boundsOf, nodeInputs, sizeOf } from '../integer/program.ts';
import { validateProgram } from '../integer/validate.ts';
import { CircuitError } from './errors.ts';
import { inNode } from './in-node.ts';
import { formLengths, MOST_LOOKED_UP_TERMS } from './lookups/length.ts';
import type { CircuitMode } from './mode.ts';
import { bitKinds, circuitKind, type CircuitKinds } from './nodes/index.ts';
import type { ProductPolicy } from './products/plan.ts';
import { planProducts } from './products/plan.ts';
import type { CheckedNode } from './products/checks.ts';
import {
  committedCircuit,
  NO_COMMITTED_CHECKS,
  planCommitted,
  type CommittedChecks,
} from './products/committed.ts';
import type { CircuitKind, PlanContext } from './nodes/kind.ts';
import { lookupKinds } from './nodes/lookup-kinds.ts';
import { sizeOfPlan } from './count/size.ts';
import type { SlicePlan } from './slice-plan.ts';

/** What is left open by a program. */
export interface CircuitOptions {
  /** Default: bits. */
  readonly mode?: CircuitMode;
  /** Default: by cost. */
  readonly products?: ProductPolicy;
}

/**
 * @throws IntegerProgramError PROGRAM_*, INTEGER_TOO_WIDE (see intervalsOf)
 * @throws CircuitError CIRCUIT_OUTPUT_RANGE: an output may leave the range it is to be committed with
 */
export function planSlice(
  program: IntegerProgram,
  { mode = 'bits', products = 'by cost' }: CircuitOptions = {},
): SlicePlan {
  validateProgram(program);
  const intervals = intervalsOf(program);
  for (const id of program.outputs) checkOutput(program, id, intervals[id]);
  const stated = { program, intervals, checked: new Set<ProgramNode>() };
  if (mode === 'bits') return planBits(stated, products);
  const committed = planCommitted(program, products);
  let best: { readonly plan: SlicePlan; readonly rows: number } | undefined;
  for (let digitBits = FEWEST_DIGIT_BITS; digitBits <= MOST_DIGIT_BITS; digitBits++) {
    const plan = planLookups(stated, committed, digitBits);
    const rows = sizeOfPlan(plan).qapRows;
    if (best === undefined || rows < best.rows) best = { plan, rows };
  }
  return best!.plan;
}

/** Digits of fewer bits are never cheaper, and tables of more bits fill a slice. */
const FEWEST_DIGIT_BITS = 4;
const MOST_DIGIT_BITS = 12;

type Stated = Pick<PlanContext, 'program' | 'intervals' | 'checked'>;

function planBits(stated: Stated, policy: ProductPolicy): SlicePlan {
  const context = { ...stated, takesBlocks: bitKinds.rescale.takesBlocks === true };
  const products = planProducts(context, policy);
  const checked = new Set<ProgramNode>(products.map(({ rescale }) => rescale));
  return {
    mode: 'bits',
    products,
    committed: NO_COMMITTED_CHECKS,
    ...planOf({ ...context, checked }, bitKinds, NO_COMMITTED_CHECKS),
  };
}

function planLookups(stated: Stated, committed: CommittedChecks, digitBits: number): SlicePlan {
  const context = { ...stated, takesBlocks: lookupKinds.rescale.takesBlocks === true, digitBits };
  const planned = planOf(context, lookupKinds, committed);
  return { mode: 'lookups', digitBits, products: [], committed, ...planned };
}

function planOf(
  context: PlanContext,
  kinds: CircuitKinds,
  { checks }: CommittedChecks,
): Omit<SlicePlan, 'mode' | 'digitBits' | 'products' | 'committed'> {
  const { program, intervals } = context;
  const committed = new Map<ProgramNode, CheckedNode>(checks.map(({ operator }) => [operator, operator]));
  return {
    program,
    intervals,
    circuits: program.nodes.map((node) => {
      const operator = committed.get(node);
      if (operator) return committedCircuit(operator, program);
      return inNode(node.name, () => circuitKind(kinds, node).plan(node, context));
    }),
    materialised: materialisedTensors(program, kinds, committed),
    inputs: program.inputs.map((id) => specOf(program, id)),
    outputs: program.outputs.map((id) => specOf(program, id)),
  };
}

/** @param committed nodes whose results are wires, whatever their kind */
function materialisedTensors(
  program: IntegerProgram,
  kinds: CircuitKinds,
  committed: ReadonlyMap<ProgramNode, unknown>,
): Set<number> {
  const resultsOf = (node: ProgramNode): CircuitKind<ProgramNode>['results'] =>
    committed.has(node) ? 'wires' : circuitKind(kinds, node).results;
  const read = new Set(
    program.nodes.flatMap((node) => (circuitKind(kinds, node).multiplies ? nodeInputs(node) : [])),
  );
  const materialised = new Set<number>();
  const long = new Set<number>();
  const lengths = formLengths(program, (node) => resultsOf(node) === 'wires');
  for (const node of program.nodes) {
    if (circuitKind(kinds, node).looksUp !== true || resultsOf(node) === 'as read') continue;
    for (const id of nodeInputs(node)) if (lengths[id] > MOST_LOOKED_UP_TERMS) read.add(id);
  }
  for (const node of program.nodes) {
    const results = resultsOf(node);
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
