import { countConstraints } from '../circuit/count.ts';
import type { CostOf } from './cost.ts';

/** The cost of a program's circuit as the compiler makes it. */
export const circuitCost: CostOf = (program) => ({ mode: 'bits', constraints: countConstraints(program) });
