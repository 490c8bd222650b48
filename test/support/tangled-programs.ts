import {
  boundsOf,
  sizeOf,
  type IntegerProgram,
  type IntegerRange,
  type ProgramNode,
  type ProgramTensor,
} from '../../slicer/integer/program.ts';
import { scatteredNumbers, type ProgramCase, randomValues } from './programs.ts';

/** The nodes of a {@link tangledCase}, at most. */
const MOST_NODES = 18;

/**
 * A program whose nodes read whatever came before them: skips over many layers, values moved about inside and between layers,
 * constants, several inputs and outputs, accumulators that several read.
 */
export function tangledCase(seed: number): ProgramCase {
  const draw = scatteredNumbers(seed);
  const program = new TangledProgram(draw).make();
  return { program, inputs: program.inputs.map((id) => randomValues(program.tensors[id], draw)) };
}

type WithoutName<Node> = Node extends ProgramNode ? Omit<Node, 'name' | 'output'> : never;

class TangledProgram {
  readonly #draw: (low: number, high: number) => number;
  readonly #tensors: ProgramTensor[] = [];
  readonly #inputs: number[] = [];
  readonly #nodes: ProgramNode[] = [];
  /** What may be read: all but what stands between two nodes. */
  readonly #open: number[] = [];

  constructor(draw: (low: number, high: number) => number) {
    this.#draw = draw;
  }

  make(): IntegerProgram {
    const draw = this.#draw;
    for (let input = draw(1, 2); input > 0; input--) {
      const id = this.#tensor(this.#shape(), this.#range());
      this.#inputs.push(id);
      this.#open.push(id);
    }
    for (let node = draw(4, MOST_NODES); node > 0; node--) this.#step();
    const ranged = this.#open.filter((id) => this.#tensors[id].range && !this.#inputs.includes(id));
    // What nobody reads is an output most of the time.
    const read = new Set(
      this.#nodes.flatMap((node) => ('inputs' in node ? node.inputs : 'input' in node ? [node.input] : [])),
    );
    const outputs = ranged.filter((id) => !read.has(id) || draw(0, 7) === 0);
    for (const id of this.#open) {
      if (!read.has(id) && !this.#tensors[id].range && draw(0, 2) > 0) outputs.push(this.#rescale(id));
    }
    if (outputs.length === 0) outputs.push(this.#rescale(this.#open.at(-1) as number));
    return { tensors: this.#tensors, inputs: this.#inputs, outputs, nodes: this.#nodes };
  }

  /** A tensor that was written, one of the last ones mostly. */
  #any(): number {
    const count = this.#open.length;
    return this.#open[this.#draw(this.#draw(0, 1) === 0 ? 0 : Math.max(0, count - 4), count - 1)];
  }

  #ranged(): number {
    const ranged = this.#open.filter((id) => this.#tensors[id].range);
    return ranged[this.#draw(0, ranged.length - 1)];
  }

  /** A tensor in a shape, moved there where it has another one. */
  #shaped(id: number, shape: readonly number[]): number {
    const own = this.#tensors[id].shape;
    if (own.join() === shape.join()) return id;
    if (sizeOf(own) === sizeOf(shape))
      return this.#node({ kind: 'reshape', input: id }, shape, this.#tensors[id].range);
    return this.#gather(id, shape);
  }

  #gather(input: number, shape: readonly number[]): number {
    const draw = this.#draw;
    const { shape: own, range } = this.#tensors[input];
    const size = sizeOf(own);
    const straight = draw(0, 1) === 0;
    const indices = Int32Array.from({ length: sizeOf(shape) }, (_, i) =>
      draw(0, 9) === 0 ? -1 : straight ? i % size : draw(0, size - 1),
    );
    const { low, high } = range ? boundsOf(range) : { low: -3, high: 3 };
    const fill = draw(Math.max(low, -3), Math.min(high, 3));
    return this.#node({ kind: 'gather', input, indices, fill }, shape, draw(0, 3) === 0 ? undefined : range);
  }

