import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBn254 } from '../../../../groth16/curve/bn254-wasm.ts';
import { groupOf } from '../../../../groth16/curve/group.ts';
import { SCALAR_FIELD } from '../../../../groth16/formats/bn254.ts';
import { sumGroups } from '../../../../groth16/prove/native-js/buckets.ts';
import { REFERENCE_SIGN } from '../../../../groth16/prove/native-js/loops.ts';
import { createPairSums, pairSumsReserve } from '../../../../groth16/prove/native-js/pair-sums.ts';
import { mod } from '../../formats/circuits.ts';
import { affineBytes, putMultiples } from './points.ts';

const curve = await loadBn254();
const group = groupOf(curve, 'g1');
const pairs = createPairSums(curve, group);
const POINT = 64;
const CANARY = 0xa5;
const multiples = [1n, SCALAR_FIELD - 1n, 2n, 3n, SCALAR_FIELD - 3n, 4n, 5n, 8n];

/** A signed reference to one of the points. */
const anyMember = fc.record({
  point: fc.nat(multiples.length - 1),
  minus: fc.boolean(),
  after: fc.boolean(),
});

describe('sums of groups', () => {
  it('are right, stay in their room and leave the points as they are, wherever those lie', () => {
    const groups = fc.array(fc.array(anyMember, { maxLength: 12 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(groups, (members) =>
        curve.scratch(() => {
          const count = members.flat().length;
          const room = (count >> 1) * POINT;
          const before = putMultiples(curve, 'g1', multiples);
          const at = curve.alloc(room + POINT);
          const after = putMultiples(curve, 'g1', multiples);
          curve.reserve(pairSumsReserve(group));
          curve.bytes(at + room, POINT).fill(CANARY);
          const points = (): string =>
            [before, after]
              .map((list) => Buffer.from(curve.bytes(list, multiples.length * POINT)).toString('hex'))
              .join(' ');
          const untouched = points();

          const starts = new Uint32Array(members.length + 1);
          members.forEach(({ length }, index) => (starts[index + 1] = starts[index] + length));
          const list = Uint32Array.from(
            members.flat(),
            ({ point, minus, after: behind }) =>
              ((behind ? after : before) + point * POINT) | (minus ? REFERENCE_SIGN : 0),
          );
          sumGroups(pairs, { list, starts }, { at, pointBytes: POINT });

          expect(points()).toBe(untouched);
          expect(curve.bytes(at + room, POINT).every((byte) => byte === CANARY)).toBe(true);
          members.forEach((terms, index) => {
            if (terms.length === 0) return;
            const total = mod(
              terms.reduce((sum, { point, minus }) => sum + (minus ? -1n : 1n) * multiples[point], 0n),
            );
            expect(affineOf(list[starts[index]]), `group ${index}`).toBe(multipleOf(total));
          });
        }),
      ),
      { numRuns: 150 },
    );
  });
});

function affineOf(reference: number): string {
  const jacobian = curve.alloc(96);
  if (reference === 0) group.zeroJacobian(jacobian);
  else group.toJacobian(reference & ~31, jacobian);
  if (reference & REFERENCE_SIGN) curve.fn.g1m_neg(jacobian, jacobian);
  return affineBytes(curve, 'g1', jacobian);
}

function multipleOf(scalar: bigint): string {
  const jacobian = curve.alloc(96);
  if (scalar === 0n) group.zeroJacobian(jacobian);
  else group.toJacobian(putMultiples(curve, 'g1', [scalar]), jacobian);
  return affineBytes(curve, 'g1', jacobian);
}
