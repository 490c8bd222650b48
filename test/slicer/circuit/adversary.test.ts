import { describe, expect, it } from 'vitest';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import type { CircuitOptions } from '../../../slicer/circuit/plan.ts';
import { LinearBatch, type Placer } from '../../../slicer/circuit/rows/batch.ts';
import { exact } from '../../../slicer/integer/exact.ts';
import { planRescale, constrainRescale, assignRescale } from '../../../slicer/circuit/gadgets/rescale.ts';
import { LinearForms } from '../../../slicer/circuit/rows/linear.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { NonlinearBuilder, inputsOf, nonlinearCase } from '../../support/nonlinear-programs.ts';
import { seededNumbers } from '../../support/programs.ts';
import { Adversary } from './adversary.ts';
import { inputForms } from './forms.ts';
import { rescaled } from './gadgets.ts';
import { operatorPrograms } from './operator-programs.ts';
import { gadgetCircuit, wiresOf } from './support.ts';

const TRIES = Math.max(2, Math.round(6 * Number(process.env.SLICEPROOF_FUZZ ?? 1)));

/** An adversary of a compiled slice, without the hashing of inputs, which are fixed, and of outputs, which takes any; and one row. */
function against(program: IntegerProgram, options?: CircuitOptions, drop = -1): Adversary {
  const { r1cs, layout, roles, computeWitness } = compileSlice(program, options);
  const inputs = inputsOf(program, 3);
  const salts = { inputSalts: inputs.map(() => 1n), outputSalts: program.outputs.map(() => 2n) };
  const honest = wiresOf(computeWitness({ inputs, ...salts, tag: 9n }).values);
  const without = new Set<number>(drop < 0 ? [] : [drop]);
  let row = 0;
  for (const { name, rows } of layout) {
    for (const end = row + rows; row < end; row++) if (name.startsWith('commit ')) without.add(row);
  }
  // The constant and the signals, with their copies at the end: a commitment that an output has follows from it.
  const signals = Array.from({ length: 1 + r1cs.publicInputs }, (_, i) => [i, r1cs.wires - 1 - i]).flat();
  const fixed = new Set([...signals, ...roles.given, ...roles.inputs.flatMap(({ values }) => values)]);
  if (roles.hashed !== undefined)
    for (const wire of [roles.hashed.challenge, ...roles.hashed.words]) fixed.add(wire);
  return new Adversary(r1cs, honest, fixed, without);
}

function secondWitness(adversary: Adversary): readonly number[] | undefined {
  const draw = seededNumbers(7);
  return adversary.byDigits(draw, TRIES) ?? adversary.byHints(draw);
}

const inBits = Object.entries(operatorPrograms).filter(([, [, options]]) => options?.mode !== 'lookups');

describe('a prover that moves value between digits and changes hints finds no second witness', () => {
  it.each(inBits)('of %s', (_, [program, options]) => {
    expect(secondWitness(against(program, options))).toBeUndefined();
  });

  it('of random programs', () => {
    for (let seed = 0; seed < TRIES; seed++) {
      expect(secondWitness(against(nonlinearCase(seed).program)), `seed ${seed}`).toBeUndefined();
    }
  });
});

describe('it finds one', () => {
  /** Three rescales of one accumulator of eight bits each, `less` bits nearer to each other than they are. */
  function closeSlots(less: number): Adversary {
    const rescale = { low: -100, high: 100, shift: 2, relu: false, range: { signed: true, bits: 7 } };
    const plan = planRescale({ low: exact(-100), high: exact(100) }, 2, false, rescale.range);
    let shift = 0;
    const placer: Placer = {
      place(width) {
        const at = { shift, fresh: false };
        shift += width - less;
        return at;
      },
    };
    const { r1cs, witness } = gadgetCircuit({
      inputs: 3,
      constrain(builder) {
        const batch = new LinearBatch(builder, placer);
        for (let i = 0; i < 3; i++)
          constrainRescale(builder, batch, plan, inputForms(3), i, new LinearForms());
        batch.end();
      },
      assign(writer, values) {
        for (const value of values)
          assignRescale(writer, plan, exact(Number(value)), exact(rescaled(rescale, Number(value))));
      },
    });
    return new Adversary(r1cs, witness([77n, -31n, 90n]), new Set([0, 1, 2, 3]), new Set());
  }

  it('where equations that share a row lie two bits too near', () => {
    expect(secondWitness(closeSlots(0))).toBeUndefined();
    expect(secondWitness(closeSlots(2))).toBeDefined();
  });

  it('where a maximum may be larger than every value: its product of distances is left out', () => {
    const build = new NonlinearBuilder();
    const x = build.input([1, 1, 1, 3], { signed: true, bits: 4 });
    const program = build.program([build.rescale(build.belowMax(x), 0, { signed: false, bits: 5 })]);
    const { layout, r1cs } = compileSlice(program);
    const names = layout.flatMap(({ name, rows }) => new Array<string>(rows).fill(name));
    const found = names.flatMap((name, row) => {
      const isProduct = r1cs.a.offsets[row + 1] > r1cs.a.offsets[row];
      return name === 'below-max 0' && isProduct && secondWitness(against(program, {}, row)) !== undefined
        ? [row]
        : [];
    });
    expect(found.length).toBeGreaterThan(0);
  });
});
