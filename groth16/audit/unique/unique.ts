import { publicSignalCount, type R1cs } from '../../formats/r1cs.ts';
import { SCALAR_FIELD } from '../../formats/bn254.ts';
import { committedChallenge, hashedChallenge, type FixedBefore } from './challenge.ts';
import { entryRow, lookupsOf, type LookupSum } from './lookups.ts';
import { unboundInputs } from './packing.ts';
import { coefficientEquations } from './polynomials.ts';
import type { CircuitRoles } from './roles.ts';
import { Solver } from './solver.ts';
import { systemOf, type System } from './system.ts';

/** What isn't unique in a circuit; both lists empty: nothing. */
export interface Uniqueness {
  /** Wires that may have two values, given inputs, salts and tag (and a committed challenge, for what depends on it). */
  readonly undetermined: readonly number[];
  /** Wires of input values that the word they are hashed in doesn't bind. */
  readonly unbound: readonly number[];
}

/**
 * Whether the rows of a circuit leave one witness, given its inputs: from the rows alone, knowing nothing of what made them.
 *
 * Sound: a wire that isn't listed has one value, but for the chances of a challenge. Not complete: a wire may be listed
 * because the rules don't see why it has one. See docs/circuits/uniqueness.md.
 */
export function uniquenessOf(r1cs: R1cs, roles: CircuitRoles): Uniqueness {
  const system = systemOf(r1cs, SCALAR_FIELD);
  const solver = new Solver(system);
  const challenge =
    (r1cs.committed ?? 0) > 0 ? committedChallenge(r1cs, system) : hashedChallenge(system, roles);
  const sums = challenge === undefined ? [] : lookupsOf(solver.known, challenge.wire, challenge.isFixed);
  for (const { looks, entries } of sums) {
    for (const { value } of looks) solver.add(entryRow(solver.known, value, entries));
  }
  const give = (wire: number): void => solver.determine(system.standsFor[wire]);
  for (const { values } of roles.inputs) values.forEach(give);
  roles.given.forEach(give);
  solver.run();
  if (challenge !== undefined) readChallenge(solver, system, challenge, sums);
  if ((r1cs.committed ?? 0) > 0) {
    for (const sum of sums) determineSum(solver, sum);
    // X itself, and the blinding.
    give(publicSignalCount(r1cs) - (r1cs.committed ?? 0));
    give(publicSignalCount(r1cs));
    solver.run();
  }
  return {
    undetermined: openWires(solver, system),
    unbound: unboundInputs(solver.known, roles.inputs, system.standsFor),
  };
}

/** The same of some rows alone: the wires that may have two values, given these. */
export function undeterminedWires(
  r1cs: R1cs,
  given: readonly number[],
  modulus = SCALAR_FIELD,
): readonly number[] {
  const system = systemOf(r1cs, modulus);
  const solver = new Solver(system);
  for (const wire of given) solver.determine(system.standsFor[wire]);
  solver.run();
  return openWires(solver, system);
}

/** What rows with the challenge say, as long as that says more: what one check proves, the next one reads. */
function readChallenge(
  solver: Solver,
  { rows }: System,
  challenge: FixedBefore,
  sums: readonly LookupSum[],
): void {
  const apart = new Set(sums.flatMap((sum) => sum.rows));
  if (challenge.definition !== undefined) apart.add(challenge.definition);
  const late = rows.flatMap(({ a, b, c }, index) =>
    !apart.has(index) && [a, b, c].some((form) => form.wires.some((wire) => !challenge.isFixed(wire)))
      ? [index]
      : [],
  );
  if (late.length === 0) return;
  for (let open = -1, before = -2; open !== before;) {
    before = open;
    for (const equation of coefficientEquations(solver.known, late, challenge))
      solver.addDifference(equation);
    solver.run();
    open = solver.known.openCount;
  }
}

/**
 * When all values of a sum are determined, so are the multiplicities, since the rational functions are equal; and then, X
 * being no entry, the shares.
 */
function determineSum(solver: Solver, { looks, shares }: LookupSum): void {
  if (!looks.every(({ value }) => solver.known.open(value).length === 0)) return;
  for (const { share, multiplicity } of shares) {
    solver.determine(multiplicity);
    solver.determine(share);
  }
}

function openWires({ known }: Solver, { wires, standsFor }: System): readonly number[] {
  const open: number[] = [];
  for (let wire = 1; wire < wires; wire++) {
    const first = standsFor[wire];
    if (first !== 0 && !known.isDetermined(first)) open.push(wire);
  }
  return open;
}
