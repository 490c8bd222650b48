import type { CircuitRoles } from '../../groth16/audit/unique/roles.ts';
import { uniquenessOf } from '../../groth16/audit/unique/unique.ts';
import type { R1cs } from '../../groth16/formats/r1cs.ts';

/** Wires that are named; more say no more. */
const MOST_NAMED = 5;

/** Why a circuit's rows don't leave one witness for each input; undefined: they do. */
export function uniquenessProblem(r1cs: R1cs, roles: CircuitRoles): string | undefined {
  const { undetermined, unbound } = uniquenessOf(r1cs, roles);
  const problems = [
    ...(undetermined.length === 0
      ? []
      : [`${undetermined.length} wires may have two values: ${named(undetermined)}`]),
    ...(unbound.length === 0
      ? []
      : [`${unbound.length} wires of inputs are not bound by their commitment: ${named(unbound)}`]),
  ];
  return problems.length === 0 ? undefined : problems.join('; ');
}

function named(wires: readonly number[]): string {
  return `${wires.slice(0, MOST_NAMED).join(', ')}${wires.length > MOST_NAMED ? ' …' : ''}`;
}
