import { createHash, randomBytes } from 'node:crypto';
import type { CeremonyRound, CeremonyTranscript } from './transcript.ts';
import { BYTES, type Bn254 } from '../../curve/bn254-wasm.ts';
import { createBn254Kernel } from '../../kernel/bn254-kernel.ts';
import {
  BASE_FIELD,
  FIELD_BYTES,
  SCALAR_FIELD,
  readLittleEndian,
  writeLittleEndian,
} from '../../formats/bn254.ts';
import { readZkey } from '../../formats/zkey-file.ts';
import { loadPoints } from '../../prove/native-js/key.ts';
import { createMultiScalar } from '../../prove/native-js/msm.ts';
import { signedScalars } from '../../prove/native-js/scalars.ts';
import { appendSigma, readSteps, type SigmaStep } from './sigma-file.ts';

// σ of circuits with committed wires, by the same rounds as δ. It starts as 1; each round multiplies σ·G2 and every
// σ·IC_j of the committed wires by a secret s that is then forgotten. A contributor proves knowledge of s by a
// Schnorr proof in G2 over the point before (Fiat–Shamir, bound to circuit, round and name), so that nobody can
// cancel what others put in. A beacon's s is a hash that everybody can repeat. That all σ·IC_j have the σ of σ·G2
// is one pairing check over a random combination of them.

type Round = Pick<CeremonyRound, 'kind' | 'name'> & {
  readonly beacon?: string;
  readonly iterationsExponent?: number;
};

/** What a step is bound to. */
interface Context {
  readonly circuitHash: string;
  /** From 0. */
  readonly round: number;
  readonly name: string;
}

/** A key without contributions, with σ = 1. */
export function beginSigma(curve: Bn254, zkey: Uint8Array, committed: number): Uint8Array {
  return appendSigma(zkey, { point: generator(curve), scaled: committedPoints(zkey, committed), steps: [] });
}

/**
 * The key of a round, which snarkjs wrote without σ, with the σ of the key that the round started from times a secret.
 * @param before the key that the round started from
 * @param after what snarkjs made of it
 */
export function stepSigma(
  curve: Bn254,
  before: Uint8Array,
  after: Uint8Array,
  round: Round,
  circuitHash: string,
): Uint8Array {
  const { sigma2, sigmaIc } = readZkey(before);
  const steps = readSteps(before);
  const context = { circuitHash, round: steps.length, name: round.name };
  const secret = secretOf(round, context) ?? reduced(randomBytes(64));
  const point = timesG2(curve, sigma2, secret);
  const proof: Pick<SigmaStep, 'nonce' | 'response'> =
    round.kind === 'beacon'
      ? { nonce: new Uint8Array(BYTES.g2), response: 0n }
      : provedKnowledge(curve, sigma2, point, secret, context);
  const scaled = timesG1(curve, sigmaIc, secret);
  return appendSigma(after, { point, scaled, steps: [...steps, { point, ...proof }] });
}

/** σ·G2 after the last round, as the transcript has it; undefined for a circuit without committed wires. */
export function sigmaPointOf(zkey: Uint8Array): string | undefined {
  const { committed, sigma2 } = readZkey(zkey);
  return committed === 0 ? undefined : hex(sigma2);
}

/** What is wrong with a key's σ; undefined: nothing. */
export function sigmaProblem(
  curve: Bn254,
  zkey: Uint8Array,
  { circuits, rounds }: CeremonyTranscript,
  index: number,
): string | undefined {
  const { committed: wires = 0, circuitHash } = circuits[index];
  const { committed, sigma2, sigmaIc } = readZkey(zkey);
  if (committed !== wires) return `σ should be for ${wires} committed wires, it is for ${committed}`;
  if (wires === 0)
    return rounds.some(({ keys }) => keys[index].sigma) ? 'a plain circuit has no σ' : undefined;
  const steps = readSteps(zkey);
  if (steps.length !== rounds.length) return `σ has ${steps.length} steps, not ${rounds.length}`;
  let point = generator(curve);
  for (const [i, round] of rounds.entries()) {
    const step = steps[i];
    if (hex(step.point) !== round.keys[index].sigma) return `step ${i + 1} of σ is not the transcript’s`;
    if (!inGroup(curve, step.point)) return `step ${i + 1} of σ is not in the group`;
    const context = { circuitHash, round: i, name: round.name };
    const secret = secretOf(round, context);
    const holds =
      secret === undefined
        ? knowledgeHolds(curve, point, step, context)
        : equal(timesG2(curve, point, secret), step.point);
    if (!holds) return `step ${i + 1} of σ: ${round.name} did not prove to know what was multiplied in`;
    point = step.point;
  }
  if (!equal(point, sigma2)) return 'σ is not what its last step made';
  return sameSigma(curve, committedPoints(zkey, wires), sigmaIc, sigma2)
    ? undefined
    : 'the points of the committed wires have another σ than the verifying key';
}

