import { BYTES } from './bn254-wasm.ts';
import type { Bn254 } from './bn254-wasm.ts';
import { readLittleEndian, writeLittleEndian } from '../formats/bn254.ts';

/** An affine point of G1; (0, 0) is the point at infinity. */
export interface G1Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** An element re + im·u of the quadratic extension, u² = −1. */
export interface Fq2 {
  readonly re: bigint;
  readonly im: bigint;
}

/** An affine point of G2; (0, 0) is the point at infinity. */
export interface G2Point {
  readonly x: Fq2;
  readonly y: Fq2;
}

/** Puts an affine point of G1 with coordinates below q into the instance's memory; returns its address. */
export function putG1(curve: Bn254, point: G1Point): number {
  const at = curve.alloc(BYTES.g1);
  const bytes = curve.bytes(at, BYTES.g1);
  writeLittleEndian(bytes, 0, point.x);
  writeLittleEndian(bytes, 32, point.y);
  curve.fn.g1m_toMontgomeryAffine(at, at);
  return at;
}

/** Puts an affine point of G2 with coordinates below q into the instance's memory; returns its address. */
export function putG2(curve: Bn254, point: G2Point): number {
  const at = curve.alloc(BYTES.g2);
  const bytes = curve.bytes(at, BYTES.g2);
  [point.x.re, point.x.im, point.y.re, point.y.im].forEach((value, i) =>
    writeLittleEndian(bytes, 32 * i, value),
  );
  curve.fn.g2m_toMontgomeryAffine(at, at);
  return at;
}

/** Reads an affine Montgomery point of G1 from bytes outside the instance. */
export function g1FromMontgomery(curve: Bn254, montgomery: Uint8Array): G1Point {
  return curve.scratch(() => {
    const at = curve.alloc(BYTES.g1);
    curve.bytes(at, BYTES.g1).set(montgomery);
    curve.fn.g1m_fromMontgomeryAffine(at, at);
    const bytes = curve.bytes(at, BYTES.g1);
    return { x: readLittleEndian(bytes, 0), y: readLittleEndian(bytes, 32) };
  });
}

/** Reads an affine Montgomery point of G2 from bytes outside the instance. */
export function g2FromMontgomery(curve: Bn254, montgomery: Uint8Array): G2Point {
  return curve.scratch(() => {
    const at = curve.alloc(BYTES.g2);
    curve.bytes(at, BYTES.g2).set(montgomery);
    curve.fn.g2m_fromMontgomeryAffine(at, at);
    const bytes = curve.bytes(at, BYTES.g2);
    const [xr, xi, yr, yi] = [0, 32, 64, 96].map((offset) => readLittleEndian(bytes, offset));
    return { x: { re: xr, im: xi }, y: { re: yr, im: yi } };
  });
}
