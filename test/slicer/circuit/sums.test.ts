import { exact } from '../../../slicer/integer/exact.ts';
import { describe, expect, it } from 'vitest';
import { R1csBuilder } from '../../../slicer/circuit/rows/builder.ts';
import { EMPTY_SUM, SumTable } from '../../../slicer/circuit/rows/sums.ts';

describe('SumTable', () => {
  it('interns sums by the order of their additions and asks for each total once', () => {
    const asked: (readonly number[])[] = [];
    const sums = new SumTable((coefficients) => asked.push(coefficients) + 100);
    const chain = (coefficients: readonly number[]): number =>
      coefficients.reduce((sum, coefficient) => sums.add(sum, coefficient), EMPTY_SUM);
    const first = chain([5, 0, 7]);
    expect(chain([5, 0, 7])).toBe(first);
    expect(chain([5, 7, 0])).not.toBe(first);
    expect(sums.total(first)).toBe(101);
    expect(sums.total(first)).toBe(101);
    expect(asked).toEqual([[7, 0, 5]]);
  });

  it('keeps apart a hundred thousand sums through its growth', () => {
    const sums = new SumTable(() => 0);
    const made = Array.from({ length: 100_000 }, (_, i) => sums.add(i >> 3, i & 7));
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((sum, i) => sums.add(i >> 3, i & 7) === sum)).toBe(true);
  });

  it('adds up a row of a million terms over few wires', () => {
    const builder = new R1csBuilder({ publicInputs: 0, privateInputs: 10 });
    for (let i = 0; i < 1_000_000; i++) builder.c.push(10 - (i % 10), builder.scaled(exact((i % 3) - 1)));
    builder.endRow();
    const { c } = builder.finish();
    // A wire's 100,000 terms go round −1, 0, 1 and leave the first of them; those that leave 0 are dropped.
    const left = Array.from({ length: 10 }, (_, i) => [10 - i, (i % 3) - 1] as const)
      .filter(([, total]) => total !== 0)
      .toSorted(([one], [other]) => one - other);
    expect([...c.wires]).toEqual(left.map(([wire]) => wire));
    expect([...c.coefficients]).toEqual(left.map(([, total]) => builder.scaled(exact(total))));
  });
});
