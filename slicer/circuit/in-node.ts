import { IntegerProgramError } from '../integer/errors.ts';
import { CircuitError } from './errors.ts';

/**
 * Does the part of a circuit that belongs to a node. Exact arithmetic knows no nodes; where it refuses a number, the error
 * says here for which one.
 * @throws CircuitError CIRCUIT_TOO_WIDE: a factor or constant of the node's forms, or of a form that it reads
 */
export function inNode<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof IntegerProgramError) || error.code !== 'INTEGER_TOO_WIDE') throw error;
    throw new CircuitError('CIRCUIT_TOO_WIDE', `${name}, as rows: ${error.message}`, {
      hint: 'Use a smaller bias or factor, or rescale what it reads first.',
      details: { node: name },
      cause: error,
    });
  }
}
