import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { conv } from '../../../slicer/integer/kernels/conv.ts';
import type {
  ConvNode,
  IntegerProgram,
  IntegerRange,
  ProgramNode,
  ProgramTensor,
} from '../../../slicer/integer/program.ts';
import { boundsOf, sizeOf } from '../../../slicer/integer/program.ts';
import { validateProgram } from '../../../slicer/integer/validate.ts';
import { programCases } from '../../support/programs.ts';

const U8: IntegerRange = { signed: false, bits: 8 };
const S8: IntegerRange = { signed: true, bits: 8 };

/** A program of one node: tensor 0 is its input, the last its output. */
function single(
  inputs: readonly ProgramTensor[],
  output: ProgramTensor,
  node: (input: number, output: number) => ProgramNode,
): IntegerProgram {
  return {
    tensors: [...inputs, output],
    inputs: inputs.map((_, i) => i),
    outputs: [inputs.length],
    nodes: [node(0, inputs.length)],
  };
}

function tensor(shape: readonly number[], range?: IntegerRange): ProgramTensor {
  return { name: 'x', shape, scale: 0, ...(range ? { range } : {}) };
}

const plain = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
} as const;

/** acc[n, o, y, x] by the definition, one product at a time. */
function convByDefinition(
  node: ConvNode,
  input: Float64Array,
  [, channels, height, width]: readonly number[],
  [batch, filters, outHeight, outWidth]: readonly number[],
): Float64Array {
  const perGroup = channels / node.groups;
  return Float64Array.from({ length: batch * filters * outHeight * outWidth }, (_, at) => {
    const filter = Math.floor(at / (outHeight * outWidth)) % filters;
    const sample = Math.floor(at / (filters * outHeight * outWidth)) * channels;
    const oy = Math.floor(at / outWidth) % outHeight;
    const ox = at % outWidth;
    const group = Math.floor(filter / (filters / node.groups));
    let sum = node.bias[filter];
    for (let c = 0; c < perGroup; c++) {
      for (let ky = 0; ky < node.kernel[0]; ky++) {
        for (let kx = 0; kx < node.kernel[1]; kx++) {
          const y = oy * node.strides[0] + ky * node.dilations[0] - node.pads[0];
          const x = ox * node.strides[1] + kx * node.dilations[1] - node.pads[1];
          if (y < 0 || y >= height || x < 0 || x >= width) continue;
          const weight = node.weights[((filter * perGroup + c) * node.kernel[0] + ky) * node.kernel[1] + kx];
          sum += weight * input[((sample + group * perGroup + c) * height + y) * width + x];
        }
      }
    }
    return sum;
  });
}

