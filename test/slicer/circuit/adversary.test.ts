import { describe, expect, it } from 'vitest';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import type { CircuitOptions } from '../../../slicer/circuit/plan.ts';
import type { IntegerProgram, TensorValues } from '../../../slicer/integer/program.ts';
import { NonlinearBuilder, inputsOf, nonlinearCase } from '../../support/nonlinear-programs.ts';
import { seededNumbers } from '../../support/programs.ts';
import { publicSignalCount } from '../../../groth16/formats/r1cs.ts';
import { Adversary } from './adversary.ts';
import { rowsOf, type AdversaryRows } from './adversary-rows.ts';
import { operatorPrograms } from './operator-programs.ts';
import { wiresOf } from './support.ts';

const TRIES = Math.max(2, Math.round(6 * Number(process.env.SLICEPROOF_FUZZ ?? 1)));

/** The argument's rows aren't looked at, so any challenge does. */
const challenge = { challenge: () => 2n ** 200n + 77n, blinding: 2n ** 100n };

/** A compiled slice without the hashing of inputs, which are fixed, and of outputs, which takes any; and without one row. */
function rowsAgainst(
  program: IntegerProgram,
  options?: CircuitOptions,
  drop = -1,
  inputs: readonly TensorValues[] = inputsOf(program, 3),
): AdversaryRows {
  const { r1cs, layout, roles, computeWitness } = compileSlice(program, options);
  const salts = { inputSalts: inputs.map(() => 1n), outputSalts: program.outputs.map(() => 2n) };
  const honest = wiresOf(computeWitness({ inputs, ...salts, tag: 9n, challenge }).values);
  const without = new Set<number>(drop < 0 ? [] : [drop]);
  let row = 0;
  for (const { name, rows } of layout) {
    for (const end = row + rows; row < end; row++) if (name.startsWith('commit ')) without.add(row);
  }
  // The constant and the signals, a committed challenge included: a commitment that an output has follows from it.
  const signals = Array.from({ length: 1 + publicSignalCount(r1cs) - (r1cs.committed ?? 0) }, (_, i) => i);
  const fixed = new Set([...signals, ...roles.given, ...roles.inputs.flatMap(({ values }) => values)]);
  if (roles.hashed !== undefined)
    for (const wire of [roles.hashed.challenge, ...roles.hashed.words]) fixed.add(wire);
  return rowsOf(r1cs, honest, fixed, without);
}

function secondWitness(rows: AdversaryRows, seed = 7): readonly number[] | undefined {
  const adversary = new Adversary(rows);
  const draw = seededNumbers(seed);
  return adversary.byDigits(draw, TRIES) ?? adversary.byEntries(draw, TRIES) ?? adversary.byHints(draw);
}

const looked = { mode: 'lookups', products: 'never' } as const;
const programs = Object.entries(operatorPrograms);

// Of product checks one is enough: what takes time is the hash.
describe('a prover that moves value between digits and entries and changes hints finds no second witness', () => {
  it.each(programs.filter(([name, [, options]]) => !options || name === 'conv by a product check'))(
    'of %s',
    (_, [program, options]) => {
      expect(secondWitness(rowsAgainst(program, options))).toBeUndefined();
    },
  );

  // Product checks are the same as in bits, but that anybody who knew the challenge before could cheat.
  it.each(programs.filter(([, [, options]]) => options?.products === undefined))(
    'of %s in a circuit of lookups',
    (_, [program]) => {
      expect(secondWitness(rowsAgainst(program, looked))).toBeUndefined();
    },
  );

  it('of random programs', () => {
    for (let seed = 0; seed < TRIES; seed++) {
      const { program } = nonlinearCase(seed);
      const options = seed % 2 === 0 ? undefined : looked;
      expect(secondWitness(rowsAgainst(program, options)), `seed ${seed}`).toBeUndefined();
    }
  });
});

/** Whether a wire that may change stands in a sum with another one of a larger factor. */
function isBelowAnother({ rows, fixed }: AdversaryRows, wire: number): boolean {
  const size = (factor: bigint): bigint => (factor < 0n ? -factor : factor);
  return rows.some(({ a, b, c }) => {
    const own = a.length === 0 && b.length === 0 ? c.find(([other]) => other === wire) : undefined;
    return (
      own !== undefined &&
      !fixed.has(wire) &&
      c.some(([other, factor]) => !fixed.has(other) && size(factor) > size(own[1]))
    );
  });
}

const SEEDS = [1, 2, 3];
const findsSecond = (rows: AdversaryRows): boolean =>
  SEEDS.some((seed) => secondWitness(rows, seed) !== undefined);

describe('it finds one', () => {
  it('where a maximum may be larger than every value: its product of distances is left out', () => {
    const build = new NonlinearBuilder();
    const x = build.input([1, 1, 1, 3], { signed: true, bits: 4 });
    const program = build.program([build.rescale(build.belowMax(x), 0, { signed: false, bits: 5 })]);
    const { layout } = compileSlice(program);
    const part = layout.findIndex(({ name }) => name === 'below-max 0');
    const product = layout.slice(0, part + 1).reduce((sum, { rows }) => sum + rows, 0) - 1;
    const values = [Float64Array.of(3, -2, 1)];
    expect(findsSecond(rowsAgainst(program, {}, -1, values))).toBe(false);
    expect(findsSecond(rowsAgainst(program, {}, product, values))).toBe(true);
  });

  it('where a value is looked up in a range two bits wider than its own', () => {
    for (const name of [
      'relu of a convolution, looked up',
      'rescale without a clamp, looked up',
      'max-pool of a convolution, looked up',
    ]) {
      const [program] = operatorPrograms[name];
      const rows = SEEDS.map((seed) => rowsAgainst(program, looked, -1, inputsOf(program, seed)));
      // A digit can only borrow where the next one isn't zero: not every input will do, and none for a top digit.
      const found = [...rows[0].ranges].filter(
        ([wire, bits]) =>
          isBelowAnother(rows[0], wire) &&
          rows.some((each) =>
            secondWitness({ ...each, ranges: new Map([...each.ranges, [wire, bits + 2]]) }),
          ),
      );
      expect(found, name).not.toEqual([]);
    }
  });
});
