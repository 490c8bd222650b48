import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exact, exacts } from '../../../slicer/integer/exact.ts';
import { intervalOf, type TensorInterval } from '../../../slicer/integer/intervals.ts';
import type { IntegerRange, ProgramNode, ProgramTensor } from '../../../slicer/integer/program.ts';
import { cases, hullOf, layout, S4, spansOf, type Given } from './interval-cases.ts';

describe('an interval is the least that holds what each value of a channel may be', () => {
  it.each(Object.entries(cases))('%s', (_, make) => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const { inputs, output, node, expected, range } = make((min, max) => gen(fc.integer, { min, max }));
        const tensors = [...inputs.map(({ shape }) => shape), output].map((shape, i): ProgramTensor => ({
          name: `t${i}`,
          shape,
          scale: 0,
          ...(range && i === inputs.length ? { range } : {}),
        }));
        const made = { name: 'the node', output: inputs.length, ...node } as unknown as ProgramNode;
        const found = intervalOf(
          made,
          tensors,
          inputs.map(({ interval }) => interval),
        );
        const spans = expected(...inputs.map(spansOf));
        const { entries, run } = layout(output);
        const hulls = Array.from({ length: entries }, (_entry, e) =>
          hullOf(spans.slice(e * run, (e + 1) * run)),
        );
        expect(found.run).toBe(run);
        expect(Array.from(found.low, (low, e) => [low, found.high[e]])).toEqual(hulls);
      }),
      { numRuns: 200 },
    );
  });

  it('a range that does not hold it is refused', () => {
    const bounds = (low: number, high: number): Given => ({
      shape: [1, 1],
      interval: { low: exacts(1).fill(exact(low)), high: exacts(1).fill(exact(high)), run: 1 },
    });
    const table = (low: number, high: number, range: IntegerRange): TensorInterval => {
      const node: ProgramNode = {
        kind: 'table',
        name: 'the node',
        input: 0,
        output: 1,
        first: -20,
        values: Int32Array.from({ length: 41 }, (_, i) => i - 20),
      };
      const tensors = [0, 1].map((id) => ({
        name: `t${id}`,
        shape: [1, 1],
        scale: 0,
        ...(id === 1 ? { range } : {}),
      }));
      return intervalOf(node, tensors, [bounds(low, high).interval]);
    };
    expect(() => table(-8, 7, S4)).not.toThrow();
    for (const [low, high] of [
      [-9, 7],
      [-8, 8],
    ]) {
      expect(() => table(low, high, S4)).toThrow(expect.objectContaining({ code: 'INTEGER_RANGE' }));
    }
    for (const [low, high] of [
      [-21, 0],
      [0, 21],
    ]) {
      const wide = { signed: true, bits: 8 };
      expect(() => table(low, high, wide)).toThrow(expect.objectContaining({ code: 'INTEGER_TABLE_DOMAIN' }));
    }
  });
});
