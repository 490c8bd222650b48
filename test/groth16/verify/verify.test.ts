import fc from 'fast-check';
import { groth16 } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_FIELD, SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { ProofJson, PublicSignals } from '../../../groth16/formats/proof.ts';
import type { VerifyingKeyJson } from '../../../groth16/formats/verifying-key.ts';
import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import { createSnarkjsBackend } from '../../../groth16/prove/snarkjs-backend.ts';
import { createProofVerifier, verifyProof } from '../../../groth16/verify/verify.ts';
import type { ProofVerifier } from '../../../groth16/verify/verify.ts';
import { developmentSetup } from '../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { anyExample, squarings } from '../formats/circuits.ts';
import { rejectionOf } from '../formats/bytes.ts';
import { stopSnarkjs } from '../prove/snarkjs.ts';

const seed = new TextEncoder().encode('verify');
const phase1 = deriveDevelopmentPhase1(seed);
const backend = createSnarkjsBackend();
let key: VerifyingKeyJson;
let otherKey: VerifyingKeyJson;
let proof: ProofJson;
let signals: PublicSignals;
let verifier: ProofVerifier;

beforeAll(async () => {
  const { r1cs, witness } = squarings(10, 3n);
  const setup = await developmentSetup(r1cs, { phase1, seed });
  key = setup.verifyingKey;
  otherKey = (await developmentSetup(r1cs, { phase1 })).verifyingKey;
  ({ proof, publicSignals: signals } = await backend.prove({
    provingKey: setup.provingKey,
    witness: writeWitness(witness),
  }));
  verifier = await createProofVerifier(key);
});
afterAll(stopSnarkjs);

/** A point of the twist that is not in the subgroup of order r: x = 1. */
const OFF_SUBGROUP: ProofJson['pi_b'] = [
  ['1', '0'],
  [
    '18278151005453108793778860132295291098363647455926340152056652516292830556603',
    '5912654199736721486680175016176231956195085055698687135131307249486702594212',
  ],
  ['1', '0'],
];

function plus(value: string, more: bigint): string {
  return (BigInt(value) + more).toString();
}

function reasonOf(publicSignals: unknown, candidate: unknown): string {
  const verdict = verifier.verify(publicSignals, candidate);
  return verdict.ok ? 'ok' : verdict.reason;
}

