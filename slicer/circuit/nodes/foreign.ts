import type { ForeignNode } from '../../integer/program.ts';
import { CircuitError } from '../errors.ts';
import type { CircuitKind } from './kind.ts';

/** No circuit: it costs nothing where a whole model is counted, and is refused where one is made. */
export const foreign: CircuitKind<ForeignNode> = {
  results: 'wires',
  multiplies: false,
  plan({ name, operator }) {
    const refuse = (): never => {
      throw new CircuitError('CIRCUIT_FOREIGN', `${name}: ${operator} can't be proved`);
    };
    return { rows: () => 0, constrain: refuse, assign: refuse };
  },
};
