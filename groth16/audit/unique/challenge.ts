import { publicSignalCount, type R1cs } from '../../formats/r1cs.ts';
import { sameForm } from './form.ts';
import type { Knowledge } from './knowledge.ts';
import type { CircuitRoles } from './roles.ts';
import { Solver } from './solver.ts';
import { isNothing, type System } from './system.ts';

/** A challenge, and what is fixed before anybody can know it. */
export interface FixedBefore {
  readonly wire: number;
  readonly isFixed: (wire: number) => boolean;
  /** The row that makes the challenge, of a hash. */
  readonly definition?: number;
}

/** A committed challenge: it comes after the signals and the committed wires, and after whatever follows from these. */
export function committedChallenge(r1cs: R1cs, system: System): FixedBefore {
  const last = publicSignalCount(r1cs);
  const wire = last - (r1cs.committed ?? 0);
  const solver = new Solver(system, wire);
  for (let given = 1; given <= last; given++) solver.determine(system.standsFor[given]);
  solver.run();
  return { wire, isFixed: (other) => solver.known.isDetermined(other) };
}

/**
 * A challenge that rows hash. It comes after the hashed wires and whatever follows from these: an input's values too, if its
 * commitment is hashed, since nobody finds other values for it.
 *
 * Taken on trust is that the rows between are a hash. Required is that it is one of all these wires and nothing else: each
 * is squared by itself, as what goes into an S-box of Poseidon, and they determine the challenge.
 *
 * @returns undefined where that isn't so: then nothing is known of rows with the challenge
 */
export function hashedChallenge(system: System, { inputs, hashed }: CircuitRoles): FixedBefore | undefined {
  if (hashed === undefined) return undefined;
  const { standsFor } = system;
  const wire = standsFor[hashed.challenge];
  const solver = new Solver(system, wire);
  const words = new Set(hashed.words.map((word) => standsFor[word]));
  for (const word of words) {
    if (!isSquared(word, solver.known)) return undefined;
    solver.determine(word);
  }
  solver.run();
  if (!solver.isApartReached) return undefined;
  for (const { values, commitment } of inputs) {
    if (!words.has(standsFor[commitment])) continue;
    for (const value of values) solver.determine(standsFor[value]);
  }
  solver.run();
  const definition = definitionOf(wire, solver.known);
  if (definition === undefined) return undefined;
  return { wire, definition, isFixed: (other) => solver.known.isDetermined(other) };
}

/** A row (wire + constant)²: the wire goes into an S-box of Poseidon by itself. */
export function isSquared(wire: number, known: Knowledge): boolean {
  return known.rowsOf(wire).some((index) => {
    const { a, b } = known.row(index);
    return a.wires.length === 1 && a.wires[0] === wire && sameForm(a, b);
  });
}

/** The row of a product that has the challenge on its C side and fixes it; it should be the only one. */
function definitionOf(wire: number, known: Knowledge): number | undefined {
  const found = known.rowsOf(wire).filter((index) => {
    const { a, b, c } = known.row(index);
    const isMade = !isNothing(a) && !isNothing(b) && c.wires.includes(wire);
    return (
      isMade &&
      [a, b, c].every((form) => form.wires.every((other) => other === wire || known.isDetermined(other)))
    );
  });
  return found.length === 1 ? found[0] : undefined;
}
