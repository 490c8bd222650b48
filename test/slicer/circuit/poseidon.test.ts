import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildPoseidon } from 'circomlibjs';
import * as poseidonLite from 'poseidon-lite';
import { describe, expect, it } from 'vitest';
import { commitTensor } from '../../../protocol/commitment/commit.ts';
import type { TensorSpec } from '../../../protocol/commitment/commit.ts';
import { firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import {
  assignCommitment,
  commitmentRows,
  constrainCommitment,
} from '../../../slicer/circuit/gadgets/commit.ts';
import { assignPoseidon, PoseidonGadget, poseidonRows } from '../../../slicer/circuit/gadgets/poseidon.ts';
import { poseidonParameters } from '../../../slicer/circuit/poseidon/parameters.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { GadgetCircuit } from './support.ts';
import { inputForms } from './forms.ts';
import { gadgetCircuit, looseWires } from './support.ts';

const require = createRequire(import.meta.url);
const reference = await buildPoseidon();
const lite = poseidonLite as unknown as Record<string, (inputs: readonly bigint[]) => bigint>;

/** Wires 1 … count are the inputs that are no constants, wire count + 1 the hash. */
function hashCircuit(inputs: readonly (bigint | undefined)[]): GadgetCircuit {
  const count = inputs.filter((input) => input === undefined).length;
  return gadgetCircuit({
    inputs: count + 1,
    constrain: (builder) => {
      let next = 1;
      const one = builder.scaled(1);
      new PoseidonGadget(builder).constrain(
        inputs.map((input) => input ?? { wires: [next++], coefficients: [one], constant: 0n }),
        count + 1,
      );
    },
    assign: (writer, values) => {
      let next = 0;
      const hash = assignPoseidon(
        writer,
        inputs.map((input) => input ?? values[next++]),
        inputs.map((input) => input !== undefined),
      );
      writer.setField(count + 1, hash);
    },
  });
}

describe('Poseidon parameters', () => {
  it('are those of poseidon-lite for every width', () => {
    const folder = dirname(require.resolve('poseidon-lite'));
    const { default: decode } = require(join(folder, 'poseidon/unstringify.js')) as {
      default: (value: unknown) => { C: bigint[]; M: bigint[][] };
    };
    for (let inputs = 1; inputs <= 16; inputs++) {
      const { default: encoded } = require(join(folder, `constants/${inputs}.js`)) as { default: unknown };
      const { C, M } = decode(encoded);
      const { constants, mix } = poseidonParameters(inputs + 1);
      expect(constants).toEqual(C);
      expect(mix).toEqual(M);
    }
  });
});

describe('Poseidon in a circuit', () => {
  it('computes what circomlibjs and poseidon-lite compute, for every number of inputs', () => {
    for (let count = 1; count <= 16; count++) {
      const values = Array.from({ length: count }, (_, i) => SCALAR_FIELD - 5n ** BigInt(i + 1));
      const circuit = hashCircuit(values.map(() => undefined));
      const witness = circuit.witness([...values, 0n]);
      expect(witness[count + 1]).toBe(reference.F.toObject(reference(values)));
      expect(witness[count + 1]).toBe(lite[`poseidon${count}`](values));
      expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
      expect(circuit.r1cs.constraints).toBe(poseidonRows(count, 0));
    }
  });

  it('saves three rows for every constant among its inputs', () => {
    for (const inputs of [
      [7n, undefined],
      [7n, undefined, undefined, 0n, 0n],
      [undefined, 0n, undefined],
      [undefined, ...new Array<bigint>(15).fill(0n)],
    ]) {
      const constants = inputs.filter((input) => input !== undefined).length;
      const circuit = hashCircuit(inputs);
      expect(circuit.r1cs.constraints).toBe(poseidonRows(inputs.length, 0) - 3 * constants);
      const values = inputs.filter((input) => input === undefined).map((_, i) => 11n + BigInt(i));
      const witness = circuit.witness([...values, 0n]);
      expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
      let next = 0;
      expect(witness[values.length + 1]).toBe(
        lite[`poseidon${inputs.length}`](inputs.map((input) => input ?? values[next++])),
      );
    }
  });

  it('breaks when any wire, the hash included, is edited', () => {
    for (const inputs of [
      [undefined],
      [7n, undefined, undefined],
      [3n, ...new Array<undefined>(14).fill(undefined), 0n],
    ]) {
      const circuit = hashCircuit(inputs);
      const count = circuit.inputs - 1;
      const witness = circuit.witness([...Array.from({ length: count }, (_, i) => BigInt(i)), 0n]);
      expect(looseWires(circuit.r1cs, witness, 1)).toEqual([]);
    }
  });

  it('keeps single wires in A and B past the first rounds', () => {
    const { r1cs } = hashCircuit(new Array<undefined>(16).fill(undefined));
    const long = Array.from(
      { length: r1cs.constraints },
      (_, row) => r1cs.a.offsets[row + 1] - r1cs.a.offsets[row],
    );
    // 32 rows read an input and its round constant, 2 the second round's one dependent S-box.
    expect(long.filter((terms) => terms > 2)).toHaveLength(2);
  });
});

/** Wires 1 … count are values (given as in range), then salt and commitment. */
function commitCircuit(spec: TensorSpec): GadgetCircuit {
  return gadgetCircuit({
    inputs: spec.count + 2,
    constrain: (builder) => {
      const poseidon = new PoseidonGadget(builder);
      constrainCommitment(builder, poseidon, spec, inputForms(spec.count), spec.count + 1, spec.count + 2);
    },
    assign: (writer, values) => {
      const tensor = Float64Array.from(values.slice(0, spec.count), Number);
      writer.setField(spec.count + 2, assignCommitment(writer, spec, tensor, values[spec.count]));
    },
  });
}

describe('commitment in a circuit', () => {
  const specs: TensorSpec[] = [
    { count: 1, bits: 8, signed: false },
    { count: 10, bits: 16, signed: true },
    { count: 93, bits: 8, signed: false },
    { count: 94, bits: 8, signed: true },
    { count: 31 * 14, bits: 8, signed: false },
    { count: 31 * 14 + 1, bits: 8, signed: false },
    { count: 31 * 40, bits: 8, signed: true },
    { count: 300, bits: 1, signed: false },
    { count: 30, bits: 32, signed: true },
    { count: 200, bits: 3, signed: true },
  ];

  it('costs what its formula says', () => {
    for (const spec of specs) expect(commitCircuit(spec).r1cs.constraints).toBe(commitmentRows(spec));
  });

  it('is commitTensor for tensors of any length, width and sign', () => {
    for (const spec of specs) {
      const circuit = commitCircuit(spec);
      const low = spec.signed ? -(2 ** (spec.bits - 1)) : 0;
      const values = Array.from({ length: spec.count }, (_, i) => low + ((i * 2654435761) % 2 ** spec.bits));
      const salt = SCALAR_FIELD - 12345n;
      const witness = circuit.witness([...values.map(BigInt), salt, 0n]);
      expect(firstBrokenRow(circuit.r1cs, witness)).toBeUndefined();
      expect(witness[spec.count + 2]).toBe(commitTensor(spec, values, salt));
    }
  });

  it('breaks when any wire is edited: values, salt, commitment and all between', () => {
    for (const spec of [specs[1], specs[4], specs[7]]) {
      const circuit = commitCircuit(spec);
      const values = Array.from({ length: spec.count }, (_, i) => BigInt(i % 2));
      expect(looseWires(circuit.r1cs, circuit.witness([...values, 99n, 0n]), 1)).toEqual([]);
    }
  });
});
