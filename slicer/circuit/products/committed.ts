import type { Exacts } from '../../integer/exact.ts';
import { sizeOf } from '../../integer/program.ts';
import type { IntegerProgram } from '../../integer/program.ts';
import { matmulSizes } from '../../integer/nodes/matmul.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { PRODUCT_ROWS } from '../gadgets/product.ts';
import { LinearForms } from '../rows/linear.ts';
import type { LookupArgument } from '../lookups/argument.ts';
import { MOST_LOOKED_UP_TERMS } from '../lookups/length.ts';
import type { LookupWriter } from '../lookups/writer.ts';
import { ofLookups, type NodeCircuit } from '../nodes/kind.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { AssignMachine } from './assign-machine.ts';
import type { CheckedNode, OperatorCheck } from './checks.ts';
import { operatorCheck } from './checks.ts';
import { ConstrainMachine, formOf } from './constrain-machine.ts';
import type { ProductPolicy } from './plan.ts';
import { rowsOfChecks, runChecks, TERMS_A_ROW, type Check } from './plan.ts';

/**
 * An operator of a circuit of lookups whose results are committed and checked under the argument's challenge.
 *
 * Statement: every result is, as an element of the field, what the operator makes of its inputs. So it may be read by
 * whatever reads sums, and needs no range for this.
 * Constraints: the check's rows, a power of the challenge for every result, and the committed wires' own.
 * Argument: the results are committed, and what the operator reads is committed or determined by what is, so the
 * difference of the two sides is a polynomial that is fixed before the challenge; if a result is wrong, no more than
 * (results − 1) of r challenges are its roots. Results don't share powers: digits of one number would have to be ranged
 * by rows that do without the challenge.
 */
export interface CommittedCheck extends Check {
  readonly operator: CheckedNode;
}

/** All checks of a circuit of lookups, in the order of its nodes. */
export interface CommittedChecks {
  readonly checks: readonly CommittedCheck[];
  /** Exactly the rows of all of them. */
  readonly rows: number;
}

export const NO_COMMITTED_CHECKS: CommittedChecks = { checks: [], rows: 0 };

export function planCommitted(program: IntegerProgram, policy: ProductPolicy): CommittedChecks {
  if (policy === 'never') return NO_COMMITTED_CHECKS;
  const checks = program.nodes.flatMap((node) => {
    if (node.kind !== 'conv' && node.kind !== 'gemm' && node.kind !== 'matmul') return [];
    const operator = operatorCheck(program, node, () => true, 0, 1);
    if (!operator) return [];
    const check: CommittedCheck = {
      operator: node,
      run: (machine, powers, accumulator) => operator.run(machine, powers, accumulator, 1n),
    };
    const results = sizeOf(program.tensors[node.output].shape);
    // Where each equation is of one result, no power of the challenge is in any.
    if (results === equationsOf(program, node)) return [];
    const direct = directCost(program, node, operator, results);
    // Counting a large check takes a while, and its results alone often settle it.
    const isWorth = results < direct && results + rowsOfChecks([check]) < direct;
    return policy === 'wherever possible' || isWorth ? [check] : [];
  });
  return { checks, rows: rowsOfChecks(checks) };
}

/** One for each sample and group, or each matrix. */
function equationsOf({ tensors }: IntegerProgram, node: CheckedNode): number {
  if (node.kind === 'matmul') return matmulSizes(node, tensors).batch;
  return node.kind === 'conv' ? tensors[node.output].shape[0] * node.groups : 1;
}

/** Rows of the operator's results outright; one a result where they are so long that they get wires. */
function directCost(
  program: IntegerProgram,
  node: CheckedNode,
  { directTerms }: OperatorCheck,
  results: number,
): number {
  if (node.kind === 'matmul') {
    const { inner } = matmulSizes(node, program.tensors);
    return results * inner * PRODUCT_ROWS + (inner > MOST_LOOKED_UP_TERMS ? results : 0);
  }
  return directTerms > MOST_LOOKED_UP_TERMS * results ? results + directTerms / TERMS_A_ROW : 0;
}

/** The operator itself: its results, committed. */
export function committedCircuit({ output }: CheckedNode, { tensors }: IntegerProgram): NodeCircuit {
  const count = sizeOf(tensors[output].shape);
  return {
    rows: () => 0,
    demand: (demand) => demand.commit(count),
    constrain({ lookups }) {
      const first = ofLookups(lookups).commitChecked(count);
      const forms = new LinearForms();
      for (let i = 0; i < count; i++) {
        forms.term(first + i, 1);
        forms.close(0);
      }
      return forms;
    },
    assign(_, values, lookups) {
      for (const value of values[output]) ofLookups(lookups).commit(value);
    },
  };
}

/** The rows of all checks, among those with the challenge. */
export function constrainCommitted(
  builder: R1csBuilder,
  lookups: LookupArgument,
  { checks }: CommittedChecks,
  forms: readonly LinearForms[],
): void {
  if (checks.length === 0) return;
  lookups.later(() => {
    const machine = new ConstrainMachine(builder, (tensor) => forms[tensor]);
    runChecks(
      machine,
      formOf(lookups.challenge),
      checks,
      ({ operator }) =>
        (index) =>
          machine.value(operator.output, index),
    );
  });
}

/** The wires of {@link constrainCommitted} in its order. */
export function assignCommitted(
  writer: WitnessWriter,
  lookups: LookupWriter,
  { checks }: CommittedChecks,
  values: readonly Exacts[],
): void {
  if (checks.length === 0) return;
  lookups.later((value) => {
    const machine = new AssignMachine(writer, values);
    runChecks(
      machine,
      { length: 1, value },
      checks,
      ({ operator }) =>
        (index) =>
          machine.value(operator.output, index),
    );
  });
}
