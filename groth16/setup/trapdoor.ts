import { createHmac } from 'node:crypto';
import { SCALAR_FIELD, TWO_ADICITY } from '../formats/bn254.ts';
import { SetupError } from './errors.ts';

/**
 * The secret that all circuits of one build share. Whoever knows it can forge proofs: a development setup is
 * no setup.
 */
export interface DevelopmentPhase1 {
  readonly tau: bigint;
  readonly alpha: bigint;
  readonly beta: bigint;
}

/** Gives that many uniform bytes, e.g. `node:crypto`'s randomBytes. */
export type RandomBytes = (count: number) => Uint8Array;

/** 64 bytes reduced modulo r differ from uniform by less than 2^−256. */
const WIDE_BYTES = 64;

/** A phase 1 of fresh random numbers. */
export function sampleDevelopmentPhase1(randomBytes: RandomBytes): DevelopmentPhase1 {
  return phase1From(() => randomBytes(WIDE_BYTES));
}

/** The same phase 1 for the same seed, so that a build can be repeated to the byte. */
export function deriveDevelopmentPhase1(seed: Uint8Array): DevelopmentPhase1 {
  const next = stream(seed, 'sliceproof/development/phase-1', new Uint8Array());
  return phase1From(next);
}

/**
 * δ of one circuit, derived from the seed and the SHA-256 of its R1CS: two circuits with one δ break single
 * proofs, so neither may do alone.
 */
export function deriveDelta(seed: Uint8Array, r1csDigest: Uint8Array): bigint {
  return deltaFrom(stream(seed, 'sliceproof/development/delta', r1csDigest));
}

/** σ of one circuit with committed wires, derived as {@link deriveDelta} is. */
export function deriveSigma(seed: Uint8Array, r1csDigest: Uint8Array, delta: bigint): bigint {
  return sigmaFrom(stream(seed, 'sliceproof/development/sigma', r1csDigest), delta);
}

/** A fresh random σ. */
export function sampleSigma(randomBytes: RandomBytes, delta: bigint): bigint {
  return sigmaFrom(() => randomBytes(WIDE_BYTES), delta);
}

/** A fresh random δ. */
export function sampleDelta(randomBytes: RandomBytes): bigint {
  return deltaFrom(() => randomBytes(WIDE_BYTES));
}

function phase1From(next: () => Uint8Array): DevelopmentPhase1 {
  const tau = scalarFrom(next, (value) => value > 1n && !isRootOfUnity(value));
  const alpha = scalarFrom(next, (value) => value > 1n);
  const beta = scalarFrom(next, (value) => value > 1n && value !== alpha);
  return { tau, alpha, beta };
}

/** γ is one, and a key with δ = γ is refused by the registry. */
function deltaFrom(next: () => Uint8Array): bigint {
  return scalarFrom(next, (value) => value > 1n);
}

/** σ = ±γ or σ = ±δ would let parts of a proof pass for its K: a registry refuses them. */
function sigmaFrom(next: () => Uint8Array, delta: bigint): bigint {
  const isOwn = (value: bigint): boolean => value !== 1n && value !== delta;
  return scalarFrom(next, (value) => value > 0n && isOwn(value) && isOwn(SCALAR_FIELD - value));
}

function scalarFrom(next: () => Uint8Array, accept: (value: bigint) => boolean): bigint {
  for (let attempt = 0; attempt < 8; attempt++) {
    const bytes = next();
    if (bytes.length !== WIDE_BYTES) {
      throw new SetupError('SETUP_RANDOMNESS', `expected ${WIDE_BYTES} random bytes, got ${bytes.length}`);
    }
    const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) % SCALAR_FIELD;
    if (accept(value)) return value;
  }
  throw new SetupError('SETUP_RANDOMNESS', 'the source of randomness gave eight unusable scalars in a row', {
    hint: 'the source is broken: use crypto.randomBytes',
  });
}

function stream(seed: Uint8Array, label: string, context: Uint8Array): () => Uint8Array {
  let counter = 0;
  return () => {
    const count = new Uint8Array([counter++]);
    return createHmac('sha512', seed).update(label).update(count).update(context).digest();
  };
}

/** A τ in any evaluation domain divides by zero. */
function isRootOfUnity(value: bigint): boolean {
  let power = value;
  for (let step = 0; step < TWO_ADICITY; step++) power = (power * power) % SCALAR_FIELD;
  return power === 1n;
}
