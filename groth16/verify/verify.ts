import { BadInputError } from '../../protocol/errors.ts';
import { keyDigestOf } from '../lookups/key-digest.ts';
import { lookupChallenge } from '../lookups/lookup-challenge.ts';
import { BYTES, loadBn254 } from '../curve/bn254-wasm.ts';
import type { Bn254 } from '../curve/bn254-wasm.ts';
import { putG1, putG2 } from '../curve/points.ts';
import type { G1Point, G2Point } from '../curve/points.ts';
import { BASE_FIELD, SCALAR_FIELD, writeLittleEndian } from '../formats/bn254.ts';
import { parseProof, parsePublicSignals } from '../formats/proof.ts';
import type { ProofJson } from '../formats/proof.ts';
import { parseVerifyingKey, signalCount } from '../formats/verifying-key.ts';
import type { VerifyingKeyJson } from '../formats/verifying-key.ts';
import { verifyingKeyToSolidity } from './solidity.ts';

/** Why a proof was refused. */
export type Refusal =
  | 'PROOF_MALFORMED'
  | 'PUBLIC_SIGNALS_MALFORMED'
  | 'PUBLIC_SIGNALS_COUNT'
  | 'PUBLIC_SIGNAL_RANGE'
  | 'POINT_COORDINATE'
  | 'POINT_ZERO'
  | 'POINT_OFF_CURVE'
  | 'POINT_OFF_SUBGROUP'
  | 'COMMITMENT_MISSING'
  | 'COMMITMENT_UNEXPECTED'
  | 'COMMITMENT_FALSE'
  | 'SIGMA_NOT_ITS_OWN'
  | 'PROOF_FALSE';

/** The outcome of a check: a refused proof is no exception. */
export type Verdict =
  { readonly ok: true } | { readonly ok: false; readonly reason: Refusal; readonly message: string };

/** A verifying key made ready. */
export interface ProofVerifier {
  /** Checks one proof; both arguments may come from anywhere. Takes a few milliseconds and never throws. */
  verify(publicSignals: unknown, proof: unknown): Verdict;
}

/**
 * Checks one proof against a verifying key in snarkjs's form. Refuses, besides false proofs, what snarkjs's
 * own check lets pass: coordinates not below q, points at infinity, off the curve or outside the subgroup of
 * order r, signals not below r. Under a key with σ the proof brings D and K, and the challenge is reckoned here.
 *
 * @throws BadInputError as {@link createProofVerifier}, for the key only
 */
export async function verifyProof(
  verifyingKey: unknown,
  publicSignals: unknown,
  proof: unknown,
): Promise<Verdict> {
  return (await createProofVerifier(verifyingKey)).verify(publicSignals, proof);
}

/**
 * Checks a verifying key once for many proofs.
 *
 * @throws BadInputError VERIFYING_KEY_MALFORMED, VERIFYING_KEY_POINT
 */
