import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBn254 } from '../../../groth16/curve/bn254-wasm.ts';
import type { GroupName } from '../../../groth16/curve/group.ts';
import { groupOf } from '../../../groth16/curve/group.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import { availableKernels, createBn254Kernel } from '../../../groth16/kernel/bn254-kernel.ts';
import { ADDRESS, BATCH, REFERENCE_SIGN } from '../../../groth16/kernel/pairs.ts';
import type { PointSums } from '../../../groth16/kernel/point-sums.ts';
import { mod } from '../formats/circuits.ts';
import { affineBytes, putMultiples } from '../prove/native-js/points.ts';

const CANARY = 0xa5;
const multiples = [1n, SCALAR_FIELD - 1n, 2n, 3n, SCALAR_FIELD - 3n, 4n, 5n, 8n];

interface Member {
  readonly point: number;
  readonly minus: boolean;
  readonly after: boolean;
}

/** A signed reference to one of the points. */
const anyMember = fc.record({
  point: fc.nat(multiples.length - 1),
  minus: fc.boolean(),
  after: fc.boolean(),
});

const kernels = availableKernels().flatMap((kernel) =>
  (['g1', 'g2'] as const).map((group) => ({ name: kernel.name, kernel, group })),
);

describe.each(kernels)('sums of groups in $group by the kernel $name', ({ kernel, group: name }) => {
  it('are right, stay in their room and leave the points as they are, wherever those lie', async () => {
    const { curve, sums } = await open(name, kernel);
    const groups = fc.array(fc.array(anyMember, { maxLength: 12 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(groups, (members) => curve.scratch(() => check(curve, sums, members))),
      { numRuns: name === 'g1' ? 100 : 40 },
    );
  });

  it('are right where a batch is full and where all of its pairs are doubled or cancel', async () => {
    const { curve, sums } = await open(name, kernel);
    const same = (count: number, at: (i: number) => Partial<Member>): Member[] =>
      Array.from({ length: count }, (_, i) => ({ point: 2, minus: false, after: false, ...at(i) }));
    curve.scratch(() =>
      check(curve, sums, [
        same(2 * BATCH + 3, () => ({})),
        same(2 * BATCH, (i) => ({ minus: i % 2 === 1 })),
        same(77, (i) => ({ point: i % 8, after: i % 3 === 0 })),
      ]),
    );
  });

  it('go into the kernel’s form and back, any number of points', async () => {
    const { curve, sums } = await open(name, kernel);
    curve.scratch(() => {
      for (const count of [0, 1, 2, 3, 8]) {
        const points = putMultiples(curve, name, multiples.slice(0, count));
        const bytes = count * sums.pointBytes;
        const before = Buffer.from(curve.bytes(points, bytes)).toString('hex');
        const out = curve.alloc(bytes + sums.pointBytes);
        curve.bytes(out, bytes + sums.pointBytes).fill(CANARY);
        sums.enter(points, out, count);
        sums.leave(out, out, count);
        expect(Buffer.from(curve.bytes(out, bytes)).toString('hex')).toBe(before);
        expect(curve.bytes(out + bytes, sums.pointBytes).every((byte) => byte === CANARY)).toBe(true);
      }
    });
  });
});

type Curve = Awaited<ReturnType<typeof loadBn254>>;

async function open(
  name: GroupName,
  kernel: (typeof kernels)[number]['kernel'],
): Promise<{ readonly curve: Curve; readonly sums: PointSums }> {
  const curve = await loadBn254();
  return { curve, sums: createBn254Kernel(curve, kernel).sums[name] };
}

function check(curve: Curve, sums: PointSums, members: readonly (readonly Member[])[]): void {
  const { pointBytes, group: name } = sums;
  const count = members.flat().length;
  const room = (count >> 1) * pointBytes;
  const put = (): number => {
    const at = putMultiples(curve, name, multiples);
    sums.enter(at, at, multiples.length);
    return at;
  };
  const before = put();
  const at = curve.alloc(room + pointBytes);
  const after = put();
  const list = curve.alloc(4 * count);
  const starts = curve.alloc(4 * (members.length + 1));
  const scratch = curve.alloc(8 * members.length);
  curve.bytes(at + room, pointBytes).fill(CANARY);
  const points = (): string =>
    [before, after]
      .map((place) => Buffer.from(curve.bytes(place, multiples.length * pointBytes)).toString('hex'))
      .join(' ');
  const untouched = points();
  const words = new Uint32Array(curve.memory.buffer);
  let end = 0;
  members.forEach((terms, index) => {
    words[(starts >> 2) + index] = end;
    for (const { point, minus, after: behind } of terms) {
      words[(list >> 2) + end++] =
        ((behind ? after : before) + point * pointBytes) | (minus ? REFERENCE_SIGN : 0);
    }
  });
  words[(starts >> 2) + members.length] = end;
  sums.sum({ list, starts, groups: members.length }, at, scratch);

  expect(points()).toBe(untouched);
  expect(curve.bytes(at + room, pointBytes).every((byte) => byte === CANARY)).toBe(true);
  members.forEach((terms, index) => {
    if (terms.length === 0) return;
    const total = mod(
      terms.reduce((sum, { point, minus }) => sum + (minus ? -1n : 1n) * multiples[point], 0n),
    );
    const reference = new Uint32Array(curve.memory.buffer)[
      (list >> 2) + new Uint32Array(curve.memory.buffer)[(starts >> 2) + index]
    ];
    expect(affineOf(curve, sums, reference), `group ${index}`).toBe(multipleOf(curve, name, total));
  });
}

function affineOf(curve: Curve, sums: PointSums, reference: number): string {
  const group = groupOf(curve, sums.group);
  const jacobian = curve.alloc(3 * group.coordinateBytes);
  if (reference === 0) group.zeroJacobian(jacobian);
  else {
    const affine = curve.alloc(sums.pointBytes);
    sums.leave(reference & ADDRESS, affine, 1);
    group.toJacobian(affine, jacobian);
  }
  if (reference & REFERENCE_SIGN) curve.fn[`${sums.group}m_neg`](jacobian, jacobian);
  return affineBytes(curve, sums.group, jacobian);
}

function multipleOf(curve: Curve, name: GroupName, scalar: bigint): string {
  const group = groupOf(curve, name);
  const jacobian = curve.alloc(3 * group.coordinateBytes);
  if (scalar === 0n) group.zeroJacobian(jacobian);
  else group.toJacobian(putMultiples(curve, name, [scalar]), jacobian);
  return affineBytes(curve, name, jacobian);
}
