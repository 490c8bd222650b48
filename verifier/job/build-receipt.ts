import { dueReason } from '../../protocol/contracts/due.ts';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { receiptSchema, type JobReceipt, type ReceiptSlice } from '../../protocol/receipt.ts';
import { fieldToHex, type OpenTensor } from '../../protocol/tensor-bundle.ts';
import { largestAt, openWhole, wholeOutputs } from '../../protocol/wholes.ts';
import { ReceiptError } from '../errors.ts';
import type { FinishedJob, SettledSlice } from './read-job.ts';
import type { BoundManifest, BoundModel } from './read-model.ts';

/** All that a receipt is made of, each part checked by whoever read it. */
export interface ReceiptParts {
  readonly deployment: Deployment;
  readonly job: FinishedJob;
  readonly bound: BoundModel;
  readonly read: BoundManifest;
  /** The ceremony's transcript; null: there was no ceremony. */
  readonly transcript: string | null;
  /** What opens the outputs, in the model's order. */
  readonly outputs: readonly OpenTensor[];
}

/**
 * The one receipt that these parts make: whoever has a saved one makes it again and compares.
 * @throws ReceiptError RECEIPT_SLICE_UNPROVABLE; BadInputError WHOLE_PIECES
 */
export function buildReceipt(parts: ReceiptParts): JobReceipt {
  const { deployment, job, bound, read, transcript, outputs } = parts;
  const { chainId, addresses } = deployment;
  const { model } = bound;
  const { manifest } = read;
  const slices = model.slices.map((slice, i) =>
    receiptSlice(job, slice.weight, {
      slice: i,
      name: manifest.slices[i].name,
      verifier: bound.externals[i]?.verifier ?? null,
      circuit: slice.circuit,
      inputs: slice.inputs,
      outputs: slice.outputs,
    }),
  );
  return receiptSchema.parse({
    format: 'sliceproof-receipt/2',
    chain: {
      chainId,
      market: addresses.market,
      modelRegistry: addresses.modelRegistry,
      circuitRegistry: addresses.circuitRegistry,
      block: job.block,
      blockHash: job.blockHash,
    },
    job: {
      jobId: job.jobId,
      requester: job.requester,
      executor: job.executor,
      inputDigest: job.inputDigest,
      traceDigest: job.traceDigest,
    },
    model: {
      modelId: model.modelId,
      publisher: model.publisher,
      manifestDigest: model.manifestDigest,
      name: manifest.name,
      setup: manifest.setup,
    },
    manifest: read.text,
    transcript,
    trace: [...job.trace],
    inputCount: model.inputCount,
    slices,
    outputs: outputs.map(({ salt, values }, i) => {
      const { id, name, shape, scale } = manifest.tensors[model.outputs[i]];
      return {
        tensor: id,
        name,
        shape,
        commitment: job.trace[id],
        salt: fieldToHex(salt),
        values: Array.from(values),
        scale,
      };
    }),
    top: topOf(manifest, outputs),
    fullyProved: slices.every(({ state }) => state === 'proved'),
  } satisfies JobReceipt);
}

function topOf(manifest: Manifest, outputs: readonly OpenTensor[]): JobReceipt['top'] {
  const [first] = wholeOutputs(manifest);
  const opened = openWhole(manifest, first, (tensor) => outputs[manifest.outputs.indexOf(tensor)]?.values);
  const index = largestAt(opened?.integers ?? []);
  return { index, label: manifest.labels?.[index] ?? null };
}

function receiptSlice(
  { jobId, settled, due }: FinishedJob,
  weight: number,
  slice: Pick<ReceiptSlice, 'slice' | 'name' | 'circuit' | 'verifier'> & {
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
  },
): ReceiptSlice {
  const proof = settled.get(slice.slice);
  if (proof !== undefined && slice.circuit === 0) {
    throw new ReceiptError(
      'RECEIPT_SLICE_UNPROVABLE',
      `slice ${slice.slice} of job ${jobId} has no circuit, and yet was paid as proved`,
    );
  }
  return {
    ...slice,
    inputs: [...slice.inputs],
    outputs: [...slice.outputs],
    state: proof === undefined ? 'executed' : 'proved',
    due: dueReason(due, slice.slice) ?? null,
    proof: proof === undefined ? null : proofOf(proof, weight),
  };
}

function proofOf({ unitPrice, ...proof }: SettledSlice, weight: number): ReceiptSlice['proof'] {
  return { ...proof, price: (BigInt(weight) * unitPrice).toString() };
}

/** @throws ReceiptError RECEIPT_TRACE_LENGTH */
export function expectTraceOf(
  { jobId, trace, inputs }: FinishedJob,
  { tensors, inputCount }: { readonly tensors: readonly unknown[]; readonly inputCount: number },
): void {
  if (trace.length === tensors.length && inputs.length === inputCount) return;
  throw new ReceiptError(
    'RECEIPT_TRACE_LENGTH',
    `expected ${tensors.length} commitments with ${inputCount} inputs, job ${jobId} has ${trace.length} with ${inputs.length}`,
  );
}
