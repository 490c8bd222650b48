import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extremeInputs, randomInputs } from '../../../slicer/audit/trial-inputs.ts';
import { evaluate } from '../../../slicer/integer/evaluate.ts';
import { intervalsOf } from '../../../slicer/integer/intervals.ts';
import type { ConvNode, IntegerProgram } from '../../../slicer/integer/program.ts';
import { extremeProgram, refusalOf } from '../../support/extreme-programs.ts';
import { nonlinearCase } from '../../support/nonlinear-programs.ts';
import { randomCase, seededNumbers } from '../../support/programs.ts';

const unsigned8 = { signed: false, bits: 8 };

function gemmProgram(
  weights: number[],
  bias: number,
  bits: number,
  shift: number,
  outBits = 8,
): IntegerProgram {
  return {
    tensors: [
      { name: 'x', shape: [1, weights.length], scale: 0, range: { signed: false, bits } },
      { name: 'acc', shape: [1, 1], scale: 0 },
      { name: 'q', shape: [1, 1], scale: 0, range: { signed: true, bits: outBits } },
    ],
    inputs: [0],
    outputs: [2],
    nodes: [
      {
        kind: 'gemm',
        name: 'dense',
        input: 0,
        output: 1,
        weights: Int32Array.from(weights),
        bias: Float64Array.of(bias),
      },
      { kind: 'rescale', name: 'requantise', input: 1, output: 2, shift, relu: false },
    ],
  };
}

function conv(changes: Partial<ConvNode>): ConvNode {
  return {
    kind: 'conv',
    name: 'conv',
    input: 0,
    output: 1,
    weights: Int32Array.of(3, -2, 1, 1),
    bias: Float64Array.of(7),
    kernel: [2, 2],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    groups: 1,
    ...changes,
  };
}