describe('evaluate', () => {
  it('multiplies a matrix and adds the bias', () => {
    const program = single([tensor([1, 3], S8)], tensor([1, 2]), (input, output) => ({
      kind: 'gemm',
      name: 'g',
      input,
      output,
      weights: Int32Array.of(1, -2, 3, 0, 5, -6),
      bias: Float64Array.of(10, -1),
    }));
    expect(evaluate(program, [Float64Array.of(1, 2, -3)])[1]).toEqual(Float64Array.of(-2, 27));
  });

  it('multiplies every row by the same matrix', () => {
    const program = single([tensor([2, 2], S8)], tensor([2, 1], S8), (input, output) => ({
      kind: 'gemm',
      name: 'g',
      input,
      output,
      weights: Int32Array.of(2, -1),
      bias: Float64Array.of(100),
    }));
    validateProgram(program);
    expect(evaluate(program, [Float64Array.of(1, 2, -3, 4)])[1]).toEqual(Float64Array.of(100, 90));
  });

  it('subtracts what is shifted', () => {
    const program = single([tensor([1, 2], S8), tensor([1, 2], S8)], tensor([1, 2], S8), (_, output) => ({
      kind: 'add',
      name: 's',
      inputs: [0, 1],
      shifts: [0, 2],
      subtract: true,
      output,
    }));
    validateProgram(program);
    const inputs = [Float64Array.of(1, -2), Float64Array.of(5, -7)];
    expect(evaluate(program, inputs)[2]).toEqual(Float64Array.of(-19, 26));
  });

  it('gathers values, repeated and filled up', () => {
    const gather = (indices: readonly number[], fill: number) =>
      single([tensor([1, 3], S8)], tensor([indices.length], S8), (input, output) => ({
        kind: 'gather',
        name: 'v',
        input,
        output,
        indices: Int32Array.from(indices),
        fill,
      }));
    const program = gather([2, -1, 0, 2], -9);
    validateProgram(program);
    expect(evaluate(program, [Float64Array.of(4, 5, 6)])[1]).toEqual(Float64Array.of(6, -9, 4, 6));
    for (const wrong of [gather([3], 0), gather([-2], 0), gather([-1], 128), gather([-1], 0.5)]) {
      expect(() => validateProgram(wrong)).toThrow(expect.objectContaining({ code: 'PROGRAM_INVALID' }));
    }
  });

  it('convolves with stride, padding, dilation and groups as the definition says', () => {
    let convolutions = 0;
    fc.assert(
      fc.property(programCases(), ({ program, inputs }) => {
        const values = evaluate(program, inputs);
        for (const node of program.nodes) {
          if (node.kind !== 'conv') continue;
          convolutions++;
          const shapes = [node.input, node.output].map((id) => program.tensors[id].shape);
          expect(values[node.output]).toEqual(
            convByDefinition(node, values[node.input], shapes[0], shapes[1]),
          );
        }
      }),
      { numRuns: 100 },
    );
    expect(convolutions).toBeGreaterThan(50);
  });

  it('leaves padding out of a maximum', () => {
    const program = single([tensor([1, 1, 2, 2], S8)], tensor([1, 1, 2, 2]), (input, output) => ({
      kind: 'max-pool',
      name: 'p',
      input,
      output,
      kernel: [2, 2],
      ...plain,
      pads: [1, 1, 0, 0],
    }));
    expect(evaluate(program, [Float64Array.of(-5, -6, -7, -8)])[1]).toEqual(Float64Array.of(-5, -5, -5, -5));
  });

  it('refuses a dilated window whose taps all miss the input: it has no maximum', () => {
    const pool = (size: number) =>
      single([tensor([1, 1, size, size], S8)], tensor([1, 1, size - 1, size - 1], S8), (input, output) => ({
        kind: 'max-pool',
        name: 'p',
        input,
        output,
        kernel: [2, 2],
        strides: [1, 1],
        pads: [1, 1, 1, 1],
        dilations: [3, 3],
      }));
    // Taps at −1 and 2: outside 2 values, inside 3.
    expect(() => validateProgram(pool(2))).toThrow(expect.objectContaining({ code: 'PROGRAM_INVALID' }));
    expect(() => validateProgram(pool(3))).not.toThrow();
  });

  it('rounds a half up when it rescales, and saturates', () => {
    const rescale = (range: IntegerRange, shift: number, relu: boolean) =>
      single([tensor([1, 6], { signed: true, bits: 16 })], tensor([1, 6], range), (input, output) => ({
        kind: 'rescale',
        name: 'r',
        input,
        output,
        shift,
        relu,
      }));
    const values = [Float64Array.of(-6, -2, 2, 5, 1021, 1022)];
    expect(evaluate(rescale(S8, 2, false), values)[1]).toEqual(Float64Array.of(-1, 0, 1, 1, 127, 127));
    expect(evaluate(rescale(U8, 2, true), values)[1]).toEqual(Float64Array.of(0, 0, 1, 1, 255, 255));
    expect(evaluate(rescale(S8, 0, false), values)[1]).toEqual(Float64Array.of(-6, -2, 2, 5, 127, 127));
  });

  it('adds tensors after shifting each', () => {
    const program = single([tensor([1, 2], S8), tensor([1, 2], S8)], tensor([1, 2], S8), (_, output) => ({
      kind: 'add',
      name: 'a',
      inputs: [0, 1],
      shifts: [0, 3],
      output,
    }));
    expect(evaluate(program, [Float64Array.of(1, -2), Float64Array.of(3, -4)])[2]).toEqual(
      Float64Array.of(25, -34),
    );
  });

  it('joins along any axis', () => {
    const joined = (axis: number, shape: readonly number[]) => {
      const program = single([tensor([1, 2, 2], S8), tensor([1, 2, 2], S8)], tensor(shape), (_, output) => ({
        kind: 'concat',
        name: 'c',
        inputs: [0, 1],
        axis,
        output,
      }));
      return evaluate(program, [Float64Array.of(1, 2, 3, 4), Float64Array.of(5, 6, 7, 8)])[2];
    };
    expect(joined(1, [1, 4, 2])).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(joined(2, [1, 2, 4])).toEqual(Float64Array.of(1, 2, 5, 6, 3, 4, 7, 8));
  });

  it('keeps every ranged tensor in its range', () => {
    fc.assert(
      fc.property(programCases(), ({ program, inputs }) => {
        evaluate(program, inputs).forEach((values, id) => {
          const { range, shape } = program.tensors[id];
          expect(values.length).toBe(sizeOf(shape));
          if (!range) return;
          const { low, high } = boundsOf(range);
          expect(values.every((value) => Number.isInteger(value) && value >= low && value <= high)).toBe(
            true,
          );
        });
      }),
      { numRuns: 100 },
    );
  });

  it('is exact where float32 and int32 are not', () => {
    const program = single(
      [tensor([1, 2], { signed: false, bits: 20 })],
      tensor([1, 1]),
      (input, output) => ({
        kind: 'gemm',
        name: 'g',
        input,
        output,
        weights: Int32Array.of(2 ** 30, 2 ** 30 - 1),
        bias: Float64Array.of(1),
      }),
    );
    const high = 2 ** 20 - 1;
    expect(evaluate(program, [Float64Array.of(high, high)])[1][0]).toBe(
      Number(BigInt(high) * BigInt(2 ** 31 - 1) + 1n),
    );
  });

  it('refuses inputs that are not what the program declares', () => {
    const program = single([tensor([1, 2], U8)], tensor([1, 2], U8), (input, output) => ({
      kind: 'rescale',
      name: 'r',
      input,
      output,
      shift: 0,
      relu: true,
    }));
    const run =
      (...inputs: Float64Array[]) =>
      () =>
        evaluateOutputs(program, inputs);
    expect(run()).toThrow(expect.objectContaining({ code: 'INTEGER_INPUT_COUNT' }));
    expect(run(Float64Array.of(1))).toThrow(expect.objectContaining({ code: 'INTEGER_INPUT_SIZE' }));
    for (const bad of [-1, 256, 0.5, Number.NaN]) {
      expect(run(Float64Array.of(0, bad))).toThrow(expect.objectContaining({ code: 'INTEGER_INPUT_RANGE' }));
    }
    expect(run(Float64Array.of(0, 255))()).toEqual([Float64Array.of(0, 255)]);
  });

  it('leaves float weights to the same kernel', () => {
    const node = {
      ...plain,
      weights: Float64Array.of(0.5),
      bias: Float64Array.of(0.25),
      kernel: [1, 1],
      groups: 1,
    };
    const convolved = conv({ ...node, kernel: [1, 1] }, Float64Array.of(3), [1, 1, 1, 1], [1, 1, 1, 1]);
    expect(convolved).toEqual(Float64Array.of(1.75));
  });
});
