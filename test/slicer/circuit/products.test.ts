import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniquenessOf } from '../../../groth16/audit/unique/unique.ts';
import { hashWords } from '../../../protocol/commitment/commit.ts';
import { encodeProgram } from '../../../slicer/integer/serialise.ts';
import { checkWitness, firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { circuitSize, constraintParts, countConstraints } from '../../../slicer/circuit/count/count.ts';
import type { WindowAxis } from '../../../slicer/circuit/products/window-sums.ts';
import { windowRows, windowSums } from '../../../slicer/circuit/products/window-sums.ts';
import { CountMachine } from '../../../slicer/circuit/products/count-machine.ts';
import type { CheckForm, CheckMachine } from '../../../slicer/circuit/products/machine.ts';
import { publicSignalCount } from '../../../groth16/formats/r1cs.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { NonlinearBuilder } from '../../support/nonlinear-programs.ts';
import { operatorPrograms } from './operator-programs.ts';
import type { Draw } from './programs.ts';
import { ProgramBuilder, randomInputs, randomProgram } from './programs.ts';
import { looseWires, wiresOf } from './support.ts';

const runs = Number(process.env.SLICEPROOF_FUZZ ?? 1);
const checked = { products: 'wherever possible' } as const;

/**
 * A strided, padded, dilated or grouped convolution, perhaps with a residual sum, or a product by a constant matrix,
 * or of two matrices.
 */
function checkable(draw: Draw): IntegerProgram {
  const build = new ProgramBuilder();
  const weight = (): number => draw(-15, 15);
  const range = { signed: draw(0, 1) === 1, bits: draw(2, 6) };
  const output = { signed: true, bits: draw(3, 6) };
  if (draw(0, 3) === 0) {
    const x = build.input([draw(1, 5), draw(1, 12)], range);
    return build.program([build.rescale(build.gemm(x, draw(1, 24), weight), draw(0, 6), output)]);
  }
  if (draw(0, 2) === 0) {
    const [batch, rows, inner, columns] = [draw(1, 2), draw(1, 7), draw(1, 6), draw(1, 7)];
    const left = build.input([1, batch, rows, inner], range);
    const right = build.input([1, batch, inner, columns], { signed: true, bits: 5 });
    return build.program([build.rescale(build.matmul(left, right), draw(0, 6), output)]);
  }
  const groups = draw(1, 2);
  const [height, width] = [draw(3, 9), draw(3, 9)];
  const x = build.input([1, groups * draw(1, 3), height, width], range);
  const dilations = [draw(1, 2), draw(1, 2)] as const;
  const pads = [draw(0, 2), draw(0, 2), draw(0, 2), draw(0, 2)] as const;
  const kernel = [draw(1, Math.min(3, 1 + Math.floor((height - 1) / dilations[0]))), draw(1, 2)] as const;
  const acc = build.conv(
    x,
    groups * draw(1, 4),
    { kernel, dilations, pads, groups, strides: [draw(1, 3), draw(1, 3)] },
    weight,
  );
  if (draw(0, 2) > 0) {
    const relu = draw(0, 1) === 1;
    return build.program([build.rescale(acc, draw(0, 6), { ...output, signed: !relu }, relu)]);
  }
  const y = build.input(build.shape(acc), { signed: false, bits: 4 });
  const sum = draw(0, 1) === 0 ? build.add(acc, y, [draw(0, 2), 3]) : build.add(y, acc, [2, draw(0, 2)]);
  return build.program([build.rescale(sum, draw(0, 6), output)]);
}

function witnessOf(program: IntegerProgram, inputs: readonly Float64Array[]) {
  const slice = compileSlice(program, checked);
  const witness = slice.computeWitness({
    inputs,
    inputSalts: inputs.map((_, i) => BigInt(i + 1)),
    outputSalts: program.outputs.map((_, i) => BigInt(i + 100)),
    tag: 3n,
  });
  return { slice, witness };
}

describe('product checks', () => {
  it('have the rows that are counted', () => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const draw: Draw = (min, max) => gen(fc.integer, { min, max });
        const program = draw(0, 3) === 0 ? randomProgram(draw) : checkable(draw);
        const slice = compileSlice(program, checked);
        expect(constraintParts(program, checked)).toEqual(slice.layout);
        expect(countConstraints(program, checked)).toBe(slice.r1cs.constraints);
      }),
      { numRuns: 25 * runs },
    );
  });

  it('hold for what the program means', () => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const draw: Draw = (min, max) => gen(fc.integer, { min, max });
        const program = draw(0, 3) === 0 ? randomProgram(draw) : checkable(draw);
        const inputs = randomInputs(program, draw);
        const { slice, witness } = witnessOf(program, inputs);
        expect(witness.outputs).toEqual(evaluateOutputs(program, inputs));
        expect(checkWitness(slice.r1cs, witness.values)).toBeUndefined();
      }),
      { numRuns: 80 * runs },
    );
  });

  it('have a challenge that hashes the program, the commitments of all inputs, and all checked accumulators', () => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const draw: Draw = (min, max) => gen(fc.integer, { min, max });
        const program = checkable(draw);
        const { slice, witness } = witnessOf(program, randomInputs(program, draw));
        const { hashed } = slice.roles;
        fc.pre(hashed !== undefined);
        const wires = wiresOf(witness.values);
        const words = hashed.words.map((wire) => wires[wire]);
        const commitments = witness.publicSignals.slice(0, program.inputs.length);
        expect(words.slice(0, commitments.length)).toEqual(commitments);
        const digest = createHash('sha256')
          .update('sliceproof product checks v1')
          .update(encodeProgram(program))
          .digest('hex');
        expect(wires[hashed.challenge]).toBe(hashWords([BigInt(`0x${digest}`) >> 3n, ...words]));
      }),
      { numRuns: 6 * runs },
    );
  });

  it('prove nothing where the challenge leaves out an input’s commitment or a word of accumulators', () => {
    for (const name of ['conv', 'matmul']) {
      const [program, options] = operatorPrograms[`${name} by a product check at several powers`];
      const { r1cs, roles } = compileSlice(program, options);
      const hashed = roles.hashed!;
      expect(uniquenessOf(r1cs, roles)).toEqual({ undetermined: [], unbound: [] });
      for (const left of hashed.words) {
        const words = hashed.words.filter((word) => word !== left);
        const found = uniquenessOf(r1cs, { ...roles, hashed: { ...hashed, words } });
        expect(found.undetermined, `${name} without wire ${left}`).not.toEqual([]);
      }
    }
  });

  it('are none of one result each in circuits of lookups, which is stated outright', () => {
    const one = [1, 1, 1, 1];
    const signed4 = { signed: true, bits: 4 };
    const programs = [
      (build: NonlinearBuilder) => build.conv(build.input(one, signed4), 0, 9),
      (build: NonlinearBuilder) => build.gemm(build.input([1, 3], signed4), [1, -2, 3], 4),
      (build: NonlinearBuilder) => build.matmul(build.input(one, signed4), build.input(one, signed4)),
      (build: NonlinearBuilder) => {
        const windows = { kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;
        return build.convImage(build.input([1, 2, 1, 1], signed4), { ...windows, groups: 2 }, [3, 5], [0, 1]);
      },
    ].map((make) => {
      const build = new NonlinearBuilder();
      return build.program([build.rescale(make(build), 0, { signed: true, bits: 12 })]);
    });
    for (const program of programs) {
      const { r1cs, roles } = compileSlice(program, { mode: 'lookups', products: 'wherever possible' });
      expect(uniquenessOf(r1cs, roles)).toEqual({ undetermined: [], unbound: [] });
    }
  });

  it('hold in circuits of lookups too, whose lint takes them', () => {
    const options = { mode: 'lookups', products: 'wherever possible' } as const;
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const draw: Draw = (min, max) => gen(fc.integer, { min, max });
        const program = draw(0, 3) === 0 ? randomProgram(draw) : checkable(draw);
        const inputs = randomInputs(program, draw);
        const slice = compileSlice(program, options);
        const witness = slice.computeWitness({
          inputs,
          inputSalts: inputs.map(() => 1n),
          outputSalts: program.outputs.map(() => 2n),
          tag: 3n,
          challenge: { challenge: () => 2n ** 200n + 77n, blinding: 2n ** 100n },
        });
        expect(constraintParts(program, options)).toEqual(slice.layout);
        expect(circuitSize(program, options).publicWires).toBe(publicSignalCount(slice.r1cs));
        expect(witness.outputs).toEqual(evaluateOutputs(program, inputs));
        expect(checkWitness(slice.r1cs, witness.values)).toBeUndefined();
      }),
      { numRuns: 25 * runs },
    );
  });

  it('leave no wire loose', () => {
    const build = new ProgramBuilder();
    let next = 3;
    const weight = (): number => ((next = (next * 37) % 101) % 15) - 7;
    const x = build.input([1, 2, 4, 4], { signed: false, bits: 3 });
    const first = build.rescale(
      build.conv(x, 3, { kernel: [3, 3], pads: [1, 1, 1, 1] }, weight),
      3,
      { signed: false, bits: 3 },
      true,
    );
    const second = build.rescale(build.gemm(build.flatten(first), 4, weight), 4, { signed: true, bits: 5 });
    const program = build.program([second]);
    const image = Float64Array.from({ length: 32 }, (_, i) => (i * 5) % 8);
    const { slice, witness } = witnessOf(program, [image]);
    const honest = wiresOf(witness.values);
    expect(slice.layout.map(({ name }) => name)).toContain('product checks');
    expect(firstBrokenRow(slice.r1cs, honest)).toBeUndefined();
    expect(looseWires(slice.r1cs, honest, 1)).toEqual([]);
  });

  it('leave no wire loose in a circuit of lookups but the blinding', () => {
    const build = new ProgramBuilder();
    const left = build.input([1, 3, 4], { signed: true, bits: 3 });
    const right = build.input([1, 4, 3], { signed: false, bits: 3 });
    const program = build.program([build.rescale(build.matmul(left, right), 3, { signed: true, bits: 8 })]);
    const { r1cs, computeWitness } = compileSlice(program, { ...checked, mode: 'lookups' });
    const { values } = computeWitness({
      inputs: [3, 5].map((step) => Float64Array.from({ length: 12 }, (_, i) => (i * step) % 4)),
      inputSalts: [1n, 2n],
      outputSalts: [3n],
      tag: 4n,
      challenge: { challenge: () => 2n ** 200n + 77n, blinding: 2n ** 100n },
    });
    const honest = wiresOf(values);
    expect(firstBrokenRow(r1cs, honest)).toBeUndefined();
    expect(looseWires(r1cs, honest, 1)).toEqual([publicSignalCount(r1cs)]);
  });
});

