import { negated } from '../../slicer/integer/exact.ts';
import { intervalsOf } from '../../slicer/integer/intervals.ts';
import { boundsOf, sizeOf } from '../../slicer/integer/program.ts';
import { windowShape, type Windows } from '../../slicer/integer/windows.ts';
import type {
  IntegerProgram,
  IntegerRange,
  ProgramNode,
  ProgramTensor,
  TensorValues,
} from '../../slicer/integer/program.ts';
import { randomValues, scatteredNumbers, seededNumbers, type ProgramCase } from './programs.ts';

type Draw = (low: number, high: number) => number;

/** Writes programs of products, tables, maxima, divisions and the like; tensors are [1, heads, rows, columns]. */
export class NonlinearBuilder {
  readonly #tensors: ProgramTensor[] = [];
  readonly #inputs: number[] = [];
  readonly #nodes: ProgramNode[] = [];

  shape(id: number): readonly number[] {
    return this.#tensors[id].shape;
  }

  input(shape: readonly number[], range: IntegerRange): number {
    const id = this.#tensor(shape, range);
    this.#inputs.push(id);
    return id;
  }

  constant(shape: readonly number[], values: readonly number[]): number {
    const output = this.#tensor(shape);
    return this.#add({ kind: 'constant', name: '', output, values: Float64Array.from(values) });
  }

  /** One filter over a row: [1, n] → [1, 1]. */
  gemm(input: number, weights: readonly number[], bias: number): number {
    const output = this.#tensor([1, 1]);
    const linear = { weights: Int32Array.from(weights), bias: Float64Array.of(bias) };
    return this.#add({ kind: 'gemm', name: '', input, output, ...linear });
  }

