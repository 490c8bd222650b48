import type { Contracts } from '../../protocol/contracts/market.ts';
import { signalsOf } from '../../protocol/settlement/signals.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import { openTensors } from '../../protocol/trace.ts';
import type { TracedJob } from '../chain/state.ts';
import { NodeError } from '../errors.ts';
import type { SliceRunner } from '../execute/runner.ts';
import type { Model } from '../model/catalog.ts';
import type { ReadyCircuit } from '../model/circuits.ts';
import type { CheckedWitness, Workshop } from '../work/workshop.ts';

export interface StatementOptions {
  readonly contracts: Contracts;
  readonly store: ArtifactStore;
  readonly runner: SliceRunner;
  readonly workshop: Workshop;
  /** Whom the proof will name. */
  readonly prover: string;
}

/**
 * The witness of a slice's proof, with everything checked that the proof will say: the tensors in the store open
 * the trace's commitments, ONNX Runtime turns the inputs into the very outputs that were committed, the witness
 * satisfies the circuit, and its public signals are those that the contract will build.
 * @throws NodeError NODE_TRACE_FALSE (the executor committed to something that the slice does not compute),
 * NODE_WITNESS_REFUSED; BadInputError BUNDLE_*, TENSOR_*; StoreError
 */
export async function openStatement(
  { contracts, store, runner, workshop, prover }: StatementOptions,
  job: TracedJob,
  model: Model,
  slice: number,
  circuit: ReadyCircuit,
): Promise<CheckedWitness> {
  const { tensors } = model.registered;
  const { inputs, outputs } = model.registered.slices[slice];
  const opened = await openTensors(
    store,
    job.trace.digest,
    [...inputs, ...outputs].map((id) => ({
      id,
      spec: tensors[id],
      commitment: BigInt(job.trace.commitments[id]),
    })),
  );
  const given = opened.slice(0, inputs.length);
  const committed = opened.slice(inputs.length);
  const ran = await runner.run(
    circuit.onnx,
    given.map(({ values }) => values),
  );
  for (const [place, { values }] of committed.entries()) {
    const differs = values.findIndex((value, i) => value !== ran[place][i]);
    if (differs >= 0) {
      throw traceFalse(
        slice,
        `value ${differs} of tensor ${outputs[place]} is committed as ${values[differs]}, the slice gives ${ran[place][differs]}`,
      );
    }
  }
  const { market } = contracts.deployment.addresses;
  const signals = signalsOf({
    chainId: BigInt(contracts.deployment.chainId),
    market,
    jobId: job.id,
    slice,
    prover,
    trace: job.trace.commitments,
    inputs,
    outputs,
  });
  const computed = await workshop.witness({
    program: circuit.program,
    mode: circuit.mode,
    provingKey: circuit.provingKey,
    inputs: given,
    outputSalts: committed.map(({ salt }) => salt),
    tag: signals[signals.length - 1],
  });
  const wrong = signals.findIndex((signal, i) => signal !== computed.signals[i]);
  if (wrong >= 0) throw traceFalse(slice, `public signal ${wrong} differs from the trace's`);
  return computed;
}

function traceFalse(slice: number, reason: string): NodeError {
  return new NodeError('NODE_TRACE_FALSE', `slice ${slice} can't be proved: ${reason}`, {
    hint: 'The executor committed to a false trace; it loses its bond when the job expires.',
  });
}
