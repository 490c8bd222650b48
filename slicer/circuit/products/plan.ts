import type { IntegerProgram, RescaleNode } from '../../integer/program.ts';
import { sizeOf } from '../../integer/program.ts';
import { matmulSizes } from '../../integer/nodes/matmul.ts';
import { FIELD_CAPACITY, slotRows } from '../rows/batch.ts';
import { blockMatmulRows, blocksOfMatmul, onlyRescaleOf } from '../nodes/plans/block-matmul.ts';
import { hashRows } from '../gadgets/hash.ts';
import { PRODUCT_ROWS } from '../gadgets/product.ts';
import { rescaleSlot } from '../gadgets/rescale.ts';
import type { PlanContext } from '../nodes/kind.ts';
import { rescalePlans } from '../nodes/plans/rescale-plans.ts';
import type { CheckedNode, OperatorCheck } from './checks.ts';
import { operatorCheck } from './checks.ts';
import { CountMachine } from './count-machine.ts';
import type { CheckForm, CheckMachine } from './machine.ts';
import { Powers } from './powers.ts';

/** Which operators are checked by products: where it is cheaper, none, or every one that can be. */
export type ProductPolicy = 'by cost' | 'never' | 'wherever possible';

/** Something that is proved at the challenge, given what is to be proved about. */
export interface Check {
  run<F extends CheckForm>(
    machine: CheckMachine<F>,
    powers: Powers<F>,
    accumulator: (index: number) => F,
  ): void;
}

/**
 * A rescale whose accumulators are proved by a product check: what it rescales is `scale` times the result of an
 * operator, and of other tensors that have short forms.
 */
export interface ProductCheck extends Check {
  readonly rescale: RescaleNode;
  readonly operator: CheckedNode;
  /** Places of the accumulators that are ranged, ascending. */
  readonly live: readonly number[];
  /** Bits of each accumulator: each is offset + an integer below 2^bits, 0 or more. */
  readonly bits: number;
}

/**
 * C terms that weigh as much as a row. A term costs the setup and the compiler about half a microsecond and no
 * proof anything; a row costs a setup and each proof some fifty. This is a key that makes about ten proofs.
 */
export const TERMS_A_ROW = 1024;

/** The checks of a program's circuit, in the order of its nodes. */
export function planProducts(context: PlanContext, policy: ProductPolicy): readonly ProductCheck[] {
  if (policy === 'never') return [];
  const { program } = context;
  const possible = program.nodes.flatMap((node) => {
    const candidate = node.kind === 'rescale' ? candidateOf(context, node) : undefined;
    return candidate ? [candidate] : [];
  });
  if (policy === 'wherever possible') return possible.map(({ check }) => check);
  const worth = possible.filter(({ saves }) => saves > 0);
  const saved = worth.reduce((sum, { saves }) => sum + saves, 0);
  return saved > hashRows(1 + program.inputs.length) ? worth.map(({ check }) => check) : [];
}

/** Accumulators that share a word of the challenge, or a row of the check as digits of one number. */
export function accumulatorsAWord({ bits }: Pick<ProductCheck, 'bits'>): number {
  return Math.floor(FIELD_CAPACITY / bits);
}

/** Rows of checks that share the powers of one challenge, the challenge's own aside. */
export function rowsOfChecks(checks: readonly Check[]): number {
  const machine = new CountMachine();
  runChecks(machine, machine.value(), checks, () => () => machine.value());
  return machine.rows;
}

/** All checks of a circuit under one challenge. */
export function runChecks<F extends CheckForm, C extends Check>(
  machine: CheckMachine<F>,
  challenge: F,
  checks: readonly C[],
  accumulators: (check: C) => (index: number) => F,
): void {
  const powers = new Powers(machine, challenge);
  for (const check of checks) check.run(machine, powers, accumulators(check));
}

