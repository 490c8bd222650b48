import { specOf, type Manifest } from '../../protocol/manifest.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
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

/**
 * Computes every slice again from the values that the trace commits to, the ones that nobody proved included;
 * those that integers don't say all of by ONNX Runtime, whose floats may round otherwise on another machine.
 * @param trace commitments by tensor id
 * @throws ReceiptError RECEIPT_RECHECK_FAILED naming slice, tensor and the first value that differs; StoreError;
 * BadInputError TENSOR_MISMATCH and the like
 */
export async function recheckSlices(
  store: ArtifactStore,
  manifest: Manifest,
  trace: readonly string[],
  traceDigest: string,
  onSlice: (slice: number) => void = () => undefined,
): Promise<void> {
  for (const { id, inputs, outputs, artifacts } of manifest.slices) {
    onSlice(id);
    const program = decodeProgram(await store.get(artifacts.program.sha256, { maxBytes: MAX_PROGRAM_BYTES }));
    const ids = [...inputs, ...outputs];
    const opened = await openTensors(
      store,
      traceDigest,
      ids.map((tensor) => ({
        id: tensor,
        spec: specOf(manifest.tensors[tensor]),
        commitment: BigInt(trace[tensor]),
      })),
    );
    const values = opened.map((tensor) => tensor.values);
    const read = values.slice(0, inputs.length);
    const exact = isProvable(program);
    const computed = exact ? evaluateOutputs(program, read) : await runAgain(program, read);
    const allowed = exact ? 0 : FLOAT_ROUNDING;
    outputs.forEach((tensor, i) => {
      const committed = values[inputs.length + i];
      const at = committed.findIndex((value, place) => !(Math.abs(value - computed[i][place]) <= allowed));
      if (at < 0 && committed.length === computed[i].length) return;
      throw new ReceiptError(
        'RECEIPT_RECHECK_FAILED',
        `slice ${id} gives ${computed[i][at]} at place ${at} of tensor ${tensor}, the trace says ${committed[at]}`,
        { details: { slice: id, tensor, place: at } },
      );
    });
  }
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
