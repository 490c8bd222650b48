import type { IntegerProgram } from '../../integer/program.ts';
import type { PartRows } from './parts.ts';
import { planSlice, type CircuitOptions } from '../plan.ts';
import { partsOf, sizeOfPlan, type CircuitSize } from './size.ts';

/** The planner's cost model: exactly the rows of compileSlice(program, options), without building any. */
export function countConstraints(program: IntegerProgram, options?: CircuitOptions): number {
  return circuitSize(program, options).constraints;
}

/** Rows, public wires and what else proving takes. */
export function circuitSize(program: IntegerProgram, options?: CircuitOptions): CircuitSize {
  return sizeOfPlan(planSlice(program, options));
}

/** Rows by part: compileSlice(program, options).layout. */
export function constraintParts(program: IntegerProgram, options?: CircuitOptions): readonly PartRows[] {
  return partsOf(planSlice(program, options));
}
