import { call, tensor, type FileParts } from './onnx-file.ts';

type Attributes = Parameters<typeof call>[3];
type Constant = Parameters<typeof tensor>;

/** Collects the nodes and constants of a file that is written as an exporter writes it. */
export class Nodes {
  readonly #nodes: FileParts['nodes'][number][] = [];
  readonly #constants: NonNullable<FileParts['constants']>[number][] = [];

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

  constant(shape: readonly number[], values: ArrayLike<number>, type: Constant[3] = 'float32'): string {
    const name = `w${this.#constants.length}`;
    this.#constants.push(tensor(name, shape, values, type));
    return name;
  }

  number = (value: number): string => this.constant([], [value]);
  integers = (...values: readonly number[]): string => this.constant([values.length], values, 'int64');

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
