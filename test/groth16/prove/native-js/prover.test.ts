import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { groth16, zKey } from 'snarkjs';
import type { MemoryFile } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BYTES, loadBn254 } from '../../../../groth16/curve/bn254-wasm.ts';
import { putG1 } from '../../../../groth16/curve/points.ts';
import { FIELD_BYTES, SCALAR_FIELD, writeLittleEndian } from '../../../../groth16/formats/bn254.ts';
import type { ProofJson } from '../../../../groth16/formats/proof.ts';
import { writeR1cs } from '../../../../groth16/formats/r1cs-file.ts';
import { writeWitness } from '../../../../groth16/formats/witness-file.ts';
import { readZkey } from '../../../../groth16/formats/zkey-file.ts';
import { availableKernels } from '../../../../groth16/kernel/bn254-kernel.ts';
import { createNativeJsBackend } from '../../../../groth16/prove/native-js/backend.ts';
import { createNativeProver } from '../../../../groth16/prove/native-js/prover.ts';
import type { NativeProver } from '../../../../groth16/prove/native-js/prover.ts';
import { verifyProof } from '../../../../groth16/verify/verify.ts';
import { developmentSetup } from '../../../../groth16/setup/development-setup.ts';
import type { SetupResult } from '../../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../../groth16/setup/trapdoor.ts';
import { sliceCircuit } from '../../../../scripts/bench/slice-circuit.ts';
import { anyExample, squarings } from '../../formats/circuits.ts';
import type { Example } from '../../formats/circuits.ts';
import { phase2File } from '../../setup/phase2-file.ts';
import { quiet, stopSnarkjs } from '../snarkjs.ts';

const seed = new TextEncoder().encode('native-js');
const phase1 = deriveDevelopmentPhase1(seed);
const example = squarings(50, 7n);
let keys: SetupResult;
let prover: NativeProver;

/** snarkjs's own; its types here name only what the project itself calls. */
const { contribute } = zKey as unknown as {
  readonly contribute: (from: MemoryFile, to: MemoryFile, name: string, entropy: string) => Promise<unknown>;
};

const setup = ({ r1cs }: Pick<Example, 'r1cs'>): Promise<SetupResult> =>
  developmentSetup(r1cs, { phase1, seed, workers: 1 });

beforeAll(async () => {
  keys = await setup(example);
  prover = await createNativeProver(randomBytes);
});

afterAll(stopSnarkjs);

