import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadBn254, BYTES } from '../../../../groth16/curve/bn254-wasm.ts';
import { g1FromMontgomery } from '../../../../groth16/curve/points.ts';
import {
  FIELD_BYTES,
  SCALAR_FIELD,
  readLittleEndian,
  writeLittleEndian,
} from '../../../../groth16/formats/bn254.ts';
import type { ProofJson } from '../../../../groth16/formats/proof.ts';
import { publicSignalCount } from '../../../../groth16/formats/r1cs.ts';
import { writeWitness } from '../../../../groth16/formats/witness-file.ts';
import { readZkey } from '../../../../groth16/formats/zkey-file.ts';
import { openChallenger, type ChallengeSource } from '../../../../groth16/lookups/challenge.ts';
import { openCommitmentKey } from '../../../../groth16/lookups/commitment.ts';
import { createNativeJsBackend } from '../../../../groth16/prove/native-js/backend.ts';
import { developmentSetup } from '../../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../../groth16/setup/trapdoor.ts';
import { compileSlice } from '../../../../slicer/circuit/compile.ts';
import { ProgramBuilder } from '../programs.ts';

const build = new ProgramBuilder();
const x = build.input([1, 4], { signed: false, bits: 4 });
const program = build.program([
  build.rescale(
    build.gemm(x, 2, () => 3),
    2,
    { signed: false, bits: 4 },
    true,
  ),
]);
const slice = compileSlice(program, { mode: 'lookups' });
const seed = new TextEncoder().encode('hiding');
const { provingKey } = await developmentSetup(slice.r1cs, { phase1: deriveDevelopmentPhase1(seed), seed });
const challenger = (await openChallenger(provingKey))!;
const commitmentKey = (await openCommitmentKey(provingKey))!;
const lastPublic = publicSignalCount(slice.r1cs);

/** A witness of one statement always; only what makes the challenge differs. */
function witnessWith(challenge: ChallengeSource): Uint8Array {
  return slice.computeWitness({
    inputs: [Float64Array.of(1, 7, 0, 15)],
    inputSalts: [11n],
    outputSalts: [22n],
    tag: 33n,
    challenge,
  }).values;
}

/** The committed wires of a witness. */
function committedIn(values: Uint8Array): Uint8Array {
  return values.subarray((1 + lastPublic - commitmentKey.committed) * 32, (1 + lastPublic) * FIELD_BYTES);
}

/** Random bytes that say how many of them were asked for. */
function counted(): { readonly bytes: (count: number) => Uint8Array; readonly counts: number[] } {
  const counts: number[] = [];
  return {
    counts,
    bytes: (count) => {
      counts.push(count);
      return randomBytes(count);
    },
  };
}

const coordinates = ({ pi_a, pi_b, pi_c, pi_d, pi_k }: ProofJson): readonly string[] =>
  [pi_a, pi_b, pi_c, pi_d ?? [], pi_k ?? []].flat(2).filter((part) => part !== '1' && part !== '0');

describe('two proofs of one witness', () => {
  it('share no coordinate of A, B, C, D or K', async () => {
    const backend = createNativeJsBackend();
    const proofs: ProofJson[] = [];
    for (let i = 0; i < 3; i++) {
      const witness = writeWitness(witnessWith(challenger.source(randomBytes)));
      proofs.push((await backend.prove({ provingKey, witness })).proof);
    }
    const all = proofs.flatMap(coordinates);
    expect(all).toHaveLength(3 * 12);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('the blinding of D', () => {
  it('is what stands in the last committed wire, and moves D by its multiple of that wire’s point', async () => {
    const curve = await loadBn254();
    const { ic } = readZkey(provingKey);
    const point = curve.alloc(BYTES.g1);
    curve.bytes(point, BYTES.g1).set(ic.subarray(lastPublic * BYTES.g1, (lastPublic + 1) * BYTES.g1));
    const source = challenger.source(randomBytes);
    const values = witnessWith(source);
    expect(readLittleEndian(values, lastPublic * FIELD_BYTES)).toBe(source.blinding);

    const unblinded = committedIn(values).slice();
    writeLittleEndian(unblinded, unblinded.length - FIELD_BYTES, 0n);
    const alone = new Uint8Array(unblinded.length);
    writeLittleEndian(alone, alone.length - FIELD_BYTES, source.blinding);
    const [d, plain, shift] = [committedIn(values), unblinded, alone].map((of) => commitmentKey.commit(of));
    expect(d).not.toEqual(plain);
    const [at, out] = [curve.alloc(BYTES.field), curve.alloc(BYTES.g1Jacobian)];
    writeLittleEndian(curve.bytes(at, BYTES.field), 0, source.blinding);
    curve.fn.g1m_timesScalarAffine(point, at, FIELD_BYTES, out);
    curve.fn.g1m_toAffine(out, out);
    expect(shift).toEqual(g1FromMontgomery(curve, curve.bytes(out, BYTES.g1).slice()));
  });

  it('is fresh for every witness, of 64 bytes of the source, every bit of which counts', () => {
    const source = counted();
    const made = Array.from({ length: 4 }, () => challenger.source(source.bytes).blinding);
    expect(new Set(made).size).toBe(4);
    expect(source.counts).toEqual([64, 64, 64, 64]);
    const of = (bytes: Uint8Array): bigint => challenger.source(() => bytes).blinding;
    const zeros = new Uint8Array(64);
    expect(of(zeros)).toBe(0n);
    const flipped = Array.from({ length: 512 }, (_, bit) => {
      const bytes = zeros.slice();
      bytes[bit >> 3] = 1 << (bit & 7);
      return of(bytes);
    });
    expect(new Set([0n, ...flipped]).size).toBe(513);
    expect(of(new Uint8Array(64).fill(255))).toBe((2n ** 512n - 1n) % SCALAR_FIELD);
  });

  it('is uniform below r: sixteen equal parts of the field are met alike', () => {
    const draws = 4096;
    const parts = new Array<number>(16).fill(0);
    for (let i = 0; i < draws; i++) {
      const { blinding } = challenger.source(randomBytes);
      expect(blinding < SCALAR_FIELD).toBe(true);
      parts[Number((blinding * 16n) / SCALAR_FIELD)]++;
    }
    const expected = draws / parts.length;
    const chiSquare = parts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // Fifteen degrees of freedom: above 77 once in 10^9 runs.
    expect(chiSquare).toBeLessThan(77);
  });
});