  /** A 1×1 convolution of one channel. */
  conv(input: number, weight: number, bias: number): number {
    const output = this.#tensor(this.shape(input));
    const linear = { weights: Int32Array.of(weight), bias: Float64Array.of(bias) };
    const windows = { kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;
    return this.#add({ kind: 'conv', name: '', input, output, ...windows, groups: 1, ...linear });
  }

  /** A convolution along the rows of one channel, as many zeros before them as it needs to keep the shape. */
  convRows(input: number, weights: readonly number[], bias: number): number {
    const output = this.#tensor(this.shape(input));
    const linear = { weights: Int32Array.from(weights), bias: Float64Array.of(bias) };
    const pads = [0, weights.length - 1, 0, 0] as const;
    const windows = { kernel: [1, weights.length], strides: [1, 1], pads, dilations: [1, 1] } as const;
    return this.#add({ kind: 'conv', name: '', input, output, ...windows, groups: 1, ...linear });
  }

  /** A convolution of images, a bias for each filter. */
  convImage(
    input: number,
    windows: Windows & { readonly groups: number },
    weights: readonly number[],
    bias: readonly number[],
  ): number {
    const output = this.#tensor(windowShape({ name: '', ...windows }, this.shape(input), bias.length));
    const linear = { weights: Int32Array.from(weights), bias: Float64Array.from(bias) };
    return this.#add({ kind: 'conv', name: '', input, output, ...windows, ...linear });
  }

  /** Filters over each row: [rows, n] → [rows, filters]. */
  gemmRows(input: number, weights: readonly number[], bias: readonly number[]): number {
    const output = this.#tensor([this.shape(input)[0], bias.length]);
    const linear = { weights: Int32Array.from(weights), bias: Float64Array.from(bias) };
    return this.#add({ kind: 'gemm', name: '', input, output, ...linear });
  }

  /** The larger one of each value and the one before it. */
  maxPool(input: number): number {
    const output = this.#tensor(this.shape(input));
    const windows = { kernel: [1, 2], strides: [1, 1], pads: [0, 1, 0, 0], dilations: [1, 1] } as const;
    return this.#add({ kind: 'max-pool', name: '', input, output, ...windows });
  }

  concat(inputs: readonly number[], axis: number): number {
    const joined = inputs.reduce((sum, id) => sum + this.shape(id)[axis], 0);
    const output = this.#tensor(this.shape(inputs[0]).with(axis, joined));
    return this.#add({ kind: 'concat', name: '', inputs, axis, output });
  }

  /** @param fill what stands where an index is −1 */
  gather(input: number, shape: readonly number[], indices: readonly number[], fill: number): number {
    const output = this.#tensor(shape, this.#tensors[input].range);
    return this.#add({ kind: 'gather', name: '', input, output, indices: Int32Array.from(indices), fill });
  }

  mul(left: number, right: number): number {
    const output = this.#tensor(this.shape(left));
    return this.#add({ kind: 'mul', name: '', inputs: [left, right], output });
  }

  add(left: number, right: number, shifts: readonly [number, number] = [0, 0], subtract = false): number {
    const output = this.#tensor(this.shape(left));
    const inputs = [left, right] as const;
    return this.#add({ kind: 'add', name: '', inputs, shifts, output, ...(subtract ? { subtract } : {}) });
  }

  scale(input: number, factors: readonly number[]): number {
    const output = this.#tensor(this.shape(input));
    return this.#add({ kind: 'scale', name: '', input, output, factors: Int32Array.from(factors) });
  }

  maximum(left: number, right: number): number {
    const output = this.#tensor(this.shape(left));
    return this.#add({ kind: 'maximum', name: '', inputs: [left, right], output });
  }

  matmul(left: number, right: number): number {
    const output = this.#tensor(this.shape(left).with(-1, this.shape(right).at(-1)!));
    return this.#add({ kind: 'matmul', name: '', inputs: [left, right], output });
  }

  table(input: number, first: number, values: readonly number[], range?: IntegerRange): number {
    const output = this.#tensor(this.shape(input), range);
    return this.#add({ kind: 'table', name: '', input, output, first, values: Int32Array.from(values) });
  }

  divide(num: number, den: number, shift: number): number {
    const output = this.#tensor(this.shape(num));
    return this.#add({ kind: 'divide', name: '', inputs: [num, den], shift, output });
  }

  isqrt(input: number): number {
    return this.#add({ kind: 'isqrt', name: '', input, output: this.#tensor(this.shape(input)) });
  }

  belowMax(input: number): number {
    return this.#add({ kind: 'below-max', name: '', input, output: this.#tensor(this.shape(input)) });
  }

  reshape(input: number, shape: readonly number[]): number {
    const output = this.#tensor(shape, this.#tensors[input].range);
    return this.#add({ kind: 'reshape', name: '', input, output });
  }

  argmax(input: number, axis: number, last: boolean): number {
    const count = this.shape(input)[axis];
    const range = { signed: false, bits: Math.max(1, Math.ceil(Math.log2(count))) };
    const output = this.#tensor(this.shape(input).with(axis, 1), range);
    return this.#add({ kind: 'argmax', name: '', input, output, axis, last });
  }

  rescale(input: number, shift: number, range: IntegerRange, clamp?: readonly [number, number]): number {
    const output = this.#tensor(this.shape(input), range);
    const node = { kind: 'rescale', name: '', input, output, shift, relu: false } as const;
    return this.#add({ ...node, ...(clamp ? { clamp } : {}) });
  }

  /** What a tensor may be at most, in size. */
  reach(id: number): number {
    const { low, high } = intervalsOf(this.program([]))[id];
    return Math.max(...high, ...low.map(negated));
  }

  program(outputs: readonly number[]): IntegerProgram {
    return { tensors: this.#tensors, inputs: this.#inputs, outputs, nodes: this.#nodes };
  }

  #tensor(shape: readonly number[], range?: IntegerRange): number {
    const name = `t${this.#tensors.length}`;
    return this.#tensors.push({ name, shape, scale: 0, ...(range ? { range } : {}) }) - 1;
  }

  #add(node: ProgramNode): number {
    this.#nodes.push({ ...node, name: `${node.kind} ${this.#nodes.length}` });
    return node.output;
  }
}

