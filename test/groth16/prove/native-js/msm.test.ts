import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BYTES, loadBn254 } from '../../../../groth16/curve/bn254-wasm.ts';
import type { GroupName } from '../../../../groth16/curve/group.ts';
import { groupOf } from '../../../../groth16/curve/group.ts';
import { SCALAR_FIELD } from '../../../../groth16/formats/bn254.ts';
import { createBn254Kernel } from '../../../../groth16/kernel/bn254-kernel.ts';
import { createMultiScalars } from '../../../../groth16/prove/native-js/msm.ts';
import { signedScalars } from '../../../../groth16/prove/native-js/scalars.ts';
import { affineBytes, putMultiples, scalarBytes } from './points.ts';

const R = SCALAR_FIELD;
const curve = await loadBn254();
const kernel = createBn254Kernel(curve);
const sums = createMultiScalars(curve, kernel.sums);

/** In the kernel's form. */
function enterMultiples(name: GroupName, multiples: readonly bigint[]): number {
  const at = putMultiples(curve, name, multiples);
  kernel.sums[name].enter(at, at, multiples.length);
  return at;
}

interface Term {
  /** The point as a multiple of the generator. */
  readonly multiple: bigint;
  readonly scalar: bigint;
}

/** Σ scalar · point one by one, with wasmcurves' own multiplication. */
function naive(name: GroupName, terms: readonly Term[]): string {
  const group = groupOf(curve, name);
  return curve.scratch(() => {
    const points = putMultiples(
      curve,
      name,
      terms.map(({ multiple }) => multiple),
    );
    const total = curve.alloc(3 * group.coordinateBytes);
    const product = curve.alloc(3 * group.coordinateBytes);
    const scalar = curve.alloc(BYTES.field);
    group.zeroJacobian(total);
    terms.forEach((term, index) => {
      curve.bytes(scalar, BYTES.field).set(scalarBytes([term.scalar]));
      const point = points + index * 2 * group.coordinateBytes;
      curve.fn[`${name}m_timesScalarAffine`](point, scalar, BYTES.field, product);
      group.addJacobian(total, product, total);
    });
    return affineBytes(curve, name, total);
  });
}

function ours(name: GroupName, terms: readonly Term[]): string {
  return curve.scratch(() => {
    const out = curve.alloc(3 * groupOf(curve, name).coordinateBytes);
    const points = enterMultiples(
      name,
      terms.map(({ multiple }) => multiple),
    );
    const scalars = signedScalars(scalarBytes(terms.map(({ scalar }) => scalar)));
    sums[name].multiply({ at: points, scalarOf: Uint32Array.from(terms.keys()) }, scalars, out);
    return affineBytes(curve, name, out);
  });
}

const edges = [
  ...[0n, 1n, 2n, 3n, R - 1n, R - 2n, (R - 1n) / 2n, (R + 1n) / 2n],
  ...[7n, 8n, 13n, 16n, 32n, 64n, 127n, 128n, 252n, 253n].flatMap((k) =>
    [-1n, 0n, 1n].map((near) => (1n << k) + near),
  ),
];
const anyScalar = fc.oneof(
  fc.constantFrom(...edges),
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 0n, max: R - 1n }),
);
/** Few different points, so that equal and opposite ones meet in buckets and in sums. */
const fewPoints = fc.constantFrom(1n, R - 1n, 2n, R - 2n, 3n, 4n, 5n);
const anyPoint = fc.oneof(fewPoints, fc.bigInt({ min: 1n, max: R - 1n }));

describe.each(['g1', 'g2'] as const)('sums of multiples in %s', (name) => {
  it('equal the sum of the multiples', () => {
    const terms = fc.array(fc.record({ multiple: anyPoint, scalar: anyScalar }), { maxLength: 40 });
    fc.assert(
      fc.property(terms, (list) => {
        expect(ours(name, list)).toBe(naive(name, list));
      }),
      { numRuns: 60 },
    );
  });

  it('are right where equal and opposite points meet in one bucket and cancel', () => {
    const scalar = fc.constantFrom(1n, R - 1n, 2n, R - 2n, 5n, (1n << 200n) + 1n);
    const terms = fc.array(fc.record({ multiple: fewPoints, scalar }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(terms, (list) => {
        expect(ours(name, list)).toBe(naive(name, list));
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['one bucket', (_: number): bigint => 1n],
    ['bits', (i: number): bigint => BigInt((i * i) % 3)],
    [
      'bytes and their negatives',
      (i: number): bigint => (i % 2 === 0 ? BigInt(i % 256) : R - BigInt(i % 256)),
    ],
    ['edges', (i: number): bigint => edges[i % edges.length]],
    ['all of the field', (i: number): bigint => (BigInt(i) ** 60n * 0x9e3779b97f4a7c15n) % R],
    ['every second one cancelled', (i: number): bigint => (BigInt(i >> 1) * 0x9e3779b97f4a7c15n) ** 4n % R],
  ])('are right for many points: %s', (_, scalarOf) => {
    const count = name === 'g1' ? 5_000 : 1_000;
    // Pairs of opposite points with a repeat every 100.
    const multiple = (i: number): bigint => (i % 2 === 0 ? BigInt(1 + (i % 100)) : R - BigInt(i % 100));
    const scalars = Array.from({ length: count }, (_unused, i) => scalarOf(i));
    const total = scalars.reduce((sum, scalar, i) => (sum + scalar * multiple(i)) % R, 0n);
    const made = curve.scratch(() => {
      const out = curve.alloc(3 * groupOf(curve, name).coordinateBytes);
      const at = enterMultiples(
        name,
        scalars.map((_unused, i) => multiple(i)),
      );
      sums[name].multiply(
        { at, scalarOf: Uint32Array.from(scalars.keys()) },
        signedScalars(scalarBytes(scalars)),
        out,
      );
      return affineBytes(curve, name, out);
    });
    expect(made).toBe(naive(name, [{ multiple: 1n, scalar: total }]));
  });

  it('take each point with the scalar that it names', () => {
    const scalars = [5n, 0n, 7n, 11n];
    const points = [1n, 2n, 3n];
    const made = curve.scratch(() => {
      const out = curve.alloc(3 * groupOf(curve, name).coordinateBytes);
      const at = enterMultiples(name, points);
      sums[name].multiply(
        { at, scalarOf: Uint32Array.of(3, 1, 0) },
        signedScalars(scalarBytes(scalars)),
        out,
      );
      return affineBytes(curve, name, out);
    });
    expect(made).toBe(naive(name, [{ multiple: 1n, scalar: 11n + 3n * 5n }]));
  });
});