describe('proofs of the native prover', () => {
  it('verify in snarkjs and in our own check for any circuit', async () => {
    await fc.assert(
      fc.asyncProperty(anyExample, async ({ r1cs, witness }) => {
        const { provingKey, verifyingKey } = await setup({ r1cs });
        prover.load(provingKey);
        const { proof, publicSignals } = prover.prove(writeWitness(witness));
        const signals = r1cs.publicOutputs + r1cs.publicInputs;
        expect(publicSignals).toEqual(witness.slice(1, 1 + signals).map(String));
        expect(await groth16.verify(verifyingKey, publicSignals, proof)).toBe(true);
        expect(await verifyProof(verifyingKey, publicSignals, proof)).toEqual({ ok: true });
      }),
      { numRuns: 40 },
    );
  });

  it('verify for circuits of every size around a power of two', async () => {
    for (const count of [1, 2, 3, 4, 5, 13, 14, 15, 28, 29, 30, 31, 1_000]) {
      const { r1cs, witness } = squarings(count, 3n);
      const { provingKey, verifyingKey } = await setup({ r1cs });
      prover.load(provingKey);
      const { proof, publicSignals } = prover.prove(writeWitness(witness));
      expect(await groth16.verify(verifyingKey, publicSignals, proof), `${count} rows`).toBe(true);
    }
  });

  it('verify for a slice of bits and hashes, and its memory does not grow from proof to proof', async () => {
    const { r1cs, makeWitness } = sliceCircuit(11);
    const witness = makeWitness();
    const { provingKey, verifyingKey } = await setup({ r1cs });
    const own = await createNativeProver(randomBytes);
    own.load(provingKey);
    own.prove(witness);
    const needed = own.memoryBytes;
    for (let round = 0; round < 10; round++) {
      if (round === 5) own.load(provingKey);
      const { proof, publicSignals } = own.prove(witness);
      expect(await groth16.verify(verifyingKey, publicSignals, proof)).toBe(true);
      expect(own.memoryBytes).toBe(needed);
    }
  });

  it('leave no memory that waits for the collector', async () => {
    const { r1cs, makeWitness } = sliceCircuit(11);
    const witness = makeWitness();
    const { provingKey } = await setup({ r1cs });
    const own = await createNativeProver(randomBytes);
    own.load(provingKey);
    own.prove(witness);
    const rounds = 5;
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < rounds; round++) own.prove(witness);
    const left = (process.memoryUsage().arrayBuffers - before) / rounds;
    // It works on some seven times as much outside V8's heap.
    expect(left).toBeLessThan(2 * witness.length);
  });

  it('verify with a key that contributors made with snarkjs', async () => {
    const { r1cs, witness } = squarings(20, 3n);
    const initial: MemoryFile = { type: 'mem' };
    const contributed: MemoryFile = { type: 'mem' };
    const phase2: MemoryFile = { type: 'mem', data: await phase2File(phase1, 6) };
    await zKey.newZKey({ type: 'mem', data: writeR1cs(r1cs) }, phase2, initial, quiet);
    await contribute(initial, contributed, 'somebody', randomBytes(32).toString('hex'));
    prover.load(contributed.data as Uint8Array);
    const { proof, publicSignals } = prover.prove(writeWitness(witness));
    expect(await groth16.verify(await zKey.exportVerificationKey(contributed), publicSignals, proof)).toBe(
      true,
    );
  });

  it('are those of no statement when the witness breaks the circuit', async () => {
    prover.load(keys.provingKey);
    for (const wire of [0, 1, 2, 3, 30, example.witness.length - 1]) {
      const wrong = example.witness.with(wire, example.witness[wire] + 1n);
      const { proof, publicSignals } = prover.prove(writeWitness(wrong));
      expect(await groth16.verify(keys.verifyingKey, publicSignals, proof), `wire ${wire}`).toBe(false);
      expect(await verifyProof(keys.verifyingKey, publicSignals, proof)).toMatchObject({ ok: false });
    }
  });

  it('are blinded by r and s as in snarkjs: A moves by rδ, and C so that the proof stays true', async () => {
    const curve = await loadBn254();
    const scalars = (values: readonly bigint[]): ((count: number) => Uint8Array) => {
      const left = [...values];
      return (count) => Buffer.from((left.shift() as bigint).toString(16).padStart(2 * count, '0'), 'hex');
    };
    const r = 123_456_789n;
    const source = scalars([0n, 0n, r, 0n, 0n, 5n, r, 5n, SCALAR_FIELD + r, 5n]);
    const fixed = await createNativeProver(source);
    fixed.load(keys.provingKey);
    const made = Array.from({ length: 5 }, () => fixed.prove(writeWitness(example.witness)));
    for (const { proof, publicSignals } of made) {
      expect(await groth16.verify(keys.verifyingKey, publicSignals, proof)).toBe(true);
    }
    const [plain, moved, movedB, both, reduced] = made.map(({ proof }) => proof);
    expect(plain.pi_b).toEqual(moved.pi_b);
    expect(plain.pi_a).toEqual(movedB.pi_a);
    expect(movedB.pi_b).not.toEqual(plain.pi_b);
    expect(both.pi_a).toEqual(moved.pi_a);
    expect(both.pi_b).toEqual(movedB.pi_b);
    // Randomness wider than r is reduced.
    expect(reduced).toEqual(both);

    const jacobian = ([x, y]: ProofJson['pi_a']): number => {
      const at = curve.alloc(BYTES.g1Jacobian);
      curve.fn.g1m_toJacobian(putG1(curve, { x: BigInt(x), y: BigInt(y) }), at);
      return at;
    };
    const delta = curve.alloc(BYTES.g1);
    curve.bytes(delta, BYTES.g1).set(readZkey(keys.provingKey).delta1);
    const scalar = curve.alloc(BYTES.field);
    writeLittleEndian(curve.bytes(scalar, BYTES.field), 0, r);
    const expected = curve.alloc(BYTES.g1Jacobian);
    curve.fn.g1m_timesScalarAffine(delta, scalar, FIELD_BYTES, expected);
    curve.fn.g1m_add(jacobian(plain.pi_a), expected, expected);
    const movedA = jacobian(moved.pi_a);
    curve.fn.g1m_neg(movedA, movedA);
    curve.fn.g1m_add(expected, movedA, expected);
    expect(curve.fn.g1m_isZero(expected)).toBe(1);
  });

  it('are the same by every kernel with the same randomness', async () => {
    const { r1cs, makeWitness } = sliceCircuit(11);
    const witness = makeWitness();
    const { provingKey, verifyingKey } = await setup({ r1cs });
    const proofs = await Promise.all(
      availableKernels().map(async (kernel) => {
        const own = await createNativeProver((count) => new Uint8Array(count).fill(7), kernel);
        own.load(provingKey);
        return own.prove(witness);
      }),
    );
    for (const { proof, publicSignals } of proofs) {
      expect(proof).toEqual(proofs[0].proof);
      expect(await groth16.verify(verifyingKey, publicSignals, proof)).toBe(true);
    }
  });

  it('differ from each other for one witness', () => {
    prover.load(keys.provingKey);
    const witness = writeWitness(example.witness);
    expect(prover.prove(witness).proof).not.toEqual(prover.prove(witness).proof);
  });
});