describe('the check of a proof', () => {
  it('takes true proofs of circuits of every shape, as snarkjs does', async () => {
    await fc.assert(
      fc.asyncProperty(anyExample, async ({ r1cs, witness }) => {
        const { provingKey, verifyingKey } = await developmentSetup(r1cs, { phase1, workers: 1 });
        const zero = verifyingKey.IC.some(([x, y]) => x === '0' && y === '0');
        const made = await backend.prove({ provingKey, witness: writeWitness(witness) });
        expect(await groth16.verify(verifyingKey, made.publicSignals, made.proof)).toBe(true);
        expect(zero).toBe(false);
        expect(await verifyProof(verifyingKey, made.publicSignals, made.proof)).toEqual({ ok: true });
      }),
      { numRuns: 8 },
    );
  });

  it('refuses the same proof for other signals or under another key of the same circuit', async () => {
    expect(reasonOf(signals, proof)).toBe('ok');
    expect(reasonOf([plus(signals[0], 1n), signals[1]], proof)).toBe('PROOF_FALSE');
    expect(reasonOf([signals[1], signals[0]], proof)).toBe('PROOF_FALSE');
    expect(await verifyProof(otherKey, signals, proof)).toMatchObject({ reason: 'PROOF_FALSE' });
  });

  it('refuses (−A, B, C) and exchanged points', () => {
    const [x, y, z] = proof.pi_a;
    const negated = { ...proof, pi_a: [x, (BASE_FIELD - BigInt(y)).toString(), z] };
    expect(reasonOf(signals, negated)).toBe('PROOF_FALSE');
    expect(reasonOf(signals, { ...proof, pi_a: proof.pi_c, pi_c: proof.pi_a })).toBe('PROOF_FALSE');
  });

  it('refuses a signal that only equals the true one modulo r', () => {
    expect(reasonOf([plus(signals[0], SCALAR_FIELD), signals[1]], proof)).toBe('PUBLIC_SIGNAL_RANGE');
    expect(reasonOf([SCALAR_FIELD.toString(), signals[1]], proof)).toBe('PUBLIC_SIGNAL_RANGE');
    expect(reasonOf([(SCALAR_FIELD - 1n).toString(), signals[1]], proof)).toBe('PROOF_FALSE');
  });

  it.each([[[]], [['1']], [['1', '2', '3']]])('refuses %j for two signals', (wrong) => {
    expect(reasonOf(wrong, proof)).toBe('PUBLIC_SIGNALS_COUNT');
  });

  it('refuses coordinates that only equal the true ones modulo q', () => {
    const q = BASE_FIELD;
    const { pi_a: a, pi_b: b, pi_c: c } = proof;
    const shifted = [
      { ...proof, pi_a: [plus(a[0], q), a[1], '1'] },
      { ...proof, pi_a: [a[0], plus(a[1], q), '1'] },
      { ...proof, pi_c: [plus(c[0], q), c[1], '1'] },
      { ...proof, pi_b: [[plus(b[0][0], q), b[0][1]], b[1], b[2]] },
      { ...proof, pi_b: [b[0], [b[1][0], plus(b[1][1], q)], b[2]] },
    ];
    for (const candidate of shifted) expect(reasonOf(signals, candidate)).toBe('POINT_COORDINATE');
  });

  it('refuses points at infinity, off the curve and outside the subgroup', () => {
    const { pi_a: a, pi_b: b } = proof;
    expect(reasonOf(signals, { ...proof, pi_a: ['0', '0', '1'] })).toBe('POINT_ZERO');
    expect(reasonOf(signals, { ...proof, pi_c: ['0', '0', '1'] })).toBe('POINT_ZERO');
    expect(reasonOf(signals, { ...proof, pi_b: [['0', '0'], ['0', '0'], b[2]] })).toBe('POINT_ZERO');
    expect(reasonOf(signals, { ...proof, pi_a: [a[1], a[0], '1'] })).toBe('POINT_OFF_CURVE');
    expect(reasonOf(signals, { ...proof, pi_b: [b[1], b[0], b[2]] })).toBe('POINT_OFF_CURVE');
    expect(reasonOf(signals, { ...proof, pi_b: OFF_SUBGROUP })).toBe('POINT_OFF_SUBGROUP');
  });

  it.each([
    ['nothing', undefined],
    ['a string', 'proof'],
    ['another protocol', { protocol: 'plonk' }],
    ['another curve', { curve: 'bls12381' }],
    ['a number for a coordinate', { pi_a: [1, '2', '1'] }],
    ['a negative coordinate', { pi_a: ['-1', '2', '1'] }],
    ['a leading zero', { pi_a: ['01', '2', '1'] }],
    ['hexadecimal', { pi_a: ['0x1', '2', '1'] }],
    ['a projective point', { pi_a: ['1', '2', '2'] }],
    ['a coordinate of a megabyte', { pi_a: ['1'.repeat(2 ** 20), '2', '1'] }],
    ['a point short of a coordinate', { pi_b: [['1', '2'], ['3'], ['1', '0']] }],
  ])('refuses %s as malformed', (_name, change) => {
    const candidate = typeof change === 'object' ? { ...proof, ...change } : change;
    expect(reasonOf(signals, candidate)).toBe('PROOF_MALFORMED');
  });

  it.each([
    [undefined],
    ['12'],
    [[1, 2]],
    [['-1', '2']],
    [['1e3', '2']],
    [[' 1', '2']],
    [Array(5_000).fill('1')],
  ])('refuses malformed signals (%#)', (wrong) => {
    expect(reasonOf(wrong, proof)).toBe('PUBLIC_SIGNALS_MALFORMED');
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (wrongSignals, wrongProof) => {
        expect(verifier.verify(wrongSignals, wrongProof).ok).toBe(false);
        expect(verifier.verify(signals, wrongProof).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
    expect(reasonOf(signals, proof)).toBe('ok');
  });
});

describe('a verifying key from outside', () => {
  it('is refused by name when its form or a point is wrong', async () => {
    const malformed = [
      null,
      {},
      { ...key, nPublic: 3 },
      { ...key, IC: [] },
      { ...key, vk_alpha_1: ['1', '2'] },
    ];
    for (const wrong of malformed) {
      expect(await rejectionOf(createProofVerifier(wrong))).toBe('VERIFYING_KEY_MALFORMED');
    }
    const badPoints = [
      { ...key, vk_alpha_1: ['1', '1', '1'] },
      { ...key, vk_alpha_1: ['0', '0', '1'] },
      { ...key, vk_beta_2: OFF_SUBGROUP },
      { ...key, vk_delta_2: OFF_SUBGROUP },
      { ...key, IC: [...key.IC.slice(1), [plus(key.IC[0][0], BASE_FIELD), key.IC[0][1], '1']] },
    ];
    for (const wrong of badPoints) {
      expect(await rejectionOf(createProofVerifier(wrong))).toBe('VERIFYING_KEY_POINT');
    }
  });
});
