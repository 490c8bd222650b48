import { BYTES } from '../../../../groth16/curve/bn254-wasm.ts';
import type { Bn254 } from '../../../../groth16/curve/bn254-wasm.ts';
import type { GroupName } from '../../../../groth16/curve/group.ts';
import { groupOf } from '../../../../groth16/curve/group.ts';
import { writeLittleEndian } from '../../../../groth16/formats/bn254.ts';

/** Canonical scalars as 32 bytes little-endian each. */
export function scalarBytes(scalars: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(scalars.length * BYTES.field);
  scalars.forEach((scalar, index) => writeLittleEndian(bytes, index * BYTES.field, scalar));
  return bytes;
}

/** Puts affine multiples of the generator next to each other; none may be infinity. */
export function putMultiples(curve: Bn254, name: GroupName, multiples: readonly bigint[]): number {
  const { base, coordinateBytes, toAffine } = groupOf(curve, name);
  const at = curve.alloc(2 * coordinateBytes * multiples.length);
  const scalars = curve.alloc(BYTES.field * multiples.length);
  const jacobian = curve.alloc(3 * coordinateBytes);
  curve.bytes(scalars, BYTES.field * multiples.length).set(scalarBytes(multiples));
  multiples.forEach((_, index) => {
    const scalar = scalars + index * BYTES.field;
    curve.fn[`${name}m_timesScalarAffine`](base, scalar, BYTES.field, jacobian);
    toAffine(jacobian, at + index * 2 * coordinateBytes);
  });
  return at;
}

/** The affine bytes of a Jacobian point, all zero for infinity. */
export function affineBytes(curve: Bn254, name: GroupName, jacobian: number): string {
  const { coordinateBytes, toAffine } = groupOf(curve, name);
  return curve.scratch(() => {
    const at = curve.alloc(2 * coordinateBytes);
    toAffine(jacobian, at);
    return Buffer.from(curve.bytes(at, 2 * coordinateBytes)).toString('hex');
  });
}