describe('the native prover refuses', () => {
  const codeOf = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      return (error as { readonly code?: unknown }).code;
    }
    return 'none';
  };

  it('witnesses that do not fit, and proves on', () => {
    prover.load(keys.provingKey);
    const witness = writeWitness(example.witness);
    expect(codeOf(() => prover.prove(writeWitness(example.witness.slice(1))))).toBe('PROVE_WITNESS_LENGTH');
    expect(codeOf(() => prover.prove(witness.subarray(0, -1)))).toBe('FORMAT_TRUNCATED');
    const high = witness.slice();
    writeLittleEndian(high, high.length - FIELD_BYTES, SCALAR_FIELD);
    expect(codeOf(() => prover.prove(high))).toBe('PROVE_SCALAR_RANGE');
    expect(codeOf(() => prover.prove(witness))).toBe('none');
  });

  it('keys whose terms lie outside the circuit, and forgets the key before', () => {
    const { terms, wires, domainSize } = readZkey(keys.provingKey);
    const start = terms.byteOffset - keys.provingKey.byteOffset;
    const places = [
      [0, 2],
      [4, domainSize],
      [8, wires],
    ] as const;
    for (const [offset, value] of places) {
      const broken = keys.provingKey.slice();
      new DataView(broken.buffer).setUint32(start + offset, value, true);
      prover.load(keys.provingKey);
      expect(codeOf(() => prover.load(broken))).toBe('PROVE_KEY_TERM');
      expect(codeOf(() => prover.prove(writeWitness(example.witness)))).toBe('PROVE_NO_KEY');
    }
  });

  it('a source of randomness that gives too little', async () => {
    const starved = await createNativeProver((count) => randomBytes(count - 1));
    starved.load(keys.provingKey);
    expect(codeOf(() => starved.prove(writeWitness(example.witness)))).toBe('PROVE_RANDOMNESS');
  });

  it('to prove with a key that another one has replaced', async () => {
    const backend = createNativeJsBackend();
    const witness = writeWitness(example.witness);
    const first = await backend.open(keys.provingKey);
    expect(await backend.prove({ provingKey: keys.provingKey, witness })).toHaveProperty('proof');
    await expect(first.prove(witness)).rejects.toMatchObject({ code: 'PROVE_KEY_REPLACED' });
  });
});