  #step(): void {
    const draw = this.#draw;
    const id = this.#any();
    const { shape, range } = this.#tensors[id];
    switch (draw(0, 15)) {
      case 0:
        return this.#keep(this.#gather(id, this.#shape()));
      case 1: {
        const others = Array.from({ length: draw(1, 3) }, () => this.#shaped(this.#any(), shape));
        const axis = draw(0, shape.length - 1);
        const inputs = draw(0, 4) === 0 ? [this.#constant(shape), id, ...others] : [id, ...others];
        const joined = shape.with(axis, shape[axis] * inputs.length);
        if (sizeOf(joined) > 400) return;
        const ranges = new Set(inputs.map((one) => JSON.stringify(this.#tensors[one].range)));
        return this.#keep(
          this.#node({ kind: 'concat', inputs, axis }, joined, ranges.size === 1 ? range : undefined),
        );
      }
      case 2:
      case 3: {
        const other = draw(0, 5) === 0 ? this.#constant(shape) : this.#shaped(this.#any(), shape);
        const shifts = [draw(0, 2), draw(0, 2)] as const;
        const subtract = draw(0, 2) === 0 ? ({ subtract: true } as const) : {};
        return this.#keep(this.#node({ kind: 'add', inputs: [id, other], shifts, ...subtract }, shape));
      }
      case 4: {
        const [left, right] = [this.#ranged(), this.#ranged()];
        const own = this.#tensors[left].shape;
        return this.#keep(this.#node({ kind: 'mul', inputs: [left, this.#shaped(right, own)] }, own));
      }
      case 5:
        return this.#keep(
          this.#node({ kind: 'maximum', inputs: [id, this.#shaped(this.#any(), shape)] }, shape),
        );
      case 6: {
        const left = this.#shaped(this.#ranged(), [1, draw(1, 2), draw(1, 4), draw(1, 4)]);
        const [, heads, rows, inner] = this.#tensors[left].shape;
        const columns = draw(1, 4);
        const right = this.#shaped(this.#ranged(), [1, heads, inner, columns]);
        return this.#keep(this.#node({ kind: 'matmul', inputs: [left, right] }, [1, heads, rows, columns]));
      }
      case 7: {
        const argument = this.#ranged();
        const { low, high } = boundsOf(this.#tensors[argument].range as IntegerRange);
        const values = Int32Array.from({ length: high - low + 1 }, () => draw(0, 7));
        const written = draw(0, 1) === 0 ? { signed: false, bits: 3 } : undefined;
        return this.#keep(
          this.#node(
            { kind: 'table', input: argument, first: low, values },
            this.#tensors[argument].shape,
            written,
          ),
        );
      }
      case 8: {
        const scores = this.#ranged();
        return this.#keep(this.#node({ kind: 'below-max', input: scores }, this.#tensors[scores].shape));
      }
      case 9:
        return this.#keep(
          this.#node(
            {
              kind: 'scale',
              input: id,
              factors: Int32Array.from({ length: sizeOf(shape) }, () => draw(-3, 3)),
            },
            shape,
          ),
        );
      case 10:
      case 11:
        return this.#keep(range ? this.#layer(id) : this.#rescale(id));
      default:
        return this.#keep(this.#layer(this.#ranged()));
    }
  }

  /** A convolution, a pooling or a product with a matrix, rescaled most of the time. */
  #layer(id: number): number {
    const draw = this.#draw;
    const weight = (): number => draw(-7, 7);
    if (draw(0, 2) === 0) {
      const rows = this.#shaped(id, [draw(1, 4), draw(1, 8)]);
      const [height, inner] = this.#tensors[rows].shape;
      const width = draw(1, 6);
      const weights = Int32Array.from({ length: inner * width }, weight);
      const bias = Float64Array.from({ length: width }, weight);
      return this.#ended(this.#node({ kind: 'gemm', input: rows, weights, bias }, [height, width]));
    }
    const image = this.#shaped(id, [1, draw(1, 4), draw(2, 6), draw(2, 6)]);
    const [, channels, height, width] = this.#tensors[image].shape;
    const kernel = [draw(1, Math.min(3, height)), draw(1, Math.min(3, width))] as const;
    const pads = [draw(0, kernel[0] - 1), draw(0, kernel[1] - 1), 0, draw(0, kernel[1] - 1)] as const;
    const strides = [draw(1, 2), draw(1, 2)] as const;
    const windows = { kernel, pads, strides, dilations: [1, 1] } as const;
    const side = (axis: 0 | 1, size: number): number =>
      Math.floor((size + pads[axis] + pads[axis + 2] - kernel[axis]) / strides[axis]) + 1;
    const [rows, columns] = [side(0, height), side(1, width)];
    if (draw(0, 3) === 0) {
      return this.#ended(
        this.#node({ kind: 'max-pool', input: image, ...windows }, [1, channels, rows, columns]),
      );
    }
    const groups = draw(0, 3) === 0 ? channels : 1;
    const filters = groups * draw(1, groups === 1 ? 4 : 2);
    const weights = Int32Array.from(
      { length: (filters * channels * kernel[0] * kernel[1]) / groups },
      weight,
    );
    const bias = Float64Array.from({ length: filters }, weight);
    return this.#ended(
      this.#node({ kind: 'conv', input: image, ...windows, groups, weights, bias }, [
        1,
        filters,
        rows,
        columns,
      ]),
    );
  }

  #ended(accumulators: number): number {
    return this.#draw(0, 3) === 0 ? accumulators : this.#rescale(accumulators);
  }

  #rescale(input: number): number {
    const relu = this.#draw(0, 1) === 0;
    const range = relu ? { signed: false, bits: this.#draw(1, 4) } : this.#range();
    return this.#node(
      { kind: 'rescale', input, shift: this.#draw(0, 4), relu },
      this.#tensors[input].shape,
      range,
    );
  }

  #constant(shape: readonly number[]): number {
    const values = Float64Array.from({ length: sizeOf(shape) }, () => this.#draw(-3, 3));
    return this.#node({ kind: 'constant', values }, shape);
  }

  #shape(): readonly number[] {
    const draw = this.#draw;
    return [
      [1, draw(1, 4), draw(2, 6), draw(2, 6)],
      [draw(1, 5), draw(1, 8)],
      [1, draw(1, 5), draw(1, 8)],
    ][draw(0, 2)];
  }

  #range(): IntegerRange {
    const signed = this.#draw(0, 1) === 0;
    return { signed, bits: this.#draw(signed ? 2 : 1, 4) };
  }

  #keep(id: number): void {
    this.#open.push(id);
  }

  #node(node: WithoutName<ProgramNode>, shape: readonly number[], range?: IntegerRange): number {
    const output = this.#tensor(shape, range);
    this.#nodes.push({ ...node, name: `${node.kind}${output}`, output } as ProgramNode);
    return output;
  }

  #tensor(shape: readonly number[], range?: IntegerRange): number {
    const name = `t${this.#tensors.length}`;
    return this.#tensors.push({ name, shape, scale: 0, ...(range ? { range } : {}) }) - 1;
  }
}