export async function createProofVerifier(verifyingKey: unknown): Promise<ProofVerifier> {
  const key = parseVerifyingKey(verifyingKey);
  const curve = await loadBn254();
  const points = loadKey(curve, key);
  const expected = signalCount(key);
  const keyDigest = keyDigestOf(verifyingKeyToSolidity(key));
  const verify = (publicSignals: unknown, proof: unknown): Verdict => {
    const signals = refusing('PUBLIC_SIGNALS_MALFORMED', () => parsePublicSignals(publicSignals)).map(BigInt);
    if (signals.length !== expected) {
      throw new Refused('PUBLIC_SIGNALS_COUNT', `expected ${expected} public signals, got ${signals.length}`);
    }
    signals.forEach((signal, index) => {
      if (signal >= SCALAR_FIELD) {
        throw new Refused('PUBLIC_SIGNAL_RANGE', `public signal ${index} should be below r, it is ${signal}`);
      }
    });
    const parsed = refusing('PROOF_MALFORMED', () => parseProof(proof));
    const a = checkedG1(curve, g1Of(parsed.pi_a), 'A');
    const b = checkedG2(curve, g2Of(parsed.pi_b), 'B');
    const c = checkedG1(curve, g1Of(parsed.pi_c), 'C');
    let commitment: number | undefined;
    const { pi_d, pi_k } = parsed;
    if (points.sigma === undefined) {
      if (pi_d !== undefined) throw new Refused('COMMITMENT_UNEXPECTED', 'the key has no σ, the proof a D');
    } else if (pi_d === undefined || pi_k === undefined) {
      throw new Refused(
        'COMMITMENT_MISSING',
        'expected a proof with D and K: the circuit has committed wires',
      );
    } else {
      commitment = checkedG1(curve, g1Of(pi_d), 'D');
      if (!sameMultiple(curve, checkedG1(curve, g1Of(pi_k), 'K'), commitment, points.sigma)) {
        throw new Refused('COMMITMENT_FALSE', 'K is not σ·D: the commitment is not of committed wires alone');
      }
      signals.push(lookupChallenge(keyDigest, signals, g1Of(pi_d)));
    }
    if (!pairingHolds(curve, points, signals, { a, b, c, commitment })) {
      throw new Refused(
        'PROOF_FALSE',
        'the pairing check fails: a false statement, another key or other signals',
      );
    }
    return { ok: true };
  };
  return {
    verify: (publicSignals, proof) =>
      curve.scratch(() => {
        try {
          return verify(publicSignals, proof);
        } catch (error) {
          if (error instanceof Refused) return { ok: false, reason: error.reason, message: error.message };
          throw error;
        }
      }),
  };
}

/** Affine points in the instance's memory. */
interface ProofPoints {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly commitment: number | undefined;
}

interface LoadedKey {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly delta: number;
  readonly sigma: number | undefined;
  readonly ic: readonly number[];
}

function loadKey(curve: Bn254, key: VerifyingKeyJson): LoadedKey {
  try {
    return {
      alpha: checkedG1(curve, g1Of(key.vk_alpha_1), 'α'),
      beta: checkedG2(curve, g2Of(key.vk_beta_2), 'β'),
      gamma: checkedG2(curve, g2Of(key.vk_gamma_2), 'γ'),
      delta: checkedG2(curve, g2Of(key.vk_delta_2), 'δ'),
      sigma: checkedSigma(curve, key),
      ic: key.IC.map((point, index) => checkedG1(curve, g1Of(point), `IC[${index}]`)),
    };
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    throw new BadInputError('VERIFYING_KEY_POINT', `not a usable verifying key: ${cause.message}`, {
      details: { reason: cause.reason },
      cause,
    });
  }
}

/** With σ = ±γ or σ = ±δ other parts of a proof would pass for K: points with one x are equal or opposite. */
function checkedSigma(
  curve: Bn254,
  { vk_sigma_2, vk_gamma_2, vk_delta_2 }: VerifyingKeyJson,
): number | undefined {
  if (vk_sigma_2 === undefined) return undefined;
  for (const [name, other] of Object.entries({ γ: vk_gamma_2, δ: vk_delta_2 })) {
    if (JSON.stringify(vk_sigma_2[0]) !== JSON.stringify(other[0])) continue;
    throw new Refused('SIGMA_NOT_ITS_OWN', `σ is ${name} or its opposite`);
  }
  return checkedG2(curve, g2Of(vk_sigma_2), 'σ');
}

/** Carries a reason up to where the verdict is made; never leaves this file. */
class Refused extends BadInputError {
  readonly reason: Refusal;

  constructor(reason: Refusal, message: string) {
    super(reason, message);
    this.reason = reason;
  }
}

function refusing<T>(reason: Refusal, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof BadInputError) throw new Refused(reason, error.message);
    throw error;
  }
}

function g1Of([x, y]: ProofJson['pi_a']): G1Point {
  return { x: BigInt(x), y: BigInt(y) };
}

function g2Of([x, y]: ProofJson['pi_b']): G2Point {
  return { x: { re: BigInt(x[0]), im: BigInt(x[1]) }, y: { re: BigInt(y[0]), im: BigInt(y[1]) } };
}

