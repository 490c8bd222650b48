import type {
  ConvNode,
  IntegerProgram,
  IntegerRange,
  ProgramNode,
  ProgramTensor,
} from '../../../slicer/integer/program.ts';
import { sizeOf } from '../../../slicer/integer/program.ts';

/** Draws an integer from min … max, both included. */
export type Draw = (min: number, max: number) => number;

/** Builds a program step by step; every method answers the number of the tensor that it writes. */
export class ProgramBuilder {
  readonly #tensors: ProgramTensor[] = [];
  readonly #inputs: number[] = [];
  readonly #nodes: ProgramNode[] = [];

  shape(tensor: number): readonly number[] {
    return this.#tensors[tensor].shape;
  }

  input(shape: readonly number[], range: IntegerRange): number {
    const id = this.#tensor(shape, range);
    this.#inputs.push(id);
    return id;
  }

  conv(input: number, filters: number, options: Partial<ConvNode>, weight: () => number): number {
    const {
      kernel = [1, 1],
      strides = [1, 1],
      pads = [0, 0, 0, 0],
      dilations = [1, 1],
      groups = 1,
    } = options;
    const [, channels, height, width] = this.shape(input);
    const side = (axis: 0 | 1, size: number): number =>
      Math.floor(
        (size + pads[axis] + pads[axis + 2] - (kernel[axis] - 1) * dilations[axis] - 1) / strides[axis],
      ) + 1;
    const output = this.#tensor([1, filters, side(0, height), side(1, width)]);
    const weights = Int32Array.from(
      { length: (filters * channels * kernel[0] * kernel[1]) / groups },
      weight,
    );
    const bias = Float64Array.from({ length: filters }, () => 3 * weight());
    this.#add({ kind: 'conv', input, output, weights, bias, kernel, strides, pads, dilations, groups });
    return output;
  }

  gemm(input: number, outputs: number, weight: () => number): number {
    const [rows, inputs] = this.shape(input);
    const output = this.#tensor([rows, outputs]);
    const weights = Int32Array.from({ length: inputs * outputs }, weight);
    const bias = Float64Array.from({ length: outputs }, () => 3 * weight());
    this.#add({ kind: 'gemm', input, output, weights, bias });
    return output;
  }

  matmul(left: number, right: number): number {
    const output = this.#tensor([...this.shape(left).slice(0, -1), this.shape(right).at(-1) ?? 1]);
    this.#add({ kind: 'matmul', inputs: [left, right], output });
    return output;
  }

  add(left: number, right: number, shifts: readonly [number, number]): number {
    const output = this.#tensor(this.shape(left));
    this.#add({ kind: 'add', inputs: [left, right], shifts, output });
    return output;
  }

  maxPool(
    input: number,
    kernel: readonly [number, number],
    strides: readonly [number, number],
    pads: readonly [number, number, number, number] = [0, 0, 0, 0],
  ): number {
    const [, channels, height, width] = this.shape(input);
    const side = (axis: 0 | 1, size: number): number =>
      Math.floor((size + pads[axis] + pads[axis + 2] - kernel[axis]) / strides[axis]) + 1;
    const output = this.#tensor([1, channels, side(0, height), side(1, width)]);
    this.#add({ kind: 'max-pool', input, output, kernel, strides, pads, dilations: [1, 1] });
    return output;
  }

  rescale(input: number, shift: number, range: IntegerRange, relu = false): number {
    const output = this.#tensor(this.shape(input), range);
    this.#add({ kind: 'rescale', input, output, shift, relu });
    return output;
  }

  reshape(input: number, shape: readonly number[]): number {
    const output = this.#tensor(shape, this.#tensors[input].range);
    this.#add({ kind: 'reshape', input, output });
    return output;
  }

  flatten(input: number): number {
    return this.reshape(input, [1, sizeOf(this.shape(input))]);
  }

  gather(input: number, shape: readonly number[], indices: Int32Array): number {
    const output = this.#tensor(shape, this.#tensors[input].range);
    this.#add({ kind: 'gather', input, output, indices, fill: 0 });
    return output;
  }

  concat(inputs: readonly number[], axis: number): number {
    const joined = inputs.reduce((sum, id) => sum + this.shape(id)[axis], 0);
    const shape = this.shape(inputs[0]).map((size, i) => (i === axis ? joined : size));
    const output = this.#tensor(shape, this.#tensors[inputs[0]].range);
    this.#add({ kind: 'concat', inputs, axis, output });
    return output;
  }

