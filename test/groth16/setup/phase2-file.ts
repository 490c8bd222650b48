import { powersOfTau } from 'snarkjs';
import { loadBn254 } from '../../../groth16/curve/bn254-wasm.ts';
import { BASE_FIELD, SCALAR_FIELD, writeLittleEndian } from '../../../groth16/formats/bn254.ts';
import { writeFileBytes } from '../../../groth16/formats/sections.ts';
import { groupOf } from '../../../groth16/curve/group.ts';
import type { GroupName } from '../../../groth16/curve/group.ts';
import type { DevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';

/**
 * A phase-1 file over known secrets, point by point with plain double-and-add, and made ready for phase 2 by
 * snarkjs itself: what snarkjs then makes of it shares nothing with our setup but the secrets.
 */
export async function phase2File(
  { tau, alpha, beta }: DevelopmentPhase1,
  power: number,
): Promise<Uint8Array> {
  const curve = await loadBn254();
  const point = (name: GroupName, scalar: bigint): Uint8Array =>
    curve.scratch(() => {
      const { base, coordinateBytes, toAffine } = groupOf(curve, name);
      const factor = curve.alloc(32);
      const product = curve.alloc(3 * coordinateBytes);
      writeLittleEndian(curve.bytes(factor, 32), 0, scalar);
      curve.fn[name === 'g1' ? 'g1m_timesScalarAffine' : 'g2m_timesScalarAffine'](base, factor, 32, product);
      toAffine(product, product);
      return curve.bytes(product, 2 * coordinateBytes).slice();
    });
  const powers = (name: GroupName, factor: bigint, count: number): Uint8Array => {
    const points: Uint8Array[] = [];
    for (let i = 0, scalar = factor; i < count; i++, scalar = (scalar * tau) % SCALAR_FIELD) {
      points.push(point(name, scalar));
    }
    return Buffer.concat(points);
  };
  const size = 2 ** power;
  const header = new Uint8Array(4 + 32 + 8);
  const view = new DataView(header.buffer);
  view.setUint32(0, 32, true);
  writeLittleEndian(header, 4, BASE_FIELD);
  view.setUint32(36, power, true);
  view.setUint32(40, power, true);
  const sections = [
    header,
    powers('g1', 1n, 2 * size - 1),
    powers('g2', 1n, size),
    powers('g1', alpha, size),
    powers('g1', beta, size),
    point('g2', beta),
    new Uint8Array(4),
  ];
  const unprepared = writeFileBytes(
    { magic: 'ptau', version: 1 },
    sections.map((bytes, index) => ({ id: index + 1, length: bytes.length, pieces: [bytes] })),
  );
  const prepared: { type: 'mem'; data?: Uint8Array } = { type: 'mem' };
  await powersOfTau.preparePhase2({ type: 'mem', data: unprepared }, prepared);
  return prepared.data as Uint8Array;
}
