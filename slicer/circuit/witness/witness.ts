import { exactsOf, type Exacts } from '../../integer/exact.ts';
import type { TensorSpec } from '../../../protocol/commitment/commit.ts';
import { FIELD_BYTES, SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import { evaluate } from '../../integer/evaluate.ts';
import type { TensorValues } from '../../integer/program.ts';
import { boundsOf } from '../../integer/program.ts';
import { CircuitError } from '../errors.ts';
import { assignRange } from '../gadgets/bits.ts';
import { assignCommitment } from '../gadgets/commit.ts';
import { assignTag } from '../gadgets/tag.ts';
import { assignProducts } from '../products/challenge.ts';
import { assignCommitted } from '../products/committed.ts';
import type { SlicePlan } from '../slice-plan.ts';
import { fixedWires } from './wires.ts';
import { assignLookupInput } from '../lookups/input.ts';
import type { ChallengeSource } from '../../../groth16/lookups/challenge.ts';
import { LookupWriter } from '../lookups/writer.ts';
import { ofLookups } from '../nodes/kind.ts';
import { copyPublic } from '../rows/normal-form.ts';
import type { R1cs } from '../../../groth16/formats/r1cs.ts';
import { WitnessWriter } from './witness-writer.ts';

/** What a witness is made from. */
export interface WitnessRequest {
  /** Values of the input tensors, in the program's order. */
  readonly inputs: readonly TensorValues[];
  /** Salts of their commitments, and of the outputs'. */
  readonly inputSalts: readonly bigint[];
  readonly outputSalts: readonly bigint[];
  /** The tag of job, slice and prover. */
  readonly tag: bigint;
  /** What makes the challenge; only for a circuit of lookups, and needed there. */
  readonly challenge?: ChallengeSource;
}

export interface SliceWitness {
  /** One canonical little-endian field element of 32 bytes a wire, wire 0 first. */
  readonly values: Uint8Array;
  /** Commitments of the inputs, of the outputs, tag. */
  readonly publicSignals: readonly bigint[];
  /** Values of the output tensors, in the program's order. */
  readonly outputs: readonly TensorValues[];
}

/**
 * All wires of a slice's circuit, in the order in which the compiler allocates them.
 * @throws IntegerProgramError INTEGER_INPUT_COUNT, INTEGER_INPUT_SIZE, INTEGER_INPUT_RANGE
 * @throws CircuitError CIRCUIT_SALTS: not one salt a tensor; CIRCUIT_SIGNAL: salt or tag not in the field;
 * CIRCUIT_CHALLENGE: none given, or (retryable, as likely as a guess) one that is no use
 */
export function witnessOf(
  plan: SlicePlan,
  r1cs: Pick<R1cs, 'wires' | 'committed'>,
  { inputs, inputSalts, outputSalts, tag, challenge }: WitnessRequest,
): SliceWitness {
  const { program } = plan;
  if (inputSalts.length !== plan.inputs.length || outputSalts.length !== plan.outputs.length) {
    throw new CircuitError(
      'CIRCUIT_SALTS',
      `expected ${plan.inputs.length} input and ${plan.outputs.length} output salts, got ${inputSalts.length} and ${outputSalts.length}`,
    );
  }
  const salts = [...inputSalts, ...outputSalts];
  for (const element of [...salts, tag]) {
    if (element >= 0n && element < SCALAR_FIELD) continue;
    throw new CircuitError('CIRCUIT_SIGNAL', 'expected salts and tag below the order of the scalar field');
  }
  const evaluated = evaluate(program, inputs);
  const values = evaluated.map(exactsOf);
  const wires = fixedWires(plan, r1cs.committed);
  const writer = new WitnessWriter(r1cs.wires, wires.next);
  const lookups = wires.challenge === undefined ? undefined : new LookupWriter(writer, wires.challenge);
  const commitments: bigint[] = [];
  writer.set(0, 1);
  writer.setField(wires.tag, tag);
  for (const [i, salt] of salts.entries()) writer.setField(wires.salts[i], salt);
  for (const [i, spec] of plan.inputs.entries()) {
    if (lookups === undefined) assignBits(writer, wires.inputs[i], spec, values[program.inputs[i]]);
    else assignLookupInput(lookups, spec, values[program.inputs[i]], ofLookups(plan.digitBits));
    commitments.push(assignCommitment(writer, spec, inputs[i], salts[i]));
  }
  for (const [position, { output }] of program.nodes.entries()) {
    plan.circuits[position].assign(writer, values, lookups);
    if (plan.materialised.has(output)) for (const value of values[output]) writer.next(value);
  }
  for (const [i, id] of program.outputs.entries()) {
    commitments.push(assignCommitment(writer, plan.outputs[i], evaluated[id], outputSalts[i]));
  }
  if (plan.products.length > 0) {
    assignProducts(writer, program, plan.products, commitments.slice(0, plan.inputs.length), values);
  }
  assignTag(writer, tag);
  for (const [i, commitment] of commitments.entries()) writer.setField(wires.commitments[i], commitment);
  const publicSignals = [...commitments, tag];
  if (lookups !== undefined) {
    if (challenge === undefined) {
      throw new CircuitError(
        'CIRCUIT_CHALLENGE',
        'expected what makes the challenge of a circuit of lookups',
      );
    }
    assignCommitted(writer, lookups, plan.committed, values);
    lookups.close(publicSignals, challenge);
  }
  copyPublic(writer.bytes, wires.publicInputs, FIELD_BYTES);
  return {
    values: writer.bytes,
    publicSignals,
    outputs: program.outputs.map((id) => evaluated[id]),
  };
}

function assignBits(writer: WitnessWriter, first: number, spec: TensorSpec, values: Exacts): void {
  const { low } = boundsOf(spec);
  for (let v = 0; v < spec.count; v++) {
    writer.set(first + v, values[v]);
    assignRange(writer, values[v], low, spec.bits);
  }
}
