import { STATEMENT_ROWS } from '../../groth16/formats/r1cs.ts';
import type { IntegerProgram } from '../integer/program.ts';
import { circuitCosts, type ModeChoice } from './cost/cost-of.ts';
import type { CostOf } from './cost/cost.ts';
import { CountCache, SliceSizes } from './cost/sizes.ts';
import { PlanError } from './errors.ts';
import { MODEL_LIMITS } from './limits.ts';
import { planSlices, type PlanOptions, type SlicePlan } from './plan.ts';
import { ProgramGraph } from './units/units.ts';
import { UnitGraph } from './units/unit-graph.ts';

/**
 * Where no budget is named: domains of 2^16 rows, or the least larger ones of which a model may have enough. Beyond 2^20 a proof takes
 * gigabytes, and few ceremonies are as large.
 */
export const BUDGETS: readonly number[] = [16, 17, 18, 19, 20].map((power) => 2 ** power - STATEMENT_ROWS);

export interface BudgetedPlan {
  readonly plan: SlicePlan;
  /** Most constraints that a slice was allowed. */
  readonly budget: number;
}

/**
 * {@link planSlices} with the budget that is named, or else with the least of some, ascending, with which a model's layers fit into
 * slices, and these into a model.
 * @throws PlanError PLAN_UNIT_TOO_LARGE, PLAN_MODEL_TOO_LARGE: what stood in the way of the last budget
 */
export function planWithin(
  program: IntegerProgram,
  {
    budget,
    mode,
    ...options
  }: Omit<PlanOptions, 'costOf' | 'budget'> & { readonly budget?: number; readonly mode?: ModeChoice },
  budgets = BUDGETS,
): BudgetedPlan {
  const costsWithin = circuitCosts(mode);
  const planned = (within: number): BudgetedPlan => {
    const plan = planSlices(program, { ...options, budget: within, costOf: costsWithin(within) });
    return { plan, budget: within };
  };
  if (budget !== undefined) return planned(budget);
  const rows = rowsWithin(program, costsWithin(budgets[0]));
  // The last is tried whatever it looks like: its refusal says what is too large.
  const hopeful = budgets.filter(
    (within) => rows <= MODEL_LIMITS.slices * within || within === budgets.at(-1),
  );
  let refusal: unknown;
  for (const within of hopeful) {
    try {
      return planned(within);
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/** What a model's layers take, without anything at the edges of slices. */
function rowsWithin(program: IntegerProgram, costOf: CostOf): number {
  const cache = new CountCache(costOf);
  const units = new UnitGraph(new ProgramGraph(program), (range) => cache.unpacking(range));
  const sizes = new SliceSizes(units, cache);
  return units.units.reduce((sum, _, unit) => sum + sizes.inner(unit), 0);
}
