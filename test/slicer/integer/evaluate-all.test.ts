import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, evaluateNode, evaluateNodeAll } from '../../../slicer/integer/evaluate.ts';
import { kindOf } from '../../../slicer/integer/nodes/index.ts';
import type { ConvNode, GemmNode, ProgramNode, ProgramTensor } from '../../../slicer/integer/program.ts';
import { sizeOf } from '../../../slicer/integer/program.ts';
import { programCases, randomValues, scatteredNumbers } from '../../support/programs.ts';

const draw = scatteredNumbers(7);

function tensor(shape: readonly number[]): ProgramTensor {
  return { name: 'x', shape, scale: 0 };
}

function values(count: number, low: number, high: number): Float64Array {
  return Float64Array.from({ length: count }, () => draw(low, high));
}

function gemm(filters: number, taps: number, largest: number): GemmNode {
  return {
    kind: 'gemm',
    name: 'gemm',
    input: 0,
    output: 1,
    weights: Int32Array.from(values(filters * taps, -largest, largest)),
    bias: values(filters, -(2 ** 40), 2 ** 40),
  };
}

/** What is computed for several samples at once, and one by one; and whether there was a quick way. */
function both(node: ProgramNode, shapes: readonly (readonly number[])[], inputs: readonly Float64Array[]) {
  const tensors = shapes.map(tensor);
  const samples = inputs.map((input) => [input]);
  return {
    quick: kindOf(node).evaluateAll?.(node, tensors, samples),
    all: evaluateNodeAll({ tensors }, node, samples),
    one: samples.map((sample) => evaluateNode({ tensors }, node, sample)),
  };
}

describe('several samples at once', () => {
  it('give what each gives alone, whatever the program', () => {
    let quick = 0;
    let slow = 0;
    fc.assert(
      fc.property(
        programCases({ weight: 300, bits: 12 }),
        fc.integer({ min: 2, max: 5 }),
        ({ program, inputs }, count) => {
          const { tensors } = program;
          const more = Array.from({ length: count - 1 }, () =>
            program.inputs.map((id) => randomValues(tensors[id], draw)),
          );
          const samples = [inputs, ...more].map((given) => evaluate(program, given));
          for (const node of program.nodes) {
            const found = evaluateNodeAll(program, node, samples);
            expect(found).toEqual(samples.map((sample) => sample[node.output]));
            if (kindOf(node).evaluateAll === undefined) continue;
            if (kindOf(node).evaluateAll?.(node, tensors, samples) === undefined) slow++;
            else quick++;
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(quick).toBeGreaterThan(50);
    expect(slow).toBeGreaterThan(50);
  });

  it('of more filters, taps and places than are worked on at a time', () => {
    const rows = both(
      gemm(1100, 2001, 7),
      [
        [3, 2001],
        [3, 1100],
      ],
      [0, 1].map(() => values(6003, -9, 9)),
    );
    expect(rows.quick).toEqual(rows.one);
    const conv: ConvNode = {
      kind: 'conv',
      name: 'conv',
      input: 0,
      output: 1,
      weights: Int32Array.from(values(10 * 9, -99, 99)),
      bias: values(10, -9, 9),
      kernel: [3, 3],
      strides: [2, 1],
      pads: [1, 0, 2, 1],
      dilations: [1, 2],
      groups: 2,
    };
    const shapes = [
      [2, 2, 101, 150],
      [2, 10, 51, 147],
    ];
    const images = both(
      conv,
      shapes,
      [0, 1, 2].map(() => values(sizeOf(shapes[0]), -999, 999)),
    );
    expect(images.quick).toEqual(images.one);
  });

  it.each([
    // Two products of −2^15 · −2^15 are 2^31, which 32 bits don't hold.
    [2, -(2 ** 15) + 1, 2 ** 15 - 1, true],
    [2, -(2 ** 15) + 1, -(2 ** 15), true],
    [2, -(2 ** 15), -(2 ** 15), false],
    [3, 2 ** 15 - 1, 2 ** 15 - 1, false],
    [1, 2 ** 15, 1, false],
    [1, 1, 2 ** 15, false],
    [1, 1, 0.5, false],
  ])('are counted in 32 bits only where these hold them: %i of %i · %i', (taps, weight, value, quick) => {
    const node = { ...gemm(4, taps, 1), weights: new Int32Array(4 * taps).fill(weight) };
    const inputs = [0, 1].map(() => new Float64Array(taps).fill(value));
    const found = both(
      node,
      [
        [1, taps],
        [1, 4],
      ],
      inputs,
    );
    expect(found.quick !== undefined).toBe(quick);
    expect(found.all).toEqual(found.one);
  });
});
