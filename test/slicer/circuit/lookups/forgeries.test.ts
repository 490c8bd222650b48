import { randomBytes } from 'node:crypto';
import { groth16 } from 'snarkjs';
import { afterAll, describe, expect, it } from 'vitest';
import { lookupChallenge } from '../../../../groth16/lookups/lookup-challenge.ts';
import { keyDigestOf } from '../../../../groth16/lookups/key-digest.ts';
import { weightedSum, type G1Point } from '../../../../protocol/settlement/g1.ts';
import { constrainDigits } from '../../../../slicer/circuit/lookups/digits.ts';
import { SCALAR_FIELD } from '../../../../groth16/formats/bn254.ts';
import type { ProofJson } from '../../../../groth16/formats/proof.ts';
import type { VerifyingKeyJson } from '../../../../groth16/formats/verifying-key.ts';
import { writeWitness } from '../../../../groth16/formats/witness-file.ts';
import { readZkey } from '../../../../groth16/formats/zkey-file.ts';
import { openCommitmentKey } from '../../../../groth16/lookups/commitment.ts';
import { createNativeProver } from '../../../../groth16/prove/native-js/prover.ts';
import { verifyingKeyToSolidity } from '../../../../groth16/verify/solidity.ts';
import { createProofVerifier } from '../../../../groth16/verify/verify.ts';
import { setupFromTrapdoor } from '../../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../../groth16/setup/trapdoor.ts';
import { stopSnarkjs } from '../../../groth16/prove/snarkjs.ts';
import {
  CHALLENGE,
  completed,
  equalRow,
  FIRST_COMMITTED,
  formOf,
  multiplicityWires,
  SIGNAL,
  tinyCircuit,
  withFittingMultiplicity,
} from './tiny.ts';

afterAll(stopSnarkjs);

// Traps 1, 6 and 7: forged proofs. The claim is that the signal is a number of four bits; 300 is none.
const circuit = tinyCircuit((builder, lookups, signal) => {
  const value = lookups.commit();
  equalRow(builder, signal, value);
  constrainDigits(lookups, formOf({ [value]: 1 }), 0, [4]);
});
const phase1 = deriveDevelopmentPhase1(new TextEncoder().encode('forgeries'));
const sigma = 987654321987654321n;
const { provingKey, verifyingKey } = await setupFromTrapdoor(
  circuit.r1cs,
  { ...phase1, delta: 1234567891n, sigma },
  { workers: 1 },
);
const verifier = await createProofVerifier(verifyingKey);
const prover = await createNativeProver(randomBytes);
prover.load(provingKey);
const commitment = (await openCommitmentKey(provingKey))!;
const digest = keyDigestOf(verifyingKeyToSolidity(verifyingKey));
const FALSE_CLAIM = 300n;

/** A proof of a witness, whether or not it is one, with D and K as given. */
function proofOf(wires: readonly bigint[], d: G1Point, k: G1Point | undefined): ProofJson {
  const { proof } = prover.prove(writeWitness(wires));
  return { ...proof, pi_d: json(d), ...(k === undefined ? {} : { pi_k: json(k) }) };
}

/** Groth16's equation with D and the challenge, by snarkjs; without K, and with whatever challenge is given. */
function holdsWithoutK(signal: bigint, challenge: bigint, proof: ProofJson): Promise<boolean> {
  const key = { ...verifyingKey, nPublic: verifyingKey.nPublic + 1, IC: [...verifyingKey.IC, proof.pi_d] };
  return groth16.verify(key, [signal, challenge, 1n].map(String), proof);
}

/** What a prover commits to for a value, with the multiplicities of an honest one. */
function committed(early: Readonly<Record<number, bigint>>): Uint8Array {
  const wires = completed(circuit, early, 0n);
  const bytes = Buffer.alloc(32 * commitment.committed);
  for (let i = 0; i < commitment.committed; i++) {
    Buffer.from(wires[FIRST_COMMITTED + i].toString(16).padStart(64, '0'), 'hex')
      .reverse()
      .copy(bytes, 32 * i);
  }
  return bytes;
}

function json({ x, y }: G1Point): [string, string, '1'] {
  return [x.toString(), y.toString(), '1'];
}

function point([x, y]: VerifyingKeyJson['vk_alpha_1']): G1Point {
  return { x: BigInt(x), y: BigInt(y) };
}

const honest = {
  [SIGNAL]: 7n,
  [FIRST_COMMITTED]: 7n,
  [multiplicityWires(circuit)[7]]: 1n,
  // The blinding.
  [FIRST_COMMITTED + commitment.committed - 1]: 5n,
};

it('an honest proof holds', () => {
  const values = committed(honest);
  const d = commitment.commit(values);
  const wires = completed(circuit, honest, lookupChallenge(digest, [7n], d));
  expect(verifier.verify(['7'], proofOf(wires, d, commitment.vouch(values)))).toEqual({ ok: true });
});

