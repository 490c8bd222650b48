import type { Exacts } from '../../integer/exact.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import { reduce } from '../poseidon/field.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { lengthOf } from './count-machine.ts';
import type { CheckForm, CheckMachine, CheckSum } from './machine.ts';

/** A form and what it is worth in this witness. */
export interface AssignedForm extends CheckForm {
  readonly value: bigint;
}

/** Writes the wires of a check in the order in which the compiler allocates them. */
export class AssignMachine implements CheckMachine<AssignedForm> {
  readonly nothing: AssignedForm = { length: 0, value: 0n };
  readonly #writer: WitnessWriter;
  readonly #values: readonly Exacts[];

  /** @param values by tensor */
  constructor(writer: WitnessWriter, values: readonly Exacts[]) {
    this.#writer = writer;
    this.#values = values;
  }

  constant(value: bigint): AssignedForm {
    return { length: 1, value };
  }

  value(tensor: number, index: number): AssignedForm {
    return { length: 1, value: BigInt(this.#values[tensor][index]) };
  }

  sum(parts: CheckSum<AssignedForm>): AssignedForm {
    let total = 0n;
    for (const [{ value }, factor] of parts) total += value * factor;
    return { length: lengthOf(parts), value: total % SCALAR_FIELD };
  }

  product(left: AssignedForm, right: AssignedForm, plus: AssignedForm): AssignedForm {
    return this.#next(left.value * right.value + plus.value);
  }

  wire({ value }: AssignedForm): AssignedForm {
    return this.#next(value);
  }

  equal(): void {
    // A row without a wire.
  }

  #next(value: bigint): AssignedForm {
    const canonical = reduce(value);
    this.#writer.nextField(canonical);
    return { length: 1, value: canonical };
  }
}