function checkedG1(curve: Bn254, point: G1Point, name: string): number {
  checkCoordinates([point.x, point.y], name);
  const at = putG1(curve, point);
  // The cofactor of G1 is one: on the curve is in the group.
  if (!curve.fn.g1m_inCurveAffine(at)) throw new Refused('POINT_OFF_CURVE', `${name} is not on the curve`);
  return at;
}

function checkedG2(curve: Bn254, point: G2Point, name: string): number {
  checkCoordinates([point.x.re, point.x.im, point.y.re, point.y.im], name);
  const at = putG2(curve, point);
  if (!curve.fn.g2m_inCurveAffine(at)) throw new Refused('POINT_OFF_CURVE', `${name} is not on the twist`);
  const inSubgroup = curve.scratch(() => {
    const order = putScalar(curve, SCALAR_FIELD);
    const product = curve.alloc(BYTES.g2Jacobian);
    curve.fn.g2m_timesScalarAffine(at, order, BYTES.field, product);
    return curve.fn.g2m_isZero(product) !== 0;
  });
  if (!inSubgroup) throw new Refused('POINT_OFF_SUBGROUP', `${name} is not in the subgroup of order r`);
  return at;
}

function checkCoordinates(coordinates: readonly bigint[], name: string): void {
  if (coordinates.some((coordinate) => coordinate >= BASE_FIELD)) {
    throw new Refused('POINT_COORDINATE', `${name} has a coordinate that is not below q`);
  }
  if (coordinates.every((coordinate) => coordinate === 0n)) {
    throw new Refused('POINT_ZERO', `${name} is the point at infinity`);
  }
}

function putScalar(curve: Bn254, scalar: bigint): number {
  const at = curve.alloc(BYTES.field);
  writeLittleEndian(curve.bytes(at, BYTES.field), 0, scalar);
  return at;
}

/** e(−K, G2) · e(D, σ) = 1. */
function sameMultiple(curve: Bn254, k: number, d: number, sigma: number): boolean {
  const { fn } = curve;
  const [minusK, jacobianD] = [k, d].map((affine) => {
    const at = curve.alloc(BYTES.g1Jacobian);
    fn.g1m_toJacobian(affine, at);
    return at;
  });
  fn.g1m_neg(minusK, minusK);
  const twist = curve.alloc(BYTES.g2Jacobian);
  fn.g2m_toJacobian(sigma, twist);
  return fn.bn128_pairingEq2(minusK, curve.g2Generator, jacobianD, twist, curve.targetOne) !== 0;
}

/** e(−A, B) · e(IC_0 + Σ x_i·IC_i + D, γ) · e(C, δ) · e(α, β) = 1. */
function pairingHolds(
  curve: Bn254,
  key: LoadedKey,
  signals: readonly bigint[],
  { a, b, c, commitment }: ProofPoints,
): boolean {
  const { fn } = curve;
  const g1 = (affine: number): number => {
    const at = curve.alloc(BYTES.g1Jacobian);
    fn.g1m_toJacobian(affine, at);
    return at;
  };
  const g2 = (affine: number): number => {
    const at = curve.alloc(BYTES.g2Jacobian);
    fn.g2m_toJacobian(affine, at);
    return at;
  };
  const inputs = g1(key.ic[0]);
  const term = curve.alloc(BYTES.g1Jacobian);
  signals.forEach((signal, index) => {
    curve.scratch(() =>
      fn.g1m_timesScalarAffine(key.ic[index + 1], putScalar(curve, signal), BYTES.field, term),
    );
    fn.g1m_add(inputs, term, inputs);
  });
  if (commitment !== undefined) fn.g1m_addMixed(inputs, commitment, inputs);
  const minusA = g1(a);
  fn.g1m_neg(minusA, minusA);
  return (
    fn.bn128_pairingEq4(
      minusA,
      g2(b),
      inputs,
      g2(key.gamma),
      g1(c),
      g2(key.delta),
      g1(key.alpha),
      g2(key.beta),
      curve.targetOne,
    ) !== 0
  );
}
