import type { Contracts } from '../../protocol/contracts/market.ts';
import { signalsOf } from '../../protocol/settlement/signals.ts';
import { commitTensor, sampleSalt } from '../../protocol/commitment/commit.ts';
import type { TracedJob } from '../chain/state.ts';
import { firstDifference } from '../../slicer/audit/compare-runs.ts';
import type { TensorValues } from '../../slicer/integer/program.ts';
import { traceFalse } from '../errors.ts';
import { sliceModelOf, type SliceRunner } from '../execute/runner.ts';
import type { Model } from '../model/catalog.ts';
import type { ReadyCircuit, SliceStatement } from '../model/ready-circuit.ts';
import type { TraceTensors } from './trace-tensors.ts';

export interface StatementOptions {
  readonly contracts: Contracts;
  readonly traces: TraceTensors;
  readonly runner: SliceRunner;
  /** Whom the proof will name. */
  readonly prover: string;
}

/**
 * What a slice's proof will say, opened and checked: its tensors open the trace's commitments, ONNX Runtime
 * turns the inputs into the very outputs that were committed, and the circuit takes them, with the public signals that
 * the contract will build.
 * @throws NodeError NODE_TRACE_FALSE (the executor committed to something that the slice does not compute),
 * NODE_TRACE_FOREIGN, NODE_WITNESS_REFUSED; BadInputError BUNDLE_*, TENSOR_* and StoreError of the job's input
 */
export async function openStatement(
  { contracts, traces, runner, prover }: StatementOptions,
  job: TracedJob,
  model: Model,
  slice: number,
  circuit: ReadyCircuit,
): Promise<SliceStatement> {
  const { inputs, outputs } = model.registered.slices[slice];
  const opened = await traces.open(job, model, [...inputs, ...outputs]);
  const given = opened.slice(0, inputs.length);
  const committed = opened.slice(inputs.length);
  const ran = await runner.run(
    sliceModelOf(model, slice, circuit.onnx),
    given.map(({ values }) => values),
    (made) =>
      firstDifference(
        committed.map(({ values }) => values),
        made,
      ) === undefined,
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
  const statement = { inputs: given, outputs: committed, signals };
  await circuit.check(statement);
  return statement;
}

/**
 * A statement about values that nobody committed to yet, with salts of its own and for nobody: what a circuit is tried with.
 * @param values of the slice's inputs, then of its outputs
 */
export function trialStatement(
  { registered }: Model,
  slice: number,
  values: readonly TensorValues[],
  randomBytes: (size: number) => Uint8Array,
): SliceStatement {
  const { inputs, outputs } = registered.slices[slice];
  const opened = values.map((of) => ({ values: Float64Array.from(of), salt: sampleSalt(randomBytes) }));
  const commitments = [...inputs, ...outputs].map((id, i) =>
    commitTensor(registered.tensors[id], opened[i].values, opened[i].salt),
  );
  return {
    inputs: opened.slice(0, inputs.length),
    outputs: opened.slice(inputs.length),
    signals: [...commitments, 0n],
  };
}
