import { describe, expect, it } from 'vitest';
import { undeterminedWires } from '../../../groth16/audit/unique/unique.ts';
import type { R1cs } from '../../../groth16/formats/r1cs.ts';
import { extremeInputs, randomInputs } from '../../../slicer/audit/trial-inputs.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import type { CircuitOptions } from '../../../slicer/circuit/plan.ts';
import { R1csBuilder } from '../../../slicer/circuit/rows/builder.ts';
import { checkWitness } from '../../../slicer/circuit/witness/check.ts';
import { nodeKinds } from '../../../slicer/integer/nodes/index.ts';
import type { IntegerProgram, TensorValues } from '../../../slicer/integer/program.ts';
import { referenceOf, referenceOutputs, type Reference } from '../../../slicer/reference/reference.ts';
import { extremeProgram, refusalOf } from '../../support/extreme-programs.ts';
import { nonlinearCase } from '../../support/nonlinear-programs.ts';
import { randomCase, seededNumbers } from '../../support/programs.ts';
import { operatorPrograms } from '../circuit/operator-programs.ts';
import { randomProgram } from '../circuit/programs.ts';

const FUZZ = Number(process.env.SLICEPROOF_FUZZ ?? 1);
const WAYS: readonly CircuitOptions[] = [
  { products: 'never' },
  { products: 'wherever possible' },
  { mode: 'lookups', products: 'never' },
  { mode: 'lookups', products: 'wherever possible' },
];
const challenge = { challenge: () => 2n ** 128n + 1n, blinding: 0n };

/** All least, all largest, all zero, at the ends by turns, random. */
function* trials(program: IntegerProgram, seed: number): Generator<readonly TensorValues[]> {
  const draw = seededNumbers(seed);
  const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => draw(0, 255));
  for (let turn = 0; turn < 5; turn++) yield extremeInputs(program, turn, bytes);
  yield randomInputs(program, bytes);
}

/** What a compiled circuit's honest prover gives, having looked at every row. */
function compiledOutputs(program: IntegerProgram, options: CircuitOptions) {
  const { r1cs, computeWitness } = compileSlice(program, options);
  return (inputs: readonly TensorValues[]): readonly TensorValues[] => {
    const salts = { inputSalts: inputs.map(() => 1n), outputSalts: program.outputs.map(() => 2n) };
    const { values, outputs } = computeWitness({ inputs, ...salts, tag: 3n, challenge });
    expect(checkWitness(r1cs, values)).toBeUndefined();
    return outputs;
  };
}

function expectSame(program: IntegerProgram, ways: readonly CircuitOptions[], name: string): void {
  const compiled = ways.map((way) => compiledOutputs(program, way));
  for (const inputs of trials(program, 5)) {
    const stated = referenceOutputs(program, inputs);
    expect(stated, `${name}: the reference has outputs`).toBeDefined();
    for (const outputs of compiled) expect(outputs(inputs), name).toEqual(stated);
  }
}

/** The reference's rows as any circuit's. */
function rowsOf({ system }: Reference): R1cs {
  const builder = new R1csBuilder({ publicInputs: 0, privateInputs: system.names.length - 1 });
  for (const row of system.rows) {
    for (const side of ['a', 'b', 'c'] as const) {
      const terms = new Map<number, bigint>();
      for (const [wire, factor] of row[side]) terms.set(wire, (terms.get(wire) ?? 0n) + factor);
      for (const [wire, factor] of terms) builder[side].push(wire, builder.coefficient(factor));
    }
    builder.endRow();
  }
  return builder.finish();
}

describe('a compiled circuit and the reference have the same outputs', () => {
  it.each(Object.entries(operatorPrograms))('%s', (name, [program]) => expectSame(program, WAYS, name));

  it('of every kind of node that is proved', () => {
    const kinds = Object.values(operatorPrograms).flatMap(([{ nodes }]) => nodes.map(({ kind }) => kind));
    const proved = Object.keys(nodeKinds).filter((kind) => kind !== 'foreign');
    expect([...new Set(kinds)].toSorted()).toEqual(proved.toSorted());
  });

  it.each([
    ['layers and pools', (seed: number) => randomProgram(seededNumbers(seed))],
    ['images, rows and residuals', (seed: number) => randomCase(seed).program],
    ['products, tables and divisions', (seed: number) => nonlinearCase(seed).program],
  ])('of random programs: %s', (name, make) => {
    for (let seed = 0; seed < 6 * FUZZ; seed++) {
      expectSame(make(seed), [WAYS[seed % 4], WAYS[(seed + 2) % 4]], `${name} ${seed}`);
    }
  });

  it('of programs with extreme constants, where they compile', () => {
    let compiled = 0;
    for (let seed = 0; seed < 100 * FUZZ; seed++) {
      const program = extremeProgram(seed);
      if (refusalOf(program) !== undefined) continue;
      try {
        expectSame(program, [WAYS[2 * (seed % 2)]], `seed ${seed}`);
        compiled++;
      } catch (error) {
        if ((error as { code?: string }).code !== 'CIRCUIT_TOO_WIDE') throw error;
      }
    }
    expect(compiled).toBeGreaterThan(20 * FUZZ);
  });
});

describe('the reference', () => {
  it.each(Object.entries(operatorPrograms))('leaves one witness for each input: %s', (_, [program]) => {
    const reference = referenceOf(program);
    const given = reference.inputs.flat().map(([[wire]]) => wire);
    expect(undeterminedWires(rowsOf(reference), given)).toEqual([]);
  });

  it('has no outputs for an input out of its range', () => {
    const [program] = operatorPrograms.conv;
    const inputs = (value: number): TensorValues[] => [new Float64Array(32).fill(1).fill(value, 7, 8)];
    expect(referenceOutputs(program, inputs(15))).toBeDefined();
    expect(referenceOutputs(program, inputs(16))).toBeUndefined();
    expect(referenceOutputs(program, inputs(-1))).toBeUndefined();
  });

  it('has no outputs for numbers past what a program may reach, or a table’s argument past its end', () => {
    const [program] = operatorPrograms.table;
    const far = {
      ...program,
      nodes: program.nodes.map((node) => (node.kind === 'table' ? { ...node, first: -7 } : node)),
    };
    expect(referenceOutputs(far, [new Float64Array(6).fill(-7), new Float64Array(6)])).toBeDefined();
    expect(referenceOutputs(far, [new Float64Array(6).fill(-8), new Float64Array(6)])).toBeUndefined();
  });
});
