import { Nodes } from '../../scripts/bench/networks/nodes.ts';
import { seededNumbers } from './programs.ts';

type Type = Parameters<Nodes['constant']>[2];

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** Collects the nodes and random constants of a file that is written as an exporter writes it. */
export class Exported extends Nodes {
  readonly #draw: (low: number, high: number) => number;

  constructor(seed = 3) {
    super();
    this.#draw = seededNumbers(seed);
  }

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

  whole(shape: readonly number[], low: number, high: number, type: Type): string {
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
}