function candidateOf(
  context: PlanContext,
  rescale: RescaleNode,
): { readonly check: ProductCheck; readonly saves: number } | undefined {
  const { program } = context;
  const source = sourceOf(program, rescale.input);
  if (!source) return undefined;
  const plans = rescalePlans(rescale, context);
  const count = sizeOf(program.tensors[rescale.input].shape);
  const run = count / plans.length;
  const slot = (index: number): number => rescaleSlot(plans[Math.floor(index / run)]);
  const live = Array.from({ length: count }, (_, index) => index).filter((index) => slot(index) > 0);
  if (live.length === 0) return undefined;
  const bits = live.reduce((widest, index) => Math.max(widest, slot(index)), 0);
  const slots = Math.floor(FIELD_CAPACITY / bits);
  const operator = operatorCheck(program, source.node, (index) => slot(index) > 0, bits, slots);
  if (!operator) return undefined;
  const check = checkOf(rescale, source, operator, live, bits);
  const words = Math.ceil(live.length / slots);
  const direct = directRows(context, source.node, live.map(slot)) + operator.directTerms / TERMS_A_ROW;
  // Counting a large check takes a while, and the challenge's rows alone often settle it.
  const most = direct - words * WORD_ROWS;
  return { check, saves: most > 0 ? most - rowsOfChecks([check]) : most };
}

/** Rows that state the results outright, the rescale's equations of these widths among them. */
function directRows(context: PlanContext, node: CheckedNode, widths: readonly number[]): number {
  if (node.kind !== 'matmul') return slotRows(widths);
  const blocks = blocksOfMatmul(node, context);
  if (blocks) return blockMatmulRows(blocks);
  const { batch, height, inner, width } = matmulSizes(node, context.program.tensors);
  return slotRows(widths) + batch * height * inner * width * PRODUCT_ROWS;
}

/** A word's wire, and its share of a Poseidon of 16 inputs of which one carries the hash before. */
const WORD_ROWS = 1 + hashRows(16 + 15 * 99) / (15 * 100);

interface CheckedSource {
  readonly node: CheckedNode;
  /** What the operator's result is multiplied by. */
  readonly scale: bigint;
  /** Ranged tensors that are added, with their factors. */
  readonly others: readonly (readonly [tensor: number, factor: bigint])[];
}

/** The operator that makes a rescale's accumulators, looked for through reshapes and additions of ranged tensors. */
function sourceOf(program: IntegerProgram, tensor: number): CheckedSource | undefined {
  const { nodes, tensors } = program;
  const node = nodes.find(({ output }) => output === tensor);
  if (node?.kind === 'conv' || node?.kind === 'gemm') return { node, scale: 1n, others: [] };
  if (node?.kind === 'matmul') {
    // Its entries have no forms then, so nobody else may read them.
    return onlyRescaleOf(node, program) ? { node, scale: 1n, others: [] } : undefined;
  }
  if (node?.kind === 'reshape') return sourceOf(program, node.input);
  if (node?.kind !== 'add') return undefined;
  const operator = tensors[node.inputs[0]].range === undefined ? 0 : 1;
  const other = 1 - operator;
  const source = sourceOf(program, node.inputs[operator]);
  if (!source || tensors[node.inputs[other]].range === undefined) return undefined;
  const factors = node.shifts.map((shift, side) => (side === 1 && node.subtract ? -1n : 1n) << BigInt(shift));
  return {
    node: source.node,
    scale: source.scale * factors[operator],
    others: [
      ...source.others.map(([id, factor]) => [id, factor * factors[operator]] as const),
      [node.inputs[other], factors[other]],
    ],
  };
}

function checkOf(
  rescale: RescaleNode,
  { node, scale, others }: CheckedSource,
  operator: OperatorCheck,
  live: readonly number[],
  bits: number,
): ProductCheck {
  return {
    rescale,
    operator: node,
    live,
    bits,
    run: (machine, powers, accumulator) => {
      operator.run(
        machine,
        powers,
        (index) =>
          machine.sum([
            [accumulator(index), 1n],
            ...others.map(([tensor, factor]) => [machine.value(tensor, index), -factor] as const),
          ]),
        scale,
      );
    },
  };
}
