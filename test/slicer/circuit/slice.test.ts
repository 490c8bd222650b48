import fc from 'fast-check';
import * as snarkjs from 'snarkjs';
import { afterAll, describe, expect, it } from 'vitest';
import { commitTensor } from '../../../protocol/commitment/commit.ts';
import { checkWitness, firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { constraintParts, countConstraints } from '../../../slicer/circuit/count/count.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import { publicSignalCount } from '../../../groth16/formats/r1cs.ts';
import { writeR1cs } from '../../../groth16/formats/r1cs-file.ts';
import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { createSnarkjsBackend } from '../../../groth16/prove/snarkjs-backend.ts';
import { verifyProof } from '../../../groth16/verify/verify.ts';
import { developmentSetup } from '../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { stopSnarkjs } from '../../groth16/prove/snarkjs.ts';
import type { Draw } from './programs.ts';
import { ProgramBuilder, lenetFeatures, randomInputs, randomProgram } from './programs.ts';
import { looseWires, wiresOf } from './support.ts';

afterAll(stopSnarkjs);

const unsigned4 = { signed: false, bits: 4 };

/** Every gadget once: two inputs, padding, pooling, ReLU with a clamp, a residual sum, concat, two outputs. */
function everything(): IntegerProgram {
  const build = new ProgramBuilder();
  let next = 3;
  const weight = (): number => ((next = (next * 37) % 101) % 15) - 7;
  const x = build.input([1, 2, 4, 4], unsigned4);
  const y = build.input([1, 1, 4, 4], { signed: true, bits: 3 });
  const acc = build.conv(x, 2, { kernel: [3, 3], pads: [1, 1, 1, 1] }, weight);
  const relu = build.rescale(build.maxPool(acc, [2, 2], [2, 2]), 2, unsigned4, true);
  const small = build.rescale(build.conv(y, 1, { kernel: [3, 3] }, weight), 1, unsigned4);
  const both = build.concat([relu, small], 1);
  const sum = build.rescale(build.add(both, both, [2, 0]), 1, { signed: true, bits: 4 });
  const logits = build.rescale(build.gemm(build.flatten(sum), 3, weight), 1, { signed: true, bits: 8 });
  return build.program([relu, logits]);
}

const salts = { inputSalts: [11n, SCALAR_FIELD - 1n], outputSalts: [13n, 14n], tag: 15n };
const inputsOfEverything = [
  Float64Array.from({ length: 32 }, (_, i) => (i * 7) % 16),
  Float64Array.from({ length: 16 }, (_, i) => ((i * 5) % 8) - 4),
];

describe('compileSlice', () => {
  it('has as signals the commitments of inputs and outputs, then the tag', () => {
    const program = everything();
    const slice = compileSlice(program);
    const witness = slice.computeWitness({ inputs: inputsOfEverything, ...salts });
    const outputs = evaluateOutputs(program, inputsOfEverything);
    expect(witness.outputs).toEqual(outputs);
    expect(witness.publicSignals).toEqual([
      commitTensor(slice.inputs[0], inputsOfEverything[0], 11n),
      commitTensor(slice.inputs[1], inputsOfEverything[1], SCALAR_FIELD - 1n),
      commitTensor(slice.outputs[0], outputs[0], 13n),
      commitTensor(slice.outputs[1], outputs[1], 14n),
      15n,
    ]);
    expect(wiresOf(witness.values).slice(1, 6)).toEqual(witness.publicSignals);
    expect(checkWitness(slice.r1cs, witness.values)).toBeUndefined();
  });

  it('breaks when any wire of a whole slice is edited, signals, salts and inputs included', () => {
    const { r1cs, computeWitness } = compileSlice(everything());
    const { values } = computeWitness({ inputs: inputsOfEverything, ...salts });
    expect(looseWires(r1cs, wiresOf(values), 1)).toEqual([]);
  });

  it('breaks when several wires are edited at random', () => {
    const { r1cs, computeWitness } = compileSlice(everything());
    const honest = wiresOf(computeWitness({ inputs: inputsOfEverything, ...salts }).values);
    const edit = fc.record({
      wire: fc.integer({ min: 1, max: r1cs.wires - 1 }),
      value: fc.oneof(
        fc.bigInt({ min: 0n, max: 300n }),
        fc.bigInt({ min: SCALAR_FIELD - 300n, max: SCALAR_FIELD - 1n }),
        fc.bigInt({ min: 0n, max: SCALAR_FIELD - 1n }),
      ),
    });
    const near = fc.tuple(edit, fc.array(edit, { minLength: 1, maxLength: 5 }), fc.boolean());
    fc.assert(
      fc.property(near, ([first, others, close]) => {
        const edited = [...honest];
        edited[first.wire] = first.value;
        for (const [i, { wire, value }] of others.entries()) {
          edited[close ? 1 + ((first.wire + i) % (r1cs.wires - 1)) : wire] = value;
        }
        fc.pre(edited.some((value, wire) => value !== honest[wire]));
        expect(firstBrokenRow(r1cs, edited)).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('books every row on a part', () => {
    const slice = compileSlice(everything());
    expect(slice.layout.reduce((sum, { rows }) => sum + rows, 0)).toBe(slice.r1cs.constraints);
    expect(slice.layout.map(({ name }) => name)).toContain('range t0');
    expect(slice.layout.at(-1)).toEqual({ name: 'tag', rows: 1 });
  });

  it('has the rows that are counted, of random programs', () => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const program = randomProgram((min, max) => gen(fc.integer, { min, max }));
        const slice = compileSlice(program);
        expect(constraintParts(program)).toEqual(slice.layout);
        expect(countConstraints(program)).toBe(slice.r1cs.constraints);
      }),
      { numRuns: 50 },
    );
  });

  it('agrees with evaluator and commitments on random programs and inputs', () => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const draw: Draw = (min, max) => gen(fc.integer, { min, max });
        const program = randomProgram(draw);
        const slice = compileSlice(program);
        const inputs = randomInputs(program, draw);
        const witness = slice.computeWitness({
          inputs,
          inputSalts: inputs.map((_, i) => BigInt(i)),
          outputSalts: program.outputs.map((_, i) => 100n + BigInt(i)),
          tag: 3n,
        });
        expect(witness.outputs).toEqual(evaluateOutputs(program, inputs));
        expect(witness.publicSignals).toEqual([
          ...inputs.map((values, i) => commitTensor(slice.inputs[i], values, BigInt(i))),
          ...witness.outputs.map((values, i) => commitTensor(slice.outputs[i], values, 100n + BigInt(i))),
          3n,
        ]);
        expect(checkWitness(slice.r1cs, witness.values)).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  it('is taken by snarkjs: witness check, setup, proof, verification', async () => {
    const program = lenetFeatures(8, 1, () => 3);
    const { r1cs, computeWitness } = compileSlice(program);
    const request = {
      inputs: [new Float64Array(64).fill(200)],
      inputSalts: [1n],
      outputSalts: [2n],
      tag: 3n,
    };
    const { values, publicSignals } = computeWitness(request);
    const file = { type: 'mem' as const, data: writeR1cs(r1cs) };
    const witness = writeWitness(values);
    expect(await snarkjs.wtns.check(file, { type: 'mem', data: witness })).toBe(true);
    const seed = new TextEncoder().encode('slice');
    const { provingKey, verifyingKey } = await developmentSetup(r1cs, {
      phase1: deriveDevelopmentPhase1(seed),
      seed,
    });
    const proved = await createSnarkjsBackend().prove({ provingKey, witness });
    expect(proved.publicSignals).toEqual(publicSignals.map(String));
    expect(await verifyProof(verifyingKey, proved.publicSignals, proved.proof)).toMatchObject({ ok: true });
    const otherTag = [...proved.publicSignals.slice(0, -1), '4'];
    expect(await verifyProof(verifyingKey, otherTag, proved.proof)).toMatchObject({ ok: false });
  });
});

describe('what a slice refuses', () => {
  const slice = compileSlice(everything());
  const request = { inputs: inputsOfEverything, ...salts };
  const refuses = (change: Partial<typeof request>, code: string): void => {
    expect(() => slice.computeWitness({ ...request, ...change })).toThrow(expect.objectContaining({ code }));
  };

  it('refuses values outside their bits, of another count, or too few tensors', () => {
    const [x, y] = inputsOfEverything;
    refuses({ inputs: [x.map((value, i) => (i === 5 ? 16 : value)), y] }, 'INTEGER_INPUT_RANGE');
    refuses({ inputs: [x.map((value, i) => (i === 5 ? -1 : value)), y] }, 'INTEGER_INPUT_RANGE');
    refuses({ inputs: [x.subarray(1), y] }, 'INTEGER_INPUT_SIZE');
    refuses({ inputs: [x] }, 'INTEGER_INPUT_COUNT');
  });

  it('refuses a missing salt, and salts and tags outside the field', () => {
    refuses({ inputSalts: [1n] }, 'CIRCUIT_SALTS');
    refuses({ outputSalts: [1n, 2n, 3n] }, 'CIRCUIT_SALTS');
    refuses({ outputSalts: [1n, SCALAR_FIELD] }, 'CIRCUIT_SIGNAL');
    refuses({ tag: -1n }, 'CIRCUIT_SIGNAL');
  });

  it('refuses an output that may leave the range it is committed with', () => {
    const build = new ProgramBuilder();
    const x = build.input([1, 4], { signed: false, bits: 8 });
    const program = build.program([build.rescale(x, 0, { signed: false, bits: 8 })]);
    const [input, output] = program.tensors;
    const narrowed = { ...input, name: 'narrow', range: unsigned4 };
    const reshaped: IntegerProgram = {
      ...program,
      tensors: [input, output, narrowed],
      nodes: [...program.nodes, { kind: 'reshape', name: 'narrow', input: 1, output: 2 }],
      outputs: [2],
    };
    expect(() => compileSlice(program)).not.toThrow();
    expect(() => compileSlice(reshaped)).toThrow(expect.objectContaining({ code: 'CIRCUIT_OUTPUT_RANGE' }));
  });

  it('takes the widest legal accumulator and refuses one past', () => {
    const widest = Number.MAX_SAFE_INTEGER - 1;
    const program = (bias: number): IntegerProgram => ({
      tensors: [
        { name: 'x', shape: [1, 1], scale: 0, range: { signed: false, bits: 32 } },
        { name: 'acc', shape: [1, 1], scale: 0 },
        { name: 'q', shape: [1, 1], scale: 0, range: { signed: true, bits: 32 } },
      ],
      inputs: [0],
      outputs: [2],
      nodes: [
        {
          kind: 'gemm',
          name: 'g',
          input: 0,
          output: 1,
          weights: Int32Array.of(-(2 ** 20)),
          bias: Float64Array.of(bias),
        },
        { kind: 'rescale', name: 'r', input: 1, output: 2, shift: 1, relu: false },
      ],
    });
    const top = widest - 2 ** 20 * (2 ** 32 - 1);
    const { r1cs, computeWitness } = compileSlice(program(-top));
    for (const value of [0, 1, 2 ** 32 - 1]) {
      const inputs = [Float64Array.of(value)];
      const { values } = computeWitness({ inputs, inputSalts: [1n], outputSalts: [2n], tag: 3n });
      expect(checkWitness(r1cs, values)).toBeUndefined();
    }
    expect(() => compileSlice(program(-top - 1))).toThrow(
      expect.objectContaining({ code: 'INTEGER_TOO_WIDE' }),
    );
  });
});

describe('checkWitness', () => {
  const slice = compileSlice(everything());
  const { values } = slice.computeWitness({ inputs: inputsOfEverything, ...salts });
  const edited = (at: number, byte: number): Uint8Array => {
    const copy = values.slice();
    copy[at] = byte;
    return copy;
  };

  it('names the first broken row', () => {
    // The last wire is the copy of the last signal, which the row of that signal's number ties to it.
    const lastWire = slice.r1cs.wires - 1;
    expect(checkWitness(slice.r1cs, edited(lastWire * 32, 7))).toBe(publicSignalCount(slice.r1cs));
  });

  it('refuses a witness of another size, one without the one, and values past the field', () => {
    expect(() => checkWitness(slice.r1cs, values.subarray(32))).toThrow(
      expect.objectContaining({ code: 'CIRCUIT_WITNESS_SIZE' }),
    );
    expect(() => checkWitness(slice.r1cs, edited(0, 2))).toThrow(
      expect.objectContaining({ code: 'CIRCUIT_WITNESS_ONE' }),
    );
    expect(() => checkWitness(slice.r1cs, edited(63, 0xff))).toThrow(
      expect.objectContaining({ code: 'CIRCUIT_WITNESS_FIELD' }),
    );
  });
});
