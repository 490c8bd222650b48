import { randomBytes } from 'node:crypto';
import { buildBn128 } from 'ffjavascript';
import type { Groth16Proof } from '../../../protocol/settlement/points.ts';

const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** A verifying key as CircuitRegistry takes it. */
export interface ChainKey {
  readonly alpha: Point1;
  readonly beta: Point2;
  readonly gamma: Point2;
  readonly delta: Point2;
  readonly sigma: Point2;
  readonly ic: Point1[];
}
interface Point1 {
  readonly x: bigint;
  readonly y: bigint;
}
interface Point2 {
  readonly x: [bigint, bigint];
  readonly y: [bigint, bigint];
}

/**
 * A circuit that anything can be proved of, because its setup's secrets were kept: chooses A and B freely and
 * solves A·B = αβ + IC(x) + C·δ for C. The verifier on chain can't tell such proofs from others.
 */
export interface Trapdoor {
  readonly key: ChainKey;
  prove(signals: readonly bigint[]): Groth16Proof;
}

export async function createTrapdoors(signalCounts: readonly number[]): Promise<readonly Trapdoor[]> {
  // A single thread, so that nothing is left to be ended.
  const curve = await buildBn128(true);
  const g1 = (scalar: bigint): Point1 => {
    const [x, y] = curve.G1.toObject(
      curve.G1.toAffine(curve.G1.timesScalar(curve.G1.g, scalarBytes(scalar))),
    );
    return { x, y };
  };
  const g2 = (scalar: bigint): Point2 => {
    const [x, y] = curve.G2.toObject(
      curve.G2.toAffine(curve.G2.timesScalar(curve.G2.g, scalarBytes(scalar))),
    );
    // EIP-197: imaginary part first.
    return { x: [x[1], x[0]], y: [y[1], y[0]] };
  };
  const random = (): bigint => (BigInt(`0x${randomBytes(40).toString('hex')}`) % (R - 1n)) + 1n;
  const alpha = random();
  const beta = random();
  return signalCounts.map((count) => {
    const delta = random();
    const ic = Array.from({ length: count + 1 }, random);
    const zero: Point2 = { x: [0n, 0n], y: [0n, 0n] };
    return {
      key: { alpha: g1(alpha), beta: g2(beta), gamma: g2(1n), delta: g2(delta), sigma: zero, ic: ic.map(g1) },
      prove(signals) {
        const a = random();
        const b = random();
        const statement = signals.reduce((sum, signal, i) => sum + signal * ic[i + 1], ic[0]);
        const c = modulo((a * b - alpha * beta - statement) * inverse(delta));
        return { a: g1(a), b: g2(b), c: g1(c) };
      },
    };
  });
}

function scalarBytes(scalar: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex')).reverse();
}

function modulo(value: bigint): bigint {
  return ((value % R) + R) % R;
}

function inverse(value: bigint): bigint {
  let result = 1n;
  for (let base = value, power = R - 2n; power > 0n; power >>= 1n, base = (base * base) % R) {
    if (power & 1n) result = (result * base) % R;
  }
  return result;
}
