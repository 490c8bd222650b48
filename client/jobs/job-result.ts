import { largestAt, openWhole, wholeOutputs, type OpenedWhole } from '../../protocol/wholes.ts';
import type { Client } from '../client.ts';
import { openOutputs } from './job-outputs.ts';

/** One output of a finished job. */
export type JobOutput = OpenedWhole;

export interface JobResult {
  readonly jobId: string;
  readonly outputs: readonly JobOutput[];
  /** Place of the largest value of the first output, and its label where the model names its classes. */
  readonly top: { readonly index: number; readonly label?: string };
}

/**
 * The output of a job, from the chain where it is revealed, at once or in parts, else from the store, opened against the commitment on chain. It says what came
 * out; `sliceproof job verify` says what of it was proved.
 * @throws ClientError JOB_UNKNOWN, JOB_NOT_FINISHED; StoreError; BadInputError TENSOR_MISMATCH
 */
export async function jobResult(client: Client, jobId: string): Promise<JobResult> {
  const { manifest, opened } = await openOutputs(client, jobId);
  const valuesOf = new Map(manifest.outputs.map((id, i) => [id, opened[i].values]));
  const outputs = wholeOutputs(manifest).flatMap(
    (whole) => openWhole(manifest, whole, (tensor) => valuesOf.get(tensor) ?? new Float64Array()) ?? [],
  );
  const index = largestAt(outputs[0].integers);
  const label = manifest.labels?.[index];
  return { jobId, outputs, top: label === undefined ? { index } : { index, label } };
}
