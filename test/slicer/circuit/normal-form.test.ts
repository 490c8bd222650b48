import { beforeAll, describe, expect, it } from 'vitest';
import { firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice, type CompiledSlice } from '../../../slicer/circuit/compile.ts';
import type { CircuitOptions } from '../../../slicer/circuit/plan.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import { publicSignalCount, rowCount } from '../../../groth16/formats/r1cs.ts';
import { readR1cs, writeR1cs } from '../../../groth16/formats/r1cs-file.ts';
import type { VerifyingKeyJson } from '../../../groth16/formats/verifying-key.ts';
import { developmentSetup } from '../../../groth16/setup/development-setup.ts';
import { domainSizeOf } from '../../../groth16/setup/evaluate.ts';
import { deriveDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { NonlinearBuilder } from '../../support/nonlinear-programs.ts';
import { wiresOf } from './support.ts';

const phase1 = deriveDevelopmentPhase1(new Uint8Array(32).fill(5));

/** x · factor of so many values, rescaled; with a second input it has a signal more. */
function slice(values: number, factor: number, inputs: 1 | 2, options?: CircuitOptions): CompiledSlice {
  const build = new NonlinearBuilder();
  const shape = [1, 1, 1, values];
  const terms = Array.from({ length: inputs }, () => build.input(shape, { signed: true, bits: 4 }));
  const scaled = build.scale(terms[0], new Array<number>(values).fill(factor));
  const sum = inputs === 2 ? build.add(scaled, terms[1]) : scaled;
  return compileSlice(build.program([build.rescale(sum, 1, { signed: true, bits: 8 })]), options);
}

async function keyOf({ r1cs }: CompiledSlice): Promise<VerifyingKeyJson> {
  const setup = await developmentSetup(r1cs, { phase1, workers: 1, seed: new Uint8Array(32).fill(9) });
  return setup.verifyingKey;
}

describe('the normal form', () => {
  const lookups = { mode: 'lookups' } as const;
  const slices = {
    small: slice(6, 3, 1),
    other: slice(9, -5, 1),
    'of two inputs': slice(6, 3, 2),
    large: slice(150, 3, 1),
    'looked up': slice(40, 3, 1, lookups),
    'looked up, more': slice(44, 2, 1, lookups),
  };
  const keys: Partial<Record<keyof typeof slices, VerifyingKeyJson>> = {};
  const icOf = (name: keyof typeof slices) => keys[name]?.IC ?? [];

  beforeAll(async () => {
    for (const name of Object.keys(slices) as (keyof typeof slices)[]) keys[name] = await keyOf(slices[name]);
  });

  it('gives keys of one domain the same points of ic, however many signals they have', () => {
    const domains = Object.fromEntries(
      Object.entries(slices).map(([name, { r1cs }]) => [name, domainSizeOf(r1cs)]),
    );
    expect(domains['other']).toBe(domains['small']);
    expect(domains['of two inputs']).toBe(domains['small']);
    expect(icOf('other')).toEqual(icOf('small'));
    expect(icOf('of two inputs')).toHaveLength(icOf('small').length + 1);
    expect(icOf('of two inputs').slice(0, -1)).toEqual(icOf('small'));
    expect(keys.other?.vk_delta_2).not.toEqual(keys.small?.vk_delta_2);
  });

  it('gives keys with committed wires the same points too, though they commit to different numbers of them', () => {
    const [first, second] = [slices['looked up'].r1cs, slices['looked up, more'].r1cs];
    expect(domainSizeOf(first)).toBe(domainSizeOf(second));
    expect(first.committed).not.toBe(second.committed);
    // The last points belong to the committed wires.
    const statement = publicSignalCount(first) - (first.committed ?? 0) + 1;
    expect(icOf('looked up').slice(0, statement)).toEqual(icOf('looked up, more').slice(0, statement));
  });

  it('leaves keys of other domains their own', () => {
    expect(domainSizeOf(slices.large.r1cs)).toBeGreaterThan(domainSizeOf(slices.small.r1cs));
    const small = new Set(icOf('small').map(String));
    expect(icOf('large').some((point) => small.has(String(point)))).toBe(false);
  });

  it('takes no other copy of the constant or of a signal, and no other signal', () => {
    const { r1cs, computeWitness } = slices['of two inputs'];
    const inputs = [0, 1].map(() => Float64Array.from({ length: 6 }, (_, i) => i - 3));
    const { values } = computeWitness({ inputs, inputSalts: [1n, 2n], outputSalts: [3n], tag: 4n });
    const honest = wiresOf(values);
    expect(firstBrokenRow(r1cs, honest)).toBeUndefined();
    const signals = publicSignalCount(r1cs);
    for (let signal = 0; signal <= signals; signal++) {
      for (const wire of [signal, r1cs.wires - 1 - signals + signal]) {
        for (const value of [honest[wire] + 1n, SCALAR_FIELD - honest[wire]]) {
          const edited = honest.with(wire, value % SCALAR_FIELD);
          expect(firstBrokenRow(r1cs, edited)).toBe(signal);
        }
      }
    }
  });

  it('has its public wires in their own rows only, and its empty rows in the file', () => {
    for (const { r1cs } of Object.values(slices)) {
      const statement = publicSignalCount(r1cs) - (r1cs.committed ?? 0);
      for (const { offsets, wires } of [r1cs.a, r1cs.b, r1cs.c]) {
        const first = offsets[statement + 1];
        expect(wires.subarray(first).every((wire) => wire > statement)).toBe(true);
      }
      const read = readR1cs(writeR1cs(r1cs));
      expect([read.constraints, read.emptyRows]).toEqual([r1cs.constraints, r1cs.emptyRows]);
      expect(rowCount(r1cs) + publicSignalCount(r1cs)).toBeLessThan(domainSizeOf(r1cs));
    }
  });
});