describe('trap 1: D that takes the public part away', () => {
  // D = −(IC_0 + s·IC_1): what is left of the statement is X·IC_X, which the witness of zeros and X satisfies.
  const d = weightedSum(
    [point(verifyingKey.IC[0]), point(verifyingKey.IC[1])],
    [SCALAR_FIELD - 1n, SCALAR_FIELD - FALSE_CLAIM],
  );
  const challenge = lookupChallenge(digest, [FALSE_CLAIM], d);
  const zeros = new Array<bigint>(circuit.r1cs.wires).fill(0n).with(CHALLENGE, challenge);

  it('proves anything without K', async () => {
    expect(await holdsWithoutK(FALSE_CLAIM, challenge, proofOf(zeros, d, undefined))).toBe(true);
  });

  it('is refused without K, and with every K that can be had', () => {
    const others = [d, commitment.vouch(committed(honest)), { x: 1n, y: 2n }];
    const reasons = [undefined, ...others].map((k) => {
      const verdict = verifier.verify([String(FALSE_CLAIM)], proofOf(zeros, d, k));
      return verdict.ok ? 'ok' : verdict.reason;
    });
    expect(reasons).toEqual(['PROOF_MALFORMED', 'COMMITMENT_FALSE', 'COMMITMENT_FALSE', 'COMMITMENT_FALSE']);
    const { proof } = prover.prove(writeWitness(zeros));
    expect(verifier.verify([String(FALSE_CLAIM)], proof)).toMatchObject({ reason: 'COMMITMENT_MISSING' });
  });

  // Trap 6: had the key σ·IC_0 and σ·IC_1 too, K could be added up from them.
  it('passes if σ times the signals’ points is known, so the key has it of the committed wires alone', () => {
    const k = weightedSum([d], [sigma]);
    expect(verifier.verify([String(FALSE_CLAIM)], proofOf(zeros, d, k))).toEqual({ ok: true });
    expect(readZkey(provingKey).sigmaIc).toHaveLength(64 * commitment.committed);
    expect(commitment.committed).toBe(circuit.r1cs.publicInputs - CHALLENGE);
  });
});

describe('trap 6: a σ that is none', () => {
  const negated = (key: VerifyingKeyJson['vk_beta_2']): VerifyingKeyJson['vk_beta_2'] => {
    const q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
    const [x, y, z] = key;
    return [x, [String(q - BigInt(y[0])), String(q - BigInt(y[1]))], z];
  };
  const { vk_gamma_2, vk_delta_2 } = verifyingKey;

  it('makes K from D alone when it is the generator: K = D', () => {
    // e(K, G2) = e(D, G2) holds for any D with K = D: nothing is committed to.
    const d = weightedSum([point(verifyingKey.IC[0])], [5n]);
    expect(json(weightedSum([d], [1n]))).toEqual(json(d));
  });

  it.each([
    ['the generator', vk_gamma_2, 'SIGMA_NOT_ITS_OWN'],
    ['its opposite', negated(vk_gamma_2), 'SIGMA_NOT_ITS_OWN'],
    ['δ', vk_delta_2, 'SIGMA_NOT_ITS_OWN'],
    ['the opposite of δ', negated(vk_delta_2), 'SIGMA_NOT_ITS_OWN'],
    [
      'zero',
      [
        ['0', '0'],
        ['0', '0'],
        ['1', '0'],
      ],
      'POINT_ZERO',
    ],
    [
      'off the twist',
      [
        ['1', '2'],
        ['3', '4'],
        ['1', '0'],
      ],
      'POINT_OFF_CURVE',
    ],
  ])('is refused: %s', async (_name, vk_sigma_2, reason) => {
    await expect(createProofVerifier({ ...verifyingKey, vk_sigma_2 })).rejects.toMatchObject({
      code: 'VERIFYING_KEY_POINT',
      details: { reason },
    });
  });
});

describe('trap 7: a challenge that the prover knows before it commits', () => {
  // 300 is committed, and a multiplicity that makes the sum right at one challenge.
  const forgedAt = (challenge: bigint): Record<number, bigint> =>
    withFittingMultiplicity(
      circuit,
      { [SIGNAL]: FALSE_CLAIM, [FIRST_COMMITTED]: FALSE_CLAIM },
      challenge,
      multiplicityWires(circuit)[0],
    );

  it('proves anything if it doesn’t cover D', async () => {
    const challenge = 424242n;
    const early = forgedAt(challenge);
    const values = committed(early);
    const d = commitment.commit(values);
    const proof = proofOf(completed(circuit, early, challenge), d, commitment.vouch(values));
    expect(await holdsWithoutK(FALSE_CLAIM, challenge, proof)).toBe(true);
    expect(verifier.verify([String(FALSE_CLAIM)], proof)).toMatchObject({ reason: 'PROOF_FALSE' });
  });

  it('does not for another statement or another key: both are covered', () => {
    const values = committed(honest);
    const d = commitment.commit(values);
    const challenge = lookupChallenge(digest, [7n], d);
    expect(lookupChallenge(digest, [8n], d)).not.toBe(challenge);
    const otherSigma = { ...verifyingKey, vk_sigma_2: verifyingKey.vk_beta_2 };
    const otherDigest = keyDigestOf(verifyingKeyToSolidity(otherSigma));
    expect(lookupChallenge(otherDigest, [7n], d)).not.toBe(challenge);
    // A proof of one commitment with another's D and K.
    const other = committed({ ...honest, [FIRST_COMMITTED + commitment.committed - 1]: 6n });
    const proof = proofOf(
      completed(circuit, honest, challenge),
      commitment.commit(other),
      commitment.vouch(other),
    );
    expect(verifier.verify(['7'], proof)).toMatchObject({ reason: 'PROOF_FALSE' });
  });
});
