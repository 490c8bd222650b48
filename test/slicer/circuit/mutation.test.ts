import { describe, expect, it } from 'vitest';
import { publicSignalCount, type R1cs } from '../../../groth16/formats/r1cs.ts';
import { PUBLIC_PART, TAG_PART } from '../../../slicer/circuit/count/parts.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import type { CircuitOptions } from '../../../slicer/circuit/plan.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { inputsOf } from '../../support/nonlinear-programs.ts';
import { seededNumbers } from '../../support/programs.ts';
import { changes, EditChecker, multiEdit, singleEdit, type Edit, type Mutable } from './mutations.ts';
import { operatorPrograms } from './operator-programs.ts';
import { wiresOf } from './support.ts';

/** Of each kind, for each operator; deeper with SLICEPROOF_FUZZ. */
const EDITS = 1000 * Number(process.env.SLICEPROOF_FUZZ ?? 1);

/** Wires that may change alone without the public signals changing: none. */
const FREE_HINTS: readonly string[] = [];

/**
 * What makes the challenge of circuits of lookups: a constant, which no edit draws upon. A forger has it from a
 * hash of what is committed; so edits of committed wires are made without it, as if it came out after them, and
 * what is solved for after it is only other wires.
 */
const challenge = { challenge: () => 2n ** 200n + 77n, blinding: 2n ** 100n };

interface Subject extends Mutable {
  readonly r1cs: R1cs;
  readonly checker: EditChecker;
  /** The rows of the operator itself, without the hashing of what it reads and writes and the public wires' own. */
  readonly rows: readonly number[];
}

function subjectOf(program: IntegerProgram, options?: CircuitOptions): Subject {
  const { r1cs, layout, computeWitness } = compileSlice(program, options);
  const witness = (seed: number): bigint[] => {
    const inputs = inputsOf(program, seed);
    const salts = { inputSalts: inputs.map((_, i) => BigInt(i + seed)), outputSalts: [BigInt(9 + seed)] };
    return wiresOf(computeWitness({ inputs, ...salts, tag: 99n, challenge }).values);
  };
  const honest = witness(1);
  let next = 0;
  const rows = layout.flatMap(({ name, rows: count }) => {
    const start = next;
    next += count;
    const apart = name.startsWith('commit ') || name === TAG_PART || name === PUBLIC_PART;
    return apart ? [] : Array.from({ length: count }, (_, i) => start + i);
  });
  return {
    r1cs,
    honest,
    other: witness(2),
    wires: wiresIn(r1cs, rows),
    rows,
    checker: new EditChecker(r1cs, honest, settledWires(r1cs)),
  };
}

/** The constant; what the challenge follows from, and itself; and the copies of all these. */
function settledWires(r1cs: R1cs): ReadonlySet<number> {
  const settled = Array.from({ length: hasChallenge(r1cs) ? 1 + publicSignalCount(r1cs) : 1 }, (_, i) => i);
  return new Set([...settled, ...settled.map((wire) => copyOf(r1cs, wire))]);
}

/** Where the copy of the constant or of a signal is. */
function copyOf(r1cs: R1cs, wire: number): number {
  return r1cs.wires - 1 - signalsOf(r1cs) + wire;
}

/** How many signals there are, the challenge counted. */
function signalsOf(r1cs: R1cs): number {
  return publicSignalCount(r1cs) - (r1cs.committed ?? 0);
}

function hasChallenge({ committed = 0 }: R1cs): boolean {
  return committed > 0;
}

/** The wires of some rows, the constant and the challenge aside. */
function wiresIn(r1cs: R1cs, rows: readonly number[]): readonly number[] {
  const { a, b, c } = r1cs;
  const wires = new Set<number>();
  for (const { offsets, wires: all } of [a, b, c]) {
    for (const row of rows) for (const wire of all.subarray(offsets[row], offsets[row + 1])) wires.add(wire);
  }
  wires.delete(0);
  wires.delete(copyOf(r1cs, 0));
  if (hasChallenge(r1cs)) wires.delete(copyOf(r1cs, signalsOf(r1cs)));
  return [...wires].toSorted((left, right) => left - right);
}

/** Edits that pass, of so many single and so many multiple ones. */
function acceptedEdits(given: Subject, count: number, without?: number): readonly string[] {
  const draw = seededNumbers(11);
  const accepted: string[] = [];
  // Of the edits of several wires, half as a forger would draw them and half carried on as a solver would.
  const repaired = (): Edit => given.checker.repaired(singleEdit(given, draw), draw, draw(1, 12), without);
  const several = (): Edit => (draw(0, 1) === 0 ? multiEdit(given, draw) : repaired());
  for (const make of [() => singleEdit(given, draw), several]) {
    for (let made = 0; made < count;) {
      const edit = make();
      if (!changes(given, edit)) continue;
      made++;
      if (given.checker.accepts(edit, without)) accepted.push([...edit.keys()].join());
    }
  }
  return accepted;
}

describe('a whole slice takes no other witness', () => {
  it.each(Object.entries(operatorPrograms))('%s', (_, [program, options]) => {
    expect(acceptedEdits(subjectOf(program, options), EDITS)).toEqual(FREE_HINTS);
  });

  it('and the edits would find it where a row were missing, for every program', () => {
    for (const [name, [program, options]] of Object.entries(operatorPrograms)) {
      const given = subjectOf(program, options);
      const sample = given.rows.filter((_, i) => i % Math.ceil(given.rows.length / 16) === 0);
      const found = sample.filter((row) => {
        const near = { ...given, wires: wiresIn(given.r1cs, [row]) };
        return near.wires.length > 0 && acceptedEdits(near, 200, row).length > 0;
      });
      expect(found.length, name).toBeGreaterThan(0);
    }
  });

  it('but would if the challenge were known before what it follows from, for every circuit of lookups', () => {
    for (const [name, [program, options]] of Object.entries(operatorPrograms)) {
      const given = subjectOf(program, options);
      if (!hasChallenge(given.r1cs)) continue;
      const forger = { ...given, checker: new EditChecker(given.r1cs, given.honest) };
      expect(acceptedEdits(forger, 1000).length, name).toBeGreaterThan(0);
    }
  });
});