/** Points IC_j of the committed wires: the last of the public ones. */
function committedPoints(zkey: Uint8Array, committed: number): Uint8Array {
  const { ic } = readZkey(zkey);
  return ic.subarray(ic.length - committed * BYTES.g1);
}

/** A beacon's s, which everybody can repeat; undefined for a contribution. */
function secretOf({ kind, beacon, iterationsExponent }: Round, context: Context): bigint | undefined {
  if (kind !== 'beacon' || beacon === undefined || iterationsExponent === undefined) return undefined;
  let value: Uint8Array = Buffer.from(beacon, 'hex');
  for (let i = 0; i < 2 ** iterationsExponent; i++) value = createHash('sha256').update(value).digest();
  return reduced(hashOf('sliceproof/ceremony/sigma/beacon', context, [value]));
}

function provedKnowledge(
  curve: Bn254,
  before: Uint8Array,
  after: Uint8Array,
  secret: bigint,
  context: Context,
): Pick<SigmaStep, 'nonce' | 'response'> {
  const k = reduced(randomBytes(64));
  const nonce = timesG2(curve, before, k);
  return { nonce, response: (k + challengeOf(context, before, after, nonce) * secret) % SCALAR_FIELD };
}

/** response · before = nonce + c · after. */
function knowledgeHolds(
  curve: Bn254,
  before: Uint8Array,
  { point, nonce, response }: SigmaStep,
  context: Context,
): boolean {
  if (response >= SCALAR_FIELD || !inGroup(curve, nonce)) return false;
  const c = challengeOf(context, before, point, nonce);
  return equal(timesG2(curve, before, response), addG2(curve, nonce, timesG2(curve, point, c)));
}

function challengeOf(context: Context, before: Uint8Array, after: Uint8Array, nonce: Uint8Array): bigint {
  return reduced(hashOf('sliceproof/ceremony/sigma/knowledge', context, [before, after, nonce]));
}

/** 64 bytes over what a step is bound to; every part has a fixed length or its length before it. */
function hashOf(
  domain: string,
  { circuitHash, round, name }: Context,
  parts: readonly Uint8Array[],
): Uint8Array {
  const hash = createHash('sha512');
  for (const part of [Buffer.from(domain), Buffer.from(circuitHash), Buffer.from(name), ...parts]) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(part.length);
    hash.update(length).update(part);
  }
  const at = Buffer.alloc(4);
  at.writeUInt32LE(round);
  return hash.update(at).digest();
}

/** A scalar that is not zero, to within 2^−250 uniform. */
function reduced(bytes: Uint8Array): bigint {
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) % SCALAR_FIELD;
  return value === 0n ? 1n : value;
}

/** e(Σ ρ_j·scaled_j, G2) = e(Σ ρ_j·plain_j, σ·G2) for random ρ of 128 bits: false passes with 2^−128. */
function sameSigma(curve: Bn254, plain: Uint8Array, scaled: Uint8Array, sigma2: Uint8Array): boolean {
  const count = plain.length / BYTES.g1;
  for (let i = 0; i < count; i++) {
    const pair = [plain, scaled].map((points) => points.subarray(i * BYTES.g1, (i + 1) * BYTES.g1));
    // Infinity has no part in a sum: a wire that occurs nowhere must be so in both.
    if (isZero(pair[0]) !== isZero(pair[1]) || !onCurveG1(curve, pair[1])) return false;
  }
  const weights = new Uint8Array(count * FIELD_BYTES);
  for (let i = 0; i < count; i++) weights.set(randomBytes(16), i * FIELD_BYTES);
  const scalars = signedScalars(weights);
  const { g1 } = createBn254Kernel(curve).sums;
  const multiScalar = createMultiScalar(curve, g1);
  return curve.scratch(() => {
    const [left, right] = [scaled, plain].map((points) => {
      const loaded = loadPoints(curve, g1, points, (index) => index);
      const sum = curve.alloc(BYTES.g1Jacobian);
      multiScalar.multiply(loaded, scalars, sum);
      return sum;
    });
    const g2 = curve.alloc(BYTES.g2Jacobian);
    const sigma = curve.alloc(BYTES.g2Jacobian);
    putG2(curve, generator(curve), g2);
    putG2(curve, sigma2, sigma);
    const [a, b] = [curve.alloc(BYTES.target), curve.alloc(BYTES.target)];
    curve.fn.bn128_pairing(left, g2, a);
    curve.fn.bn128_pairing(right, sigma, b);
    return equal(curve.bytes(a, BYTES.target), curve.bytes(b, BYTES.target));
  });
}

