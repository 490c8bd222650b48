import { specOf, type Manifest } from '../../protocol/manifest.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import { openTensors } from '../../protocol/trace.ts';
import { evaluateOutputs } from '../../slicer/integer/evaluate.ts';
import { decodeProgram } from '../../slicer/integer/serialise.ts';
import { ReceiptError } from '../errors.ts';

/** Largest integer program that is fetched: 256 MiB. */
const MAX_PROGRAM_BYTES = 1 << 28;

/**
 * Computes every slice again from the values that the trace commits to, the ones that nobody proved included.
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
    const computed = evaluateOutputs(program, values.slice(0, inputs.length));
    outputs.forEach((tensor, i) => {
      const committed = values[inputs.length + i];
      const at = committed.findIndex((value, place) => value !== computed[i][place]);
      if (at < 0 && committed.length === computed[i].length) return;
      throw new ReceiptError(
        'RECEIPT_RECHECK_FAILED',
        `slice ${id} gives ${computed[i][at]} at place ${at} of tensor ${tensor}, the trace says ${committed[at]}`,
        { details: { slice: id, tensor, place: at } },
      );
    });
  }
}
