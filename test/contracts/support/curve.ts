import { BYTES, loadBn254 } from '../../../groth16/curve/bn254-wasm.ts';
import { mod } from './field.ts';

/** A point of the first group as the contracts take it. */
export interface G1 {
  readonly x: bigint;
  readonly y: bigint;
}

/** A point of the second group as the contracts take it: imaginary part first. */
export interface G2 {
  readonly x: [bigint, bigint];
  readonly y: [bigint, bigint];
}

const curve = await loadBn254();

function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0, rest = value; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

function number(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** scalar · G1's generator. */
export function g1(scalar: bigint): G1 {
  return curve.scratch(() => {
    const at = curve.alloc(32);
    const jacobian = curve.alloc(BYTES.g1Jacobian);
    const affine = curve.alloc(BYTES.g1);
    curve.bytes(at, 32).set(littleEndian(mod(scalar)));
    curve.fn.g1m_timesScalar(curve.g1Generator, at, 32, jacobian);
    curve.fn.g1m_toAffine(jacobian, affine);
    curve.fn.g1m_fromMontgomeryAffine(affine, affine);
    const bytes = curve.bytes(affine, BYTES.g1);
    return { x: number(bytes.slice(0, 32)), y: number(bytes.slice(32, 64)) };
  });
}

/** scalar · G2's generator. */
export function g2(scalar: bigint): G2 {
  return curve.scratch(() => {
    const at = curve.alloc(32);
    const jacobian = curve.alloc(BYTES.g2Jacobian);
    const affine = curve.alloc(BYTES.g2);
    curve.bytes(at, 32).set(littleEndian(mod(scalar)));
    curve.fn.g2m_timesScalar(curve.g2Generator, at, 32, jacobian);
    curve.fn.g2m_toAffine(jacobian, affine);
    curve.fn.g2m_fromMontgomeryAffine(affine, affine);
    const bytes = curve.bytes(affine, BYTES.g2);
    const [xRe, xIm, yRe, yIm] = [0, 32, 64, 96].map((offset) => number(bytes.slice(offset, offset + 32)));
    return { x: [xIm, xRe], y: [yIm, yRe] };
  });
}
