import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import { AssignMachine, type AssignedForm } from '../../../slicer/circuit/products/assign-machine.ts';
import type { CheckMachine } from '../../../slicer/circuit/products/machine.ts';
import { Powers } from '../../../slicer/circuit/products/powers.ts';
import { WitnessWriter } from '../../../slicer/circuit/witness/witness-writer.ts';
import { exactsOf } from '../../../slicer/integer/exact.ts';
import type { TensorValues } from '../../../slicer/integer/program.ts';
import { mod } from './support.ts';

/** Left side less right side of each equation of a check, in order, with these tensors. */
export function equationDifferences(
  tensors: readonly TensorValues[],
  challenge: bigint,
  check: (machine: CheckMachine<AssignedForm>, powers: Powers<AssignedForm>) => void,
): bigint[] {
  const found: bigint[] = [];
  const assign = new AssignMachine(new WitnessWriter(10_000, 0), tensors.map(exactsOf));
  const machine: CheckMachine<AssignedForm> = {
    nothing: assign.nothing,
    constant: (value) => assign.constant(value),
    value: (tensor, index) => assign.value(tensor, index),
    sum: (parts) => assign.sum(parts),
    product: (left, right, plus) => assign.product(left, right, plus),
    wire: (form) => assign.wire(form),
    equal: (left, right, result) => found.push(mod(left.value * right.value - result.value, SCALAR_FIELD)),
  };
  check(machine, new Powers(machine, { length: 1, value: challenge }));
  return found;
}
