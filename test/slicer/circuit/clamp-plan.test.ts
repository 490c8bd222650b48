import { describe, expect, it } from 'vitest';
import { planClamp, planRescale, type RescalePlan } from '../../../slicer/circuit/gadgets/rescale.ts';
import { exact } from '../../../slicer/integer/exact.ts';
import { boundsOf } from '../../../slicer/integer/program.ts';

/** What an accumulator's bits say of its result, by the gadget's own words. */
function resultOf({ shift, n, offset, base, read, below, over, span }: RescalePlan, acc: number): number {
  const v = acc + Number(offset);
  if (v < 0 || v >= 2 ** n) throw new Error(`${acc} needs more than ${n} bits`);
  const bit = (i: number): number => (v >> i) & 1;
  const g = below ? bit(n - 1) : 1;
  const isOver = Array.from({ length: over }, (_, i) => bit(shift + read + i)).includes(1);
  const inside = g === 1 && !isOver ? 1 : 0;
  const upper = Array.from({ length: read }, (_, i) => bit(shift + i) * 2 ** i);
  return base + inside * upper.reduce((sum, part) => sum + part, 0) + span * (g - inside);
}

const NEAR_POWERS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17];
const ENDS = [...NEAR_POWERS.slice(1).map((end) => -end), ...NEAR_POWERS];

describe('the plan of a rescale', () => {
  it.each([0, 1, 2, 3])(
    'by %i bits takes just the bits that its interval needs, and they say the result',
    (shift) => {
      const half = shift === 0 ? 0 : 2 ** (shift - 1);
      for (const floor of [-8, -4, -3, -1, 0, 1, 2]) {
        for (const size of [1, 2, 4, 8]) {
          const bounds = { low: exact(floor), high: exact(floor + size - 1) };
          for (const low of ENDS) {
            for (const high of ENDS.filter((end) => end >= low)) {
              const plan = planClamp({ low: exact(low), high: exact(high) }, shift, bounds);
              const name = `${low} … ${high} into ${floor} … ${floor + size - 1}`;
              const quotient = (acc: number): number => Math.floor((acc + half) / 2 ** shift);
              const result = (acc: number): number => Math.min(bounds.high, Math.max(floor, quotient(acc)));
              const isConstant = result(low) === result(high);
              expect(plan.constant, name).toBe(isConstant ? result(low) : undefined);
              if (isConstant) continue;
              for (let acc = low; acc <= high; acc++) {
                if (resultOf(plan, acc) !== result(acc))
                  expect(resultOf(plan, acc), `${name}: ${acc}`).toBe(result(acc));
              }
              const { n, offset, below, over, read } = plan;
              // With a bit less one end would be outside; above and below only where something is.
              const zero = below ? 2 ** (n - 1) : 0;
              const reach = [low, high].map((acc) => acc + Number(offset) - zero);
              const isLeast = below ? reach[1] >= zero / 2 || reach[0] < -zero / 2 : reach[1] >= 2 ** (n - 1);
              expect({ isLeast, below, isOver: over > 0 }, name).toEqual({
                isLeast: true,
                below: quotient(low) < floor,
                isOver: quotient(high) > bounds.high,
              });
              if (over > 0) expect(reach[1] >= 2 ** (shift + read + over - 1), name).toBe(true);
            }
          }
        }
      }
    },
  );

  it('begins at zero after a ReLU, whatever its range, and else where its range does', () => {
    for (const [signed, bits] of [1, 2, 3, 8].flatMap((width) =>
      [true, false].map((is) => [is, width] as const),
    )) {
      const range = { signed, bits };
      const { low, high } = boundsOf(range);
      for (const interval of [
        { low: exact(-700), high: exact(900) },
        { low: exact(-3), high: exact(2) },
      ]) {
        expect(planRescale(interval, 1, false, range)).toEqual(planClamp(interval, 1, { low, high }));
        const relu = { low: exact(0), high };
        expect(planRescale(interval, 1, true, range)).toEqual(planClamp(interval, 1, relu));
      }
    }
  });
});