/** A random program of one to four such nodes, each with a rescale behind it, and inputs that fit. */
export function nonlinearCase(seed: number): ProgramCase {
  const draw = scatteredNumbers(seed);
  const build = new NonlinearBuilder();
  const range = (): IntegerRange => {
    const signed = draw(0, 1) === 1;
    return { signed, bits: draw(signed ? 2 : 1, 7) };
  };
  const shape = [1, draw(1, 2), draw(1, 4), draw(1, 4)];
  const ranged = [build.input(shape, range()), build.input(shape, range())];
  for (let layer = draw(1, 4); layer > 0; layer--) {
    const left = ranged[draw(0, ranged.length - 1)];
    const right = ranged.filter((id) => String(build.shape(id)) === String(build.shape(left)))[0];
    const result = randomNode(build, draw, left, right);
    const bits = Math.ceil(Math.log2(build.reach(result) + 1));
    const target = range();
    const shift = Math.min(40, Math.max(0, bits - target.bits - draw(-1, 2)));
    ranged.push(build.rescale(result, shift, target, draw(0, 1) === 1 ? within(target, draw) : undefined));
  }
  const program = build.program([ranged[ranged.length - 1]]);
  return { program, inputs: program.inputs.map((id) => randomValues(program.tensors[id], draw)) };
}

function within(range: IntegerRange, draw: Draw): readonly [number, number] {
  const { low, high } = boundsOf(range);
  const least = draw(low, high);
  return [least, draw(least, high)];
}

function randomNode(build: NonlinearBuilder, draw: Draw, left: number, right: number): number {
  const [, heads, rows, columns] = build.shape(left);
  switch (draw(0, 10)) {
    case 0:
      return build.mul(left, right);
    case 1:
      return build.mul(left, left);
    case 2: {
      const width = draw(1, 5);
      const shape = [1, heads, columns, width];
      const factor = build.input(shape, { signed: draw(0, 1) === 1, bits: draw(2, 6) });
      return build.matmul(left, factor);
    }
    case 3: {
      // Read twice, so that its products stand one by one.
      const factor = build.input([1, heads, columns, 2], { signed: true, bits: 4 });
      const product = build.matmul(left, factor);
      return build.add(product, product, [draw(0, 2), 0], draw(0, 1) === 1);
    }
    case 4: {
      const bits = draw(2, 6);
      const argument = build.rescale(left, draw(0, 2), { signed: true, bits });
      const values = Array.from({ length: 2 ** bits }, (_, i) => draw(0, 1) * draw(-40, 40) + (i >> 1));
      return build.table(argument, -(2 ** (bits - 1)), values);
    }
    case 5: {
      const shape = build.shape(left);
      const values = Array.from({ length: sizeOf(shape) }, () => draw(-9, 9));
      return build.maximum(build.mul(left, right), build.constant(shape, values));
    }
    case 6: {
      const shape = build.shape(left);
      const ones = build.constant(shape, new Array<number>(sizeOf(shape)).fill(draw(1, 3)));
      return build.divide(left, build.maximum(right, ones), draw(0, 6));
    }
    case 7:
      return build.isqrt(build.mul(left, left));
    case 9: {
      const factors = Array.from({ length: sizeOf(build.shape(left)) }, () => draw(-9, 9));
      return build.scale(draw(0, 1) === 1 ? left : build.mul(left, right), factors);
    }
    case 8:
      return build.belowMax(draw(0, 1) === 1 ? left : build.mul(left, right));
    default: {
      const argmax = build.argmax(
        draw(0, 1) === 1 ? left : build.mul(left, right),
        draw(1, 3),
        draw(0, 1) === 1,
      );
      // Alone: its shape goes with no other's.
      return rows * columns === 1 ? argmax : build.add(argmax, argmax);
    }
  }
}

/** Values of every tensor that a program declares as an input. */
export function inputsOf(program: IntegerProgram, seed: number): readonly TensorValues[] {
  const draw = seededNumbers(seed);
  return program.inputs.map((id) => randomValues(program.tensors[id], draw));
}