describe('intervalsOf', () => {
  it('gives inputs the full range of their bits and accumulators the exact sum of extremes', () => {
    const [x, acc, q] = intervalsOf(gemmProgram([3, -5], 10, 8, 2, 16));
    expect([...x.low, ...x.high]).toEqual([0, 0, 255, 255]);
    expect([acc.low[0], acc.high[0]]).toEqual([10 - 5 * 255, 10 + 3 * 255]);
    expect([q.low[0], q.high[0]]).toEqual([Math.floor((10 - 1275 + 2) / 4), Math.floor((775 + 2) / 4)]);
  });

  it('keeps a rescaled tensor inside its range', () => {
    const [, , q] = intervalsOf(gemmProgram([3, -5], 10, 8, 1, 4));
    expect([q.low[0], q.high[0]]).toEqual([-8, 7]);
  });

  it('counts a padded zero among the values of a channel that cannot be zero', () => {
    const program = (pads: ConvNode['pads'], ...sides: [number, number]): IntegerProgram => ({
      tensors: [
        { name: 'x', shape: [1, 1, 4, 4], scale: 0, range: { signed: false, bits: 2 } },
        { name: 'lifted', shape: [1, 1, 4, 4], scale: 0 },
        { name: 'acc', shape: [1, 1, ...sides], scale: 0 },
      ],
      inputs: [0],
      outputs: [],
      nodes: [
        conv({ name: 'lift', weights: Int32Array.of(1), bias: Float64Array.of(10), kernel: [1, 1] }),
        conv({ input: 1, output: 2, pads }),
      ],
    });
    const [, lifted, inside] = intervalsOf(program([0, 0, 0, 0], 3, 3));
    expect([lifted.low[0], lifted.high[0], lifted.run]).toEqual([10, 13, 16]);
    expect([inside.low[0], inside.high[0], inside.run]).toEqual([7 + 50 - 26, 7 + 65 - 20, 9]);
    // On each side alone.
    for (const side of [0, 1, 2, 3]) {
      const pads = [0, 0, 0, 0].with(side, 1) as unknown as ConvNode['pads'];
      const sides = [3, 3].with(side % 2, 4) as [number, number];
      const [, , padded] = intervalsOf(program(pads, ...sides));
      expect([padded.low[0], padded.high[0]]).toEqual([7 - 26, 7 + 65]);
    }
  });

  it('follows channels through reshape and concat', () => {
    const program: IntegerProgram = {
      tensors: [
        { name: 'a', shape: [1, 1, 2, 2], scale: 0, range: unsigned8 },
        { name: 'b', shape: [1, 1, 2, 2], scale: 0, range: { signed: false, bits: 3 } },
        { name: 'channels', shape: [1, 2, 2, 2], scale: 0 },
        { name: 'rows', shape: [1, 1, 4, 2], scale: 0 },
        { name: 'flat', shape: [1, 8], scale: 0 },
        { name: 'folded', shape: [1, 1, 8], scale: 0 },
      ],
      inputs: [0, 1],
      outputs: [],
      nodes: [
        { kind: 'concat', name: 'channels', inputs: [0, 1], axis: 1, output: 2 },
        { kind: 'concat', name: 'rows', inputs: [0, 1], axis: 2, output: 3 },
        { kind: 'reshape', name: 'flat', input: 2, output: 4 },
        { kind: 'reshape', name: 'folded', input: 4, output: 5 },
      ],
    };
    const [, , channels, rows, flat, folded] = intervalsOf(program);
    expect([[...channels.high], channels.run]).toEqual([[255, 7], 4]);
    expect([[...rows.high], rows.run]).toEqual([[255], 8]);
    expect([[...flat.high], flat.run]).toEqual([[255, 255, 255, 255, 7, 7, 7, 7], 1]);
    expect([[...folded.high], folded.run]).toEqual([[255], 8]);
  });

  it('takes the widest accumulator that doubles hold exactly and refuses the next', () => {
    const bits = 32;
    const weight = 2 ** 20;
    const widest = Number.MAX_SAFE_INTEGER - weight * (2 ** bits - 1);
    expect(intervalsOf(gemmProgram([weight], widest, bits, 0))[1].high[0]).toBe(Number.MAX_SAFE_INTEGER);
    for (const program of [
      gemmProgram([weight], widest + 1, bits, 0),
      gemmProgram([weight], widest, bits, 1),
      gemmProgram([-weight], -widest - 1, bits, 0),
    ]) {
      expect(() => intervalsOf(program)).toThrow(expect.objectContaining({ code: 'INTEGER_TOO_WIDE' }));
    }
  });

  it('bounds every value that the evaluator computes, and is reached', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: -100, max: 100 }),
        fc.integer({ min: 0, max: 4 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 15 })),
        (weights, bias, shift, stream: Iterator<number, number>) => {
          const program = gemmProgram(weights, bias, 4, shift, 8);
          const intervals = intervalsOf(program);
          const extreme = (top: boolean): Float64Array =>
            Float64Array.from(weights, (weight) => (weight > 0 === top ? 15 : 0));
          const random = Float64Array.from(weights, () => stream.next().value);
          const [low, high, some] = [extreme(false), extreme(true), random].map((x) =>
            evaluate(program, [x]),
          );
          for (const tensor of [1, 2]) {
            expect(low[tensor][0]).toBe(intervals[tensor].low[0]);
            expect(high[tensor][0]).toBe(intervals[tensor].high[0]);
            expect(some[tensor][0]).toBeGreaterThanOrEqual(intervals[tensor].low[0]);
            expect(some[tensor][0]).toBeLessThanOrEqual(intervals[tensor].high[0]);
          }
        },
      ),
    );
  });

  it.each<readonly [string, (seed: number) => IntegerProgram, number]>([
    ['layers', (seed) => randomCase(seed).program, 100],
    ['products, tables, divisions, roots and positions', (seed) => nonlinearCase(seed).program, 100],
    ['constants at the ends of arithmetic', extremeProgram, 600],
  ])('holds all that values can be, in random programs of %s', (_, make, programs) => {
    for (let seed = 0; seed < programs; seed++) {
      const program = make(seed);
      if (refusalOf(program) !== undefined) continue;
      const intervals = intervalsOf(program);
      const draw = seededNumbers(seed + 1);
      const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => draw(0, 255));
      for (let turn = 0; turn < 8; turn++) {
        const inputs = turn < 6 ? extremeInputs(program, turn, bytes) : randomInputs(program, bytes);
        const outside = evaluate(program, inputs).findIndex((values, id) => {
          const { low, high, run } = intervals[id];
          return values.some(
            (value, i) => value < low[Math.floor(i / run)] || value > high[Math.floor(i / run)],
          );
        });
        expect(outside, `a tensor of seed ${seed}`).toBe(-1);
      }
    }
  });
});
