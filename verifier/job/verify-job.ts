import type { JsonRpcProvider } from 'ethers';
import { dueReason } from '../../protocol/contracts/due.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { specOf, type Manifest } from '../../protocol/manifest.ts';
import { receiptSchema, type JobReceipt, type ReceiptSlice } from '../../protocol/receipt.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import { fieldToHex } from '../../protocol/tensor-bundle.ts';
import { openTensors } from '../../protocol/trace.ts';
import { largestAt } from '../../protocol/wholes.ts';
import { ReceiptError } from '../errors.ts';
import { readFinishedJob, type FinishedJob } from './read-job.ts';
import { readBoundManifest, readBoundModel } from './read-model.ts';
import { recheckSlices } from './recheck.ts';

export interface JobToVerify {
  readonly contracts: Contracts;
  readonly provider: JsonRpcProvider;
  readonly store: ArtifactStore;
  /** 0x and 64 digits. */
  readonly jobId: string;
  /** Also compute every slice again from the trace's values. Default: false. */
  readonly recheck?: boolean;
  /** Called before each slice of a recheck. */
  readonly onSlice?: (slice: number) => void;
}

/**
 * Rebuilds a job's receipt from chain and store alone: the request that the id hashes, the model that its id
 * binds, the input opened against its commitment, every slice proved or only executed, the output opened
 * against its commitment. Neither executor nor prover nor store is believed anything; the chain's RPC is, so
 * ask your own.
 * @throws ReceiptError (see {@link readFinishedJob}, {@link readBoundModel}, {@link recheckSlices}),
 * RECEIPT_TRACE_LENGTH, RECEIPT_SLICE_UNPROVABLE; StoreError; BadInputError TENSOR_MISMATCH, BUNDLE_INCOMPLETE …
 */
export async function verifyJob(options: JobToVerify): Promise<JobReceipt> {
  const { contracts, provider, store, jobId, recheck = false, onSlice } = options;
  const job = await readFinishedJob(contracts, provider, jobId);
  const bound = await readBoundModel(contracts, job.modelId);
  const manifest = await readBoundManifest(store, bound);
  const { model } = bound;
  if (job.trace.length !== model.tensors.length || job.inputs.length !== model.inputCount) {
    throw new ReceiptError(
      'RECEIPT_TRACE_LENGTH',
      `expected ${model.tensors.length} commitments with ${model.inputCount} inputs, job ${jobId} has ${job.trace.length} with ${job.inputs.length}`,
    );
  }
  // The values themselves stay with the requester; that they open the commitment is what matters.
  await openAll(
    store,
    manifest,
    job.inputDigest,
    job.trace,
    [...manifest.tensors.keys()].slice(0, model.inputCount),
  );
  const outputs = await openAll(store, manifest, job.traceDigest, job.trace, model.outputs);
  if (recheck) await recheckSlices(store, manifest, job.trace, job.traceDigest, onSlice);

  const { chainId, addresses } = contracts.deployment;
  const slices = model.slices.map((slice, i) =>
    receiptSlice(job, {
      slice: i,
      name: manifest.slices[i].name,
      verifier: bound.externals[i]?.verifier ?? null,
      ...slice,
    }),
  );
  const [first] = outputs;
  const index = largestAt(first.values);
  return receiptSchema.parse({
    format: 'sliceproof-receipt/1',
    chain: {
      chainId,
      market: addresses.market,
      modelRegistry: addresses.modelRegistry,
      circuitRegistry: addresses.circuitRegistry,
      block: job.block,
      blockHash: job.blockHash,
    },
    job: {
      jobId,
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
    top: { index, label: manifest.labels?.[index] ?? null },
    fullyProved: slices.every(({ state }) => state === 'proved'),
    rechecked: recheck,
  } satisfies JobReceipt);
}

function openAll(
  store: ArtifactStore,
  manifest: Manifest,
  digest: string,
  trace: readonly string[],
  ids: readonly number[],
) {
  const wanted = ids.map((id) => ({
    id,
    spec: specOf(manifest.tensors[id]),
    commitment: BigInt(trace[id]),
  }));
  return openTensors(store, digest, wanted);
}

function receiptSlice(
  { jobId, settled, due }: FinishedJob,
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
    slice: slice.slice,
    name: slice.name,
    circuit: slice.circuit,
    verifier: slice.verifier,
    inputs: [...slice.inputs],
    outputs: [...slice.outputs],
    state: proof === undefined ? 'executed' : 'proved',
    due: dueReason(due, slice.slice) ?? null,
    proof: proof === undefined ? null : { ...proof, price: proof.price.toString() },
  };
}