  program(outputs: readonly number[]): IntegerProgram {
    return { tensors: this.#tensors, inputs: this.#inputs, outputs, nodes: this.#nodes };
  }

  #tensor(shape: readonly number[], range?: IntegerRange): number {
    const id = this.#tensors.length;
    this.#tensors.push({ name: `t${id}`, shape, scale: 0, ...(range ? { range } : {}) });
    return id;
  }

  #add(node: ProgramNodeWithoutName): void {
    this.#nodes.push({ ...node, name: `${node.kind} ${this.#nodes.length}` });
  }
}

type ProgramNodeWithoutName = ProgramNode extends infer Node
  ? Node extends ProgramNode
    ? Omit<Node, 'name'>
    : never
  : never;

/** A small program of every kind of node, with one or two inputs and one to three outputs. */
export function randomProgram(draw: Draw): IntegerProgram {
  const build = new ProgramBuilder();
  const range = (): IntegerRange => ({ signed: draw(0, 1) === 1, bits: draw(1, 9) });
  const weight = (): number => draw(-15, 15);
  const shape = [1, draw(1, 3), draw(3, 5), draw(3, 5)];
  const ranged = [build.input(shape, range())];
  if (draw(0, 1) === 1) ranged.push(build.input(shape, range()));
  const rescale = (input: number): number => {
    const relu = draw(0, 1) === 1;
    const { bits, signed } = range();
    return build.rescale(input, draw(0, 9), { bits, signed: signed && !relu }, relu);
  };
  for (let layer = draw(1, 3); layer > 0; layer--) {
    const current = ranged[draw(0, ranged.length - 1)];
    if (build.shape(current).length === 2) {
      ranged.push(rescale(build.gemm(current, draw(1, 5), weight)));
      continue;
    }
    const [, channels, height, width] = build.shape(current);
    const kernel = [draw(1, Math.min(3, height)), draw(1, Math.min(3, width))] as const;
    switch (draw(0, 6)) {
      case 0:
        ranged.push(build.flatten(current));
        break;
      case 1:
        ranged.push(build.concat([current, current], draw(1, 3)));
        break;
      case 2: {
        const left = build.conv(current, channels, {}, weight);
        ranged.push(rescale(build.add(left, current, [draw(0, 3), draw(0, 3)])));
        break;
      }
      case 3: {
        // A convolution of accumulators: they get wires of their own.
        const inner = build.conv(current, 2, { kernel }, weight);
        ranged.push(rescale(build.conv(inner, 1, {}, weight)));
        break;
      }
      case 4:
        ranged.push(
          rescale(build.maxPool(current, kernel, [1, draw(1, 2)], [kernel[0] - 1, 0, 0, kernel[1] - 1])),
        );
        break;
      default: {
        const groups = draw(0, 1) === 1 ? channels : 1;
        const pads = [draw(0, 2), draw(0, 2), draw(0, 2), draw(0, 2)] as const;
        const acc = build.conv(
          current,
          groups * draw(1, 2),
          { kernel, pads, groups, strides: [1, draw(1, 2)] },
          weight,
        );
        const [, , outHeight, outWidth] = build.shape(acc);
        const pooled =
          draw(0, 1) === 1
            ? build.maxPool(acc, [Math.min(2, outHeight), Math.min(draw(2, 3), outWidth)], [draw(1, 2), 2])
            : acc;
        ranged.push(rescale(pooled));
      }
    }
  }
  const outputs = [...new Set([ranged[ranged.length - 1], ranged[draw(0, ranged.length - 1)]])];
  return build.program(outputs);
}

/** Values of every input: random, all least or all greatest. */
export function randomInputs(program: IntegerProgram, draw: Draw): Float64Array[] {
  const mode = draw(0, 4);
  return program.inputs.map((id) => {
    const { shape, range } = program.tensors[id];
    const { signed, bits } = range!;
    const low = signed ? -(2 ** (bits - 1)) : 0;
    const high = low + 2 ** bits - 1;
    return Float64Array.from({ length: sizeOf(shape) }, () =>
      mode === 0 ? low : mode === 1 ? high : draw(low, high),
    );
  });
}

/** conv 5×5, pooled, ReLU: the first layers of a LeNet-5. */
export function lenetFeatures(size: number, filters: number, weight: () => number): IntegerProgram {
  const build = new ProgramBuilder();
  const x = build.input([1, 1, size, size], { signed: false, bits: 8 });
  const acc = build.conv(x, filters, { kernel: [5, 5] }, weight);
  return build.program([
    build.rescale(build.maxPool(acc, [2, 2], [2, 2]), 9, { signed: false, bits: 8 }, true),
  ]);
}
