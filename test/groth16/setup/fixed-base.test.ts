import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadBn254 } from '../../../groth16/curve/bn254-wasm.ts';
import type { Bn254 } from '../../../groth16/curve/bn254-wasm.ts';
import { SCALAR_FIELD, writeLittleEndian } from '../../../groth16/formats/bn254.ts';
import { groupOf } from '../../../groth16/curve/group.ts';
import type { GroupName } from '../../../groth16/curve/group.ts';
import { createBn254Kernel } from '../../../groth16/kernel/bn254-kernel.ts';
import { createFixedBase, windowFor } from '../../../groth16/setup/fixed-base.ts';
import type { FixedBase } from '../../../groth16/setup/fixed-base.ts';

const WINDOWS = [4, 7, 8, 13];
let curve: Bn254;
const bases = new Map<string, FixedBase>();

beforeAll(async () => {
  curve = await loadBn254();
  const { sums } = createBn254Kernel(curve);
  for (const group of ['g1', 'g2'] as const) {
    for (const bits of WINDOWS) bases.set(`${group}/${bits}`, createFixedBase(curve, sums[group], bits));
  }
});

function encode(scalars: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(scalars.length * 32);
  scalars.forEach((scalar, index) => writeLittleEndian(bytes, index * 32, scalar));
  return bytes;
}

/** The same products by wasmcurves' own double-and-add. */
function plain(name: GroupName, scalars: readonly bigint[]): Uint8Array {
  const { base, coordinateBytes, toAffine } = groupOf(curve, name);
  const times = curve.fn[name === 'g1' ? 'g1m_timesScalarAffine' : 'g2m_timesScalarAffine'];
  const points = scalars.map((scalar) =>
    curve.scratch(() => {
      const factor = curve.alloc(32);
      const product = curve.alloc(3 * coordinateBytes);
      curve.bytes(factor, 32).set(encode([scalar]));
      times(base, factor, 32, product);
      toAffine(product, product);
      return curve.bytes(product, 2 * coordinateBytes).slice();
    }),
  );
  return Buffer.concat(points);
}

describe.each(['g1', 'g2'] as const)('multiples of the generator of %s', (group) => {
  it.each(WINDOWS)('are those of double-and-add, with windows of %i bits', (bits) => {
    const base = bases.get(`${group}/${bits}`) as FixedBase;
    const half = 1n << BigInt(bits - 1);
    const edges = [
      0n,
      1n,
      2n,
      half - 1n,
      half,
      half + 1n,
      2n * half - 1n,
      2n * half,
      (1n << 253n) - 1n,
      1n << 253n,
      SCALAR_FIELD - 2n * half,
      SCALAR_FIELD - half,
      SCALAR_FIELD - 2n,
      SCALAR_FIELD - 1n,
      0n,
    ];
    expect(Buffer.compare(base.multiply(encode(edges)), plain(group, edges))).toBe(0);
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: SCALAR_FIELD - 1n }), { minLength: 1, maxLength: 8 }),
        (scalars) => {
          expect(Buffer.compare(base.multiply(encode(scalars)), plain(group, scalars))).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are all zero bytes for zero scalars, and none for no scalars', () => {
    const base = bases.get(`${group}/4`) as FixedBase;
    expect(base.multiply(encode([0n, 0n])).every((byte) => byte === 0)).toBe(true);
    expect(base.multiply(new Uint8Array())).toHaveLength(0);
  });
});

describe('the window', () => {
  it('widens with the number of scalars, within what digits hold', () => {
    const windows = [1, 100, 10_000, 1_000_000, 1e9].map(windowFor);
    expect(windows).toEqual(windows.toSorted((left, right) => left - right));
    expect(windows[0]).toBeLessThan(windows[3]);
    expect(Math.max(...windows)).toBeLessThanOrEqual(16);
  });
});
