import { commitTensor, type TensorSpec } from '../../protocol/commitment/commit.ts';
import { traceSalt } from '../../protocol/commitment/trace-salts.ts';
import { specOf, type Manifest } from '../../protocol/manifest.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import type { OpenTensor } from '../../protocol/tensor-bundle.ts';
import { openTensors } from '../../protocol/trace.ts';
import { openEvaluator } from '../../slicer/execute/evaluator.ts';
import { evaluateOutputs } from '../../slicer/integer/evaluate.ts';
import { isProvable, type IntegerProgram, type TensorValues } from '../../slicer/integer/program.ts';
import { decodeProgram } from '../../slicer/integer/serialise.ts';
import { ReceiptError } from '../errors.ts';

/** Floats that are added in another order may be rounded to the next integer. */
const FLOAT_ROUNDING = 1;

/** Largest integer program that is fetched: 256 MiB. */
const MAX_PROGRAM_BYTES = 1 << 28;

/** A job's trace, as the chain has it. */
export interface TraceToRecheck {
  readonly jobId: string;
  readonly inputDigest: string;
  /** Commitments by tensor id. */
  readonly trace: readonly string[];
  readonly traceDigest: string;
}

export interface Recheck {
  /** Whether the salts of all tensors follow from the input's: whoever has the input can open the trace. */
  readonly rebuildable: boolean;
}

/**
 * Computes every slice again from the job's input, the ones that nobody proved included; those that integers don't say all of by
 * ONNX Runtime, whose floats may round otherwise on another machine. What the executor put into the store is needed only where a
 * tensor isn't committed to as the input gives it.
 * @throws ReceiptError RECEIPT_RECHECK_FAILED naming slice, tensor and the first value that differs; StoreError;
 * BadInputError TENSOR_MISMATCH and the like
 */
export async function recheckSlices(
  store: ArtifactStore,
  manifest: Manifest,
  { jobId, inputDigest, trace, traceDigest }: TraceToRecheck,
  onSlice: (slice: number) => void = () => undefined,
): Promise<Recheck> {
  const open = (digest: string, ids: readonly number[]): Promise<OpenTensor[]> =>
    openTensors(
      store,
      digest,
      ids.map((id) => ({ id, spec: specOf(manifest.tensors[id]), commitment: BigInt(trace[id]) })),
    );
  const inputs = await open(inputDigest, [...Array(manifest.inputCount).keys()]);
  const salts = inputs.map(({ salt }) => salt);
  const values: TensorValues[] = inputs.map((tensor) => tensor.values);
  let rebuildable = true;
  for (const { id, inputs: reads, outputs, artifacts } of manifest.slices) {
    onSlice(id);
    const program = decodeProgram(await store.get(artifacts.program.sha256, { maxBytes: MAX_PROGRAM_BYTES }));
    const read = reads.map((tensor) => values[tensor]);
    const exact = isProvable(program);
    const computed = exact ? evaluateOutputs(program, read) : await runAgain(program, read);
    for (const [i, tensor] of outputs.entries()) {
      const spec = specOf(manifest.tensors[tensor]);
      const salt = traceSalt(salts, jobId, tensor);
      if (isCommitted(BigInt(trace[tensor]), spec, computed[i], salt)) {
        values[tensor] = computed[i];
        continue;
      }
      const [opened] = await open(traceDigest, [tensor]);
      expectSame(id, tensor, computed[i], opened.values, exact ? 0 : FLOAT_ROUNDING);
      rebuildable &&= opened.salt === salt;
      values[tensor] = opened.values;
    }
  }
  return { rebuildable };
}

function isCommitted(commitment: bigint, spec: TensorSpec, values: TensorValues, salt: bigint): boolean {
  return values.length === spec.count && commitTensor(spec, values, salt) === commitment;
}

function expectSame(
  slice: number,
  tensor: number,
  computed: TensorValues,
  committed: Float64Array,
  allowed: number,
): void {
  const at = committed.findIndex((value, place) => !(Math.abs(value - computed[place]) <= allowed));
  if (at < 0 && committed.length === computed.length) return;
  throw new ReceiptError(
    'RECEIPT_RECHECK_FAILED',
    `slice ${slice} gives ${computed[at]} at place ${at} of tensor ${tensor}, the trace says ${committed[at]}`,
    { details: { slice, tensor, place: at } },
  );
}

async function runAgain(
  program: IntegerProgram,
  inputs: readonly TensorValues[],
): Promise<readonly TensorValues[]> {
  const evaluator = openEvaluator();
  try {
    const values = await evaluator.evaluate(program, inputs);
    return program.outputs.map((id) => values[id]);
  } finally {
    await evaluator.close();
  }
}
