import { describe, expect, it } from 'vitest';
import { SCALAR_FIELD } from '../../../../groth16/formats/bn254.ts';
import { compileSlice } from '../../../../slicer/circuit/compile.ts';
import { rangeTable } from '../../../../slicer/circuit/lookups/table.ts';
import { LookupWriter } from '../../../../slicer/circuit/lookups/writer.ts';
import { checkWitness } from '../../../../slicer/circuit/witness/check.ts';
import { WitnessWriter } from '../../../../slicer/circuit/witness/witness-writer.ts';
import { operatorPrograms } from '../operator-programs.ts';
import { wiresOf } from '../support.ts';

const names = [
  'table, looked up',
  'wide rescale with a clamp, looked up',
  'conv by a product check, looked up',
];

describe.each(names)('the witness of a circuit of lookups: %s', (name) => {
  const [program, options] = operatorPrograms[name];
  const { r1cs, computeWitness } = compileSlice(program, options);
  const inputs = program.inputs.map(
    (id) => new Float64Array(program.tensors[id].shape.reduce((a, b) => a * b)),
  );
  const witness = (challenge: bigint, blinding = 0n) =>
    computeWitness({
      inputs,
      inputSalts: inputs.map(() => 1n),
      outputSalts: program.outputs.map(() => 2n),
      tag: 3n,
      challenge: { challenge: () => challenge, blinding },
    });
  /** Whether there is a witness at a challenge; every row of it holds. */
  const hasWitness = (challenge: bigint): boolean => {
    try {
      expect(checkWitness(r1cs, witness(challenge).values)).toBeUndefined();
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'CIRCUIT_CHALLENGE', retryable: true });
      return false;
    }
  };

  it('is there at every challenge in the field that is no entry of a table, those between entries included', () => {
    // Digits of zero are looked up, and pairs are large numbers.
    expect(Array.from({ length: 20 }, (_, challenge) => hasWitness(BigInt(challenge)))).toContain(true);
    expect(hasWitness(0n)).toBe(false);
    expect(hasWitness(SCALAR_FIELD - 1n)).toBe(true);
    for (const outside of [-1n, SCALAR_FIELD, SCALAR_FIELD + 300n]) expect(hasWitness(outside)).toBe(false);
  });

  it('is not made without what makes its challenge', () => {
    const salts = { inputSalts: inputs.map(() => 1n), outputSalts: program.outputs.map(() => 2n) };
    expect(() => computeWitness({ inputs, ...salts, tag: 3n })).toThrow(
      expect.objectContaining({ code: 'CIRCUIT_CHALLENGE' }),
    );
  });

  it('has its blinding in one wire, which hides what is committed, and nowhere else', () => {
    const [left, right] = [5n, SCALAR_FIELD - 7n].map((blinding) =>
      wiresOf(witness(2n ** 130n, blinding).values),
    );
    const differing = left.flatMap((value, wire) => (value === right[wire] ? [] : [wire]));
    expect(differing.map((wire) => [left[wire], right[wire]])).toEqual([[5n, SCALAR_FIELD - 7n]]);
  });
});

it('a challenge of the field’s order is refused, whatever is looked up: it is zero by another name', () => {
  const closed = (challenge: bigint) => () => {
    const lookups = new LookupWriter(new WitnessWriter(40, 20), 1);
    lookups.look(rangeTable(2), 3);
    lookups.close([], { challenge: () => challenge, blinding: 0n });
  };
  for (const taken of [0n, 1n, SCALAR_FIELD - 1n]) expect(closed(taken)).not.toThrow();
  for (const refused of [3n, SCALAR_FIELD, -1n]) {
    expect(closed(refused)).toThrow(expect.objectContaining({ code: 'CIRCUIT_CHALLENGE' }));
  }
});

it('a place that a table has not is refused', () => {
  const lookups = new LookupWriter(new WitnessWriter(40, 20), 1);
  for (const taken of [0, 3]) expect(() => lookups.look(rangeTable(2), taken)).not.toThrow();
  for (const refused of [-1, 4, 0.5, NaN]) {
    expect(() => lookups.look(rangeTable(2), refused)).toThrow(
      expect.objectContaining({ code: 'CIRCUIT_WITNESS_RANGE' }),
    );
  }
});
