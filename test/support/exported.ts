import { call, tensor, type FileParts } from './onnx-file.ts';
import { seededNumbers } from './programs.ts';

type Attributes = Parameters<typeof call>[3];
type Constant = Parameters<typeof tensor>;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** Collects the nodes and random constants of a file that is written as an exporter writes it. */
export class Exported {
  readonly #nodes: FileParts['nodes'][number][] = [];
  readonly #constants: NonNullable<FileParts['constants']>[number][] = [];
  readonly #draw: (low: number, high: number) => number;

  constructor(seed = 3) {
    this.#draw = seededNumbers(seed);
  }

  /** Calls an operator of one result. Returns that one's name. */
  op(operator: string, inputs: readonly string[], attributes: Attributes = {}, domain = ''): string {
    return this.all(operator, inputs, 1, attributes, domain)[0];
  }

  /** Calls an operator of several results. */
  all(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes = {},
    domain = '',
  ): readonly string[] {
    const first = this.#nodes.length;
    const outputs = Array.from({ length: count }, (_, i) => `t${first}.${i}`);
    this.#nodes.push(call(operator, inputs, outputs, attributes, domain));
    return outputs;
  }

  constant(shape: readonly number[], values: readonly number[], type: Constant[3] = 'float32'): string {
    const name = `w${this.#constants.length}`;
    this.#constants.push(tensor(name, shape, values, type));
    return name;
  }

  number = (value: number): string => this.constant([], [value]);
  integers = (...values: readonly number[]): string => this.constant([values.length], values, 'int64');

  /** Reals between bounds. */
  between(shape: readonly number[], low: number, high: number): string {
    const values = Array.from(
      { length: sizeOf(shape) },
      () => low + ((high - low) * this.#draw(0, 2 ** 16)) / 2 ** 16,
    );
    return this.constant(shape, values);
  }

  /** Weights about zero. */
  weights = (shape: readonly number[], size = 1): string => this.between(shape, -size, size);

  whole(shape: readonly number[], low: number, high: number, type: Constant[3]): string {
    return this.constant(
      shape,
      Array.from({ length: sizeOf(shape) }, () => this.#draw(low, high)),
      type,
    );
  }

  /** A product with weights, and a bias. */
  linear(x: string, from: number, to: number): string {
    const product = this.op('MatMul', [x, this.weights([from, to], 1.5 / Math.sqrt(from))]);
    return this.op('Add', [product, this.weights([to], 0.2)]);
  }

  /** The file, with what it reads and gives. */
  file(
    inputs: FileParts['inputs'],
    outputs: readonly (string | FileParts['outputs'][number])[],
    rest: Partial<FileParts> = {},
  ): FileParts {
    return {
      ...rest,
      inputs,
      outputs: outputs.map((output) => (typeof output === 'string' ? [output, undefined] : output)),
      nodes: this.#nodes,
      constants: this.#constants,
    };
  }
}
