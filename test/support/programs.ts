import { negated } from '../../slicer/integer/exact.ts';
import * as fc from 'fast-check';
import { evaluate } from '../../slicer/integer/evaluate.ts';
import { intervalsOf } from '../../slicer/integer/intervals.ts';
import { boundsOf, sizeOf } from '../../slicer/integer/program.ts';
import type {
  IntegerProgram,
  IntegerRange,
  ProgramNode,
  ProgramTensor,
  TensorValues,
} from '../../slicer/integer/program.ts';

/** A program with inputs that fit it. */
export interface ProgramCase {
  readonly program: IntegerProgram;
  readonly inputs: readonly TensorValues[];
}

/** How wide random programs are made. */
export interface ProgramBounds {
  /** Largest absolute weight. */
  readonly weight: number;
  /** Most bits of an input or a rescale. */
  readonly bits: number;
  /** Most layers. */
  readonly layers: number;
}

const SMALL: ProgramBounds = { weight: 15, bits: 8, layers: 4 };

/** Random numbers out of one seed, for whatever a case needs: fast-check shrinks the seed, not the program. */
export function seededNumbers(seed: number): (low: number, high: number) => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (low, high) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + Math.floor((state / 2 ** 32) * (high - low + 1));
  };
}

/**
 * The same for whoever counts seeds up: {@link seededNumbers} begins nearly alike for neighbours, so that hundreds of programs
 * would have one shape.
 */
export function scatteredNumbers(seed: number): (low: number, high: number) => number {
  let state = seed ^ 0x9e3779b9;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return seededNumbers(state ^ (state >>> 16));
}

/** Random small programs of all node kinds: layers of images, then maybe of rows, sometimes with a residual. */
export function programCases(bounds: Partial<ProgramBounds> = {}): fc.Arbitrary<ProgramCase> {
  return fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) => randomCase(seed, { ...SMALL, ...bounds }));
}

/** The case of one seed. */
export function randomCase(seed: number, bounds: ProgramBounds = SMALL): ProgramCase {
  const draw = scatteredNumbers(seed);
  const program = new RandomProgram(draw, bounds).make();
  return { program, inputs: program.inputs.map((id) => randomValues(program.tensors[id], draw)) };
}

/** Values of a tensor's range, its ends among them more often than chance would have it. */
export function randomValues(
  { shape, range }: ProgramTensor,
  draw: (low: number, high: number) => number,
): TensorValues {
  const { low, high } = boundsOf(range as IntegerRange);
  const extremes = draw(0, 2) === 0;
  return Float64Array.from({ length: sizeOf(shape) }, () =>
    extremes ? (draw(0, 1) === 0 ? low : high) : draw(low, high),
  );
}

class RandomProgram {
  readonly #draw: (low: number, high: number) => number;
  readonly #bounds: ProgramBounds;
  readonly #tensors: ProgramTensor[] = [];
  readonly #nodes: ProgramNode[] = [];

  constructor(draw: (low: number, high: number) => number, bounds: ProgramBounds) {
    this.#draw = draw;
    this.#bounds = bounds;
  }