describe('window sums', () => {
  const axes = fc.record({
    blocks: fc.integer({ min: 1, max: 6 }),
    taps: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 3 }),
  });

  it('take the rows that are counted', () => {
    fc.assert(
      fc.property(axes, (axis) => {
        const machine = new CountMachine();
        windowSums(machine, axis, () => machine.value(), {
          step: () => machine.value(),
          leap: () => machine.value(),
        });
        expect(machine.rows).toBe(windowRows(axis));
      }),
    );
  });

  it('are the weighted sums under every tap', () => {
    fc.assert(
      fc.property(axes, fc.bigInt({ min: 2n, max: 1000n }), (axis, step) => {
        const element = (at: number): bigint => BigInt((at * at * 7 + at) % 50);
        const sums = windowSums(integers, axis, (at) => formOf(element(at)), {
          step: () => formOf(step),
          leap: () => formOf(step ** BigInt(axis.blocks)),
        });
        expect(sums.map(({ value }) => value)).toEqual(expectedSums(axis, element, step));
      }),
    );
  });
});

function expectedSums(
  { blocks, taps, stride, dilation }: WindowAxis,
  element: (at: number) => bigint,
  step: bigint,
) {
  return Array.from({ length: taps }, (_, tap) => {
    let sum = 0n;
    for (let b = 0; b < blocks; b++) sum += step ** BigInt(b) * element(b * stride + tap * dilation);
    return sum;
  });
}

interface IntegerForm extends CheckForm {
  readonly value: bigint;
}

const formOf = (value: bigint): IntegerForm => ({ length: 1, value });

/** Plain integers in place of wires. */
const integers: CheckMachine<IntegerForm> = {
  nothing: { length: 0, value: 0n },
  constant: formOf,
  value: () => formOf(0n),
  sum: (parts) => formOf(parts.reduce((sum, [{ value }, factor]) => sum + value * factor, 0n)),
  product: (left, right, plus) => formOf(left.value * right.value + plus.value),
  wire: (form) => form,
  equal: () => undefined,
};
