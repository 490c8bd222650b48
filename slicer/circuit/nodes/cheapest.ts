import { LookupDemand } from '../lookups/demand.ts';
import type { NodeCircuit } from './kind.ts';

/** Of circuits for one node the one with the fewest rows, committed wires and its own tables included. */
export function cheapest(circuits: readonly NodeCircuit[]): NodeCircuit {
  const costs = circuits.map((circuit) => {
    const demand = new LookupDemand();
    circuit.demand?.(demand);
    // The tables of digits are everybody's.
    return circuit.rows() + demand.rows + demand.committed - 2 * demand.rangeEntries;
  });
  return circuits[costs.indexOf(Math.min(...costs))];
}