  make(): IntegerProgram {
    const draw = this.#draw;
    const image = [draw(0, 4) === 0 ? 2 : 1, draw(1, 3), draw(3, 7), draw(3, 7)];
    const input = this.#tensor(image, this.#range(draw(0, 1) === 0));
    let current = input;
    for (let layer = draw(1, this.#bounds.layers); layer > 0; layer--) current = this.#imageLayer(current);
    if (draw(0, 1) === 0) current = this.#rowLayers(current);
    if (!this.#tensors[current].range) current = this.#rescale(current);
    return { tensors: this.#tensors, inputs: [input], outputs: [current], nodes: this.#nodes };
  }

  #imageLayer(input: number): number {
    const sum = this.#draw(0, 3) === 0 ? this.#residual(input) : this.#conv(input);
    const pooled = this.#draw(0, 2) === 0 ? this.#pool(sum) : sum;
    const moved = this.#draw(0, 6) === 0 ? this.#gather(pooled) : pooled;
    const ranged = this.#rescale(moved);
    if (this.#draw(0, 5) === 0) return this.#gather(ranged);
    return this.#draw(0, 4) === 0 ? this.#joined(ranged) : ranged;
  }

  /** Values in another order, some repeated, some left out, some new, as an image of another size. */
  #gather(input: number): number {
    const draw = this.#draw;
    const { shape, range } = this.#tensors[input];
    const size = sizeOf(shape);
    const output = this.#tensor([shape[0], draw(1, 3), draw(2, 6), draw(2, 6)]);
    const indices = Int32Array.from({ length: sizeOf(this.#tensors[output].shape) }, () =>
      draw(0, 5) === 0 ? -1 : draw(0, size - 1),
    );
    const { low, high } = range ? boundsOf(range) : { low: -9, high: 9 };
    const fill = draw(Math.max(low, -9), Math.min(high, 9));
    this.#nodes.push({ kind: 'gather', name: `gather${output}`, input, output, indices, fill });
    return output;
  }

  #rowLayers(input: number): number {
    const [rows, ...rest] = this.#tensors[input].shape;
    let current = this.#tensor([rows, sizeOf(rest)]);
    this.#nodes.push({ kind: 'reshape', name: `reshape${current}`, input, output: current });
    for (let layer = this.#draw(1, 2); layer > 0; layer--) {
      const width = this.#tensors[current].shape[1];
      const filters = this.#draw(1, 6);
      const output = this.#tensor([rows, filters]);
      this.#nodes.push({
        kind: 'gemm',
        name: `gemm${output}`,
        input: current,
        output,
        ...this.#linear(filters, width),
      });
      current = this.#rescale(output);
    }
    return current;
  }

  #conv(input: number): number {
    const draw = this.#draw;
    const [batch, channels, height, width] = this.#tensors[input].shape;
    const grouped = draw(0, 3) === 0;
    const groups = grouped ? channels : 1;
    const filters = grouped ? channels * draw(1, 2) : draw(1, 4);
    const kernel = [draw(1, Math.min(3, height)), draw(1, Math.min(3, width))] as const;
    const strides = [draw(1, 2), draw(1, 2)] as const;
    const pads = [0, 1, 2, 3].map((i) => draw(0, kernel[i % 2] - 1)) as [number, number, number, number];
    const dilations = [
      draw(1, kernel[0] * 2 - 1 <= height + pads[0] + pads[2] ? 2 : 1),
      draw(1, kernel[1] * 2 - 1 <= width + pads[1] + pads[3] ? 2 : 1),
    ] as const;
    const side = (size: number, axis: 0 | 1): number =>
      Math.floor(
        (size + pads[axis] + pads[axis + 2] - ((kernel[axis] - 1) * dilations[axis] + 1)) / strides[axis],
      ) + 1;
    const output = this.#tensor([batch, filters, side(height, 0), side(width, 1)]);
    const linear = this.#linear(filters, (channels / groups) * kernel[0] * kernel[1]);
    this.#nodes.push({
      kind: 'conv',
      name: `conv${output}`,
      input,
      output,
      kernel,
      strides,
      pads,
      dilations,
      groups,
      ...linear,
    });
    return output;
  }

  /** conv(x) + x · 2^shift, with a 1×1 convolution that keeps the shape. */
  #residual(input: number): number {
    const { shape } = this.#tensors[input];
    const channels = shape[1];
    const sum = this.#tensor(shape);
    this.#nodes.push({
      kind: 'conv',
      name: `conv${sum}`,
      input,
      output: sum,
      kernel: [1, 1],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      groups: 1,
      ...this.#linear(channels, channels),
    });
    const output = this.#tensor(shape);
    const shifts = [this.#draw(0, 2), this.#draw(0, 5)] as const;
    const subtract = this.#draw(0, 2) === 0 ? ({ subtract: true } as const) : {};
    const name = `add${output}`;
    this.#nodes.push({ kind: 'add', name, inputs: [sum, input], shifts, ...subtract, output });
    return output;
  }

  #pool(input: number): number {
    const draw = this.#draw;
    const [batch, channels, height, width] = this.#tensors[input].shape;
    const kernel = [draw(1, Math.min(3, height)), draw(1, Math.min(2, width))] as const;
    const strides = [draw(1, 2), draw(1, 2)] as const;
    const pads = [0, 1, 2, 3].map((i) => draw(0, Math.floor(kernel[i % 2] / 2))) as [
      number,
      number,
      number,
      number,
    ];
    const side = (size: number, axis: 0 | 1): number =>
      Math.floor((size + pads[axis] + pads[axis + 2] - kernel[axis]) / strides[axis]) + 1;
    const output = this.#tensor([batch, channels, side(height, 0), side(width, 1)]);
    this.#nodes.push({
      kind: 'max-pool',
      name: `pool${output}`,
      input,
      output,
      kernel,
      strides,
      pads,
      dilations: [1, 1],
    });
    return output;
  }

  /** Brings an accumulator back into range; about one in three saturates. */
  #rescale(input: number): number {
    const { low, high } = intervalsOf({
      tensors: this.#tensors,
      inputs: [0],
      outputs: [],
      nodes: this.#nodes,
    })[input];
    const reach = Math.max(1, ...high, ...low.map(negated));
    const relu = this.#draw(0, 1) === 0;
    const range = this.#range(relu ? false : this.#draw(0, 3) > 0);
    const fitting = Math.ceil(Math.log2(reach + 1)) - range.bits + (range.signed ? 1 : 0);
    const shift = Math.min(40, Math.max(0, fitting - (this.#draw(0, 2) === 0 ? this.#draw(1, 3) : 0)));
    const output = this.#tensor(this.#tensors[input].shape, range);
    this.#nodes.push({ kind: 'rescale', name: `rescale${output}`, input, output, shift, relu });
    return output;
  }

  /** Two rescales of one tensor's range, joined along the channels. */
  #joined(input: number): number {
    const { shape, range } = this.#tensors[input];
    const copy = this.#tensor(shape, range);
    this.#nodes.push({ kind: 'rescale', name: `rescale${copy}`, input, output: copy, shift: 0, relu: false });
    const joined = this.#tensor([shape[0], shape[1] * 2, ...shape.slice(2)]);
    this.#nodes.push({
      kind: 'concat',
      name: `concat${joined}`,
      inputs: [input, copy],
      axis: 1,
      output: joined,
    });
    return this.#rescale(joined);
  }

  #linear(filters: number, taps: number): { weights: Int32Array; bias: Float64Array } {
    const { weight } = this.#bounds;
    const sparse = this.#draw(0, 3) === 0;
    return {
      weights: Int32Array.from({ length: filters * taps }, () =>
        sparse && this.#draw(0, 1) === 0 ? 0 : this.#draw(-weight, weight),
      ),
      bias: Float64Array.from({ length: filters }, () => this.#draw(-4 * weight, 4 * weight)),
    };
  }

  #range(signed: boolean): IntegerRange {
    return { signed, bits: this.#draw(signed ? 2 : 1, this.#bounds.bits) };
  }

  #tensor(shape: readonly number[], range?: IntegerRange): number {
    const name = `t${this.#tensors.length}`;
    return this.#tensors.push({ name, shape, scale: 0, ...(range ? { range } : {}) }) - 1;
  }
}

/** The values of a program's outputs for a case. */
export function outputsOf({ program, inputs }: ProgramCase): readonly TensorValues[] {
  const values = evaluate(program, inputs);
  return program.outputs.map((id) => values[id]);
}
