import { circuitSize } from '../../circuit/count/count.ts';
import type { CircuitMode } from '../../circuit/mode.ts';
import { isProvable, type IntegerProgram } from '../../integer/program.ts';
import { planKind } from '../units/kinds.ts';
import { figuresOf, type CircuitCost, type CostOf } from './cost.ts';
import { remembered } from './remembered.ts';

/** The mode of every slice's circuit, or each slice's own: the one that is proved in the fewest seconds. */
export const MODE_CHOICES = ['bits', 'lookups', 'auto'] as const;

export type ModeChoice = (typeof MODE_CHOICES)[number];

/**
 * The costs of programs' circuits as the compiler makes them, by budget: what a program takes is counted once for all budgets. Mode
 * `auto` takes the slower circuit where only that one is within the budget, and of two that aren't the smaller: a layer then needs no
 * more tiles than in the mode that takes fewest.
 */
export function circuitCosts(choice: ModeChoice = 'bits'): (budget: number) => CostOf {
  if (choice !== 'auto') {
    const costOf = remembered((program) => costIn(program, choice));
    return () => costOf;
  }
  const both = remembered((program) => ({
    bits: costIn(program, 'bits'),
    lookups: costIn(program, 'lookups'),
  }));
  return (budget) => (program) => {
    const { bits, lookups } = both(program);
    if (Math.max(bits.constraints, lookups.constraints) > budget)
      return lookups.constraints < bits.constraints ? lookups : bits;
    return figuresOf(lookups, 1).seconds < figuresOf(bits, 1).seconds ? lookups : bits;
  };
}

/** The cost of a program's circuit within one budget, see {@link circuitCosts}. */
export function circuitCost(choice?: ModeChoice, budget = Infinity): CostOf {
  return circuitCosts(choice)(budget);
}

function costIn(program: IntegerProgram, mode: CircuitMode): CircuitCost {
  if (isExecutedOnly(program)) return { mode, constraints: 0, inverses: 0 };
  const { provedRows, inverses } = circuitSize(program, { mode });
  return { mode, constraints: provedRows, inverses };
}

/** A slice of an operator that can't be proved. */
function isExecutedOnly(program: IntegerProgram): boolean {
  return (
    !isProvable(program) && program.nodes.every((node) => node.kind === 'foreign' || planKind(node).moves)
  );
}
