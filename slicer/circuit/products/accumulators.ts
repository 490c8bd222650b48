import { type Operand } from '../../integer/exact.ts';
import type { Equations } from '../rows/batch.ts';
import type { WireForm } from './constrain-machine.ts';

/**
 * Takes the equations of a rescale whose accumulators a product check will prove. An equation says that the
 * accumulator is what its bits are worth; kept is that side alone, so that each accumulator is a form of wires
 * which are ranged by rows of their own, and nothing yet ties it to what it is a sum of.
 */
export class RangedAccumulators implements Equations {
  readonly #forms: WireForm[] = [];
  #wires: number[] = [];
  #factors: bigint[] = [];
  #constant = 0n;
  #index: number | undefined;

  open(): void {
    this.#close();
  }

  term(wire: number, factor: Operand, shift = 0): void {
    this.#wires.push(wire);
    this.#factors.push(-BigInt(factor) << BigInt(shift));
  }

  form(_: unknown, index: number): void {
    this.#index = index;
  }

  constant(value: bigint): void {
    this.#constant -= value;
  }

  /** By the accumulator's index; undefined where the rescale has one result and ranges nothing. */
  finish(): readonly (WireForm | undefined)[] {
    this.#close();
    return this.#forms;
  }

  #close(): void {
    if (this.#index === undefined) return;
    this.#forms[this.#index] = {
      length: 1,
      wires: this.#wires,
      factors: this.#factors,
      constant: this.#constant,
    };
    this.#wires = [];
    this.#factors = [];
    this.#constant = 0n;
    this.#index = undefined;
  }
}