function generator(curve: Bn254): Uint8Array {
  return curve.bytes(curve.g2Generator, BYTES.g2).slice();
}

function putG2(curve: Bn254, point: Uint8Array, at: number): void {
  curve.bytes(at, BYTES.g2).set(point);
  curve.fn.g2m_toJacobian(at, at);
}

function timesG2(curve: Bn254, point: Uint8Array, scalar: bigint): Uint8Array {
  return curve.scratch(() => {
    const from = curve.alloc(BYTES.g2);
    curve.bytes(from, BYTES.g2).set(point);
    const product = curve.alloc(BYTES.g2Jacobian);
    curve.fn.g2m_timesScalarAffine(from, putScalar(curve, scalar), BYTES.field, product);
    curve.fn.g2m_toAffine(product, product);
    return curve.bytes(product, BYTES.g2).slice();
  });
}

function addG2(curve: Bn254, a: Uint8Array, b: Uint8Array): Uint8Array {
  return curve.scratch(() => {
    const sum = curve.alloc(BYTES.g2Jacobian);
    const other = curve.alloc(BYTES.g2Jacobian);
    putG2(curve, a, sum);
    putG2(curve, b, other);
    curve.fn.g2m_add(sum, other, sum);
    curve.fn.g2m_toAffine(sum, sum);
    return curve.bytes(sum, BYTES.g2).slice();
  });
}

function timesG1(curve: Bn254, points: Uint8Array, scalar: bigint): Uint8Array {
  const out = new Uint8Array(points.length);
  curve.scratch(() => {
    const from = curve.alloc(BYTES.g1);
    const factor = putScalar(curve, scalar);
    const product = curve.alloc(BYTES.g1Jacobian);
    for (let at = 0; at < points.length; at += BYTES.g1) {
      const point = points.subarray(at, at + BYTES.g1);
      if (isZero(point)) continue;
      curve.bytes(from, BYTES.g1).set(point);
      curve.fn.g1m_timesScalarAffine(from, factor, BYTES.field, product);
      curve.fn.g1m_toAffine(product, product);
      out.set(curve.bytes(product, BYTES.g1), at);
    }
  });
  return out;
}

function putScalar(curve: Bn254, scalar: bigint): number {
  const at = curve.alloc(BYTES.field);
  writeLittleEndian(curve.bytes(at, BYTES.field), 0, scalar);
  return at;
}

/** In the subgroup of order r of the twist, not infinity, with canonical coordinates. */
function inGroup(curve: Bn254, point: Uint8Array): boolean {
  if (isZero(point) || !canonical(point)) return false;
  const onCurve = curve.scratch(() => {
    const at = curve.alloc(BYTES.g2);
    curve.bytes(at, BYTES.g2).set(point);
    return curve.fn.g2m_inCurveAffine(at) !== 0;
  });
  return onCurve && isZero(timesG2(curve, point, SCALAR_FIELD));
}

function onCurveG1(curve: Bn254, point: Uint8Array): boolean {
  if (isZero(point)) return true;
  return (
    canonical(point) &&
    curve.scratch(() => {
      const at = curve.alloc(BYTES.g1);
      curve.bytes(at, BYTES.g1).set(point);
      return curve.fn.g1m_inCurveAffine(at) !== 0;
    })
  );
}

function canonical(point: Uint8Array): boolean {
  for (let at = 0; at < point.length; at += FIELD_BYTES) {
    if (readLittleEndian(point, at) >= BASE_FIELD) return false;
  }
  return true;
}

function isZero(point: Uint8Array): boolean {
  return point.every((byte) => byte === 0);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
