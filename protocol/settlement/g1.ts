import { BASE_FIELD } from '../field.ts';
import { SettlementError } from './errors.ts';

export { BASE_FIELD };

/** An affine point of BN254's first group, y² = x³ + 3. (0, 0) is the point at infinity. */
export interface G1Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** Jacobian: the affine point is (x / z², y / z³); z = 0 is the point at infinity. */
interface Jacobian {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

const INFINITY: Jacobian = { x: 1n, y: 1n, z: 0n };

/**
 * Σ scalar_i · point_i, all sums sharing one chain of doublings (Straus). Every case of the group law is
 * handled; nothing here is secret, so nothing has to be constant in time. Plain bigints: 64 points with 128-bit
 * scalars take some 20 ms, and callers stay synchronous.
 * @param scalars not negative, one a point
 * @throws SettlementError SETTLEMENT_POINT_INVALID for a point that isn't on the curve
 */
export function weightedSum(points: readonly G1Point[], scalars: readonly bigint[]): G1Point {
  points.forEach(assertOnCurve);
  const bits = Math.max(0, ...scalars.map((scalar) => scalar.toString(2).length));
  let sum = INFINITY;
  for (let bit = BigInt(bits) - 1n; bit >= 0n; bit--) {
    sum = double(sum);
    points.forEach((point, i) => {
      if ((scalars[i] >> bit) & 1n) sum = addAffine(sum, point);
    });
  }
  return toAffine(sum);
}

/** @throws SettlementError SETTLEMENT_POINT_INVALID */
export function assertOnCurve({ x, y }: G1Point): void {
  const inRange = x >= 0n && y >= 0n && x < BASE_FIELD && y < BASE_FIELD;
  if (inRange && ((x === 0n && y === 0n) || mod(y * y - x * x * x - 3n) === 0n)) return;
  throw new SettlementError('SETTLEMENT_POINT_INVALID', `expected a point of BN254's G1, got (${x}, ${y})`);
}

function mod(value: bigint): bigint {
  const rest = value % BASE_FIELD;
  return rest < 0n ? rest + BASE_FIELD : rest;
}

/** dbl-2009-l of the Explicit-Formulas Database (a = 0). */
function double({ x, y, z }: Jacobian): Jacobian {
  if (z === 0n) return INFINITY;
  const a = mod(x * x);
  const b = mod(y * y);
  const c = mod(b * b);
  const d = 2n * ((x + b) ** 2n - a - c);
  const e = 3n * a;
  const x3 = mod(e * e - 2n * d);
  return { x: x3, y: mod(e * (d - x3) - 8n * c), z: mod(2n * y * z) };
}

/** madd-2007-bl of the Explicit-Formulas Database, with the cases that it leaves out. */
function addAffine(left: Jacobian, right: G1Point): Jacobian {
  if (right.x === 0n && right.y === 0n) return left;
  if (left.z === 0n) return { ...right, z: 1n };
  const zz = mod(left.z * left.z);
  const h = mod(right.x * zz - left.x);
  const r = mod(2n * (right.y * left.z * zz - left.y));
  if (h === 0n) return r === 0n ? double(left) : INFINITY;
  const hh = mod(h * h);
  const i = 4n * hh;
  const j = mod(h * i);
  const v = mod(left.x * i);
  const x = mod(r * r - j - 2n * v);
  return { x, y: mod(r * (v - x) - 2n * left.y * j), z: mod((left.z + h) ** 2n - zz - hh) };
}

function toAffine({ x, y, z }: Jacobian): G1Point {
  if (z === 0n) return { x: 0n, y: 0n };
  const inverse = invert(z);
  const square = mod(inverse * inverse);
  return { x: mod(x * square), y: mod(y * square * inverse) };
}

/** Euclid's algorithm; `value` is not zero. */
function invert(value: bigint): bigint {
  let [r0, r1, t0, t1] = [BASE_FIELD, mod(value), 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1, t0, t1] = [r1, r0 - quotient * r1, t1, t0 - quotient * t1];
  }
  return mod(t0);
}
