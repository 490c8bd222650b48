import type { JsonRpcProvider } from 'ethers';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { specOf, type Manifest } from '../../protocol/manifest.ts';
import type { JobReceipt } from '../../protocol/receipt.ts';
import { openRevealed } from '../../protocol/revealed-outputs.ts';
import { StoreError } from '../../protocol/store/store.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import type { OpenTensor } from '../../protocol/tensor-bundle.ts';
import { openTensors } from '../../protocol/trace.ts';
import { ReceiptError } from '../errors.ts';
import { buildReceipt, expectTraceOf } from './build-receipt.ts';
import { readFinishedJob } from './read-job.ts';
import { readBoundManifest, readBoundModel } from './read-model.ts';
import type { recheckSlices } from './recheck.ts';
import { readTranscript, reportSetup, type SetupReport } from './setup.ts';

export interface JobToVerify {
  readonly contracts: Contracts;
  readonly provider: JsonRpcProvider;
  readonly store: ArtifactStore;
  /** 0x and 64 digits. */
  readonly jobId: string;
  /** {@link recheckSlices}, to also compute every slice again from the input; it runs in Node alone. */
  readonly recheck?: typeof recheckSlices | undefined;
  /** Called before each slice of a recheck. */
  readonly onSlice?: (slice: number) => void;
}

/** A receipt that holds, and what whoever checked it did besides: a saved receipt can't say that of itself. */
export interface VerifiedJob {
  readonly receipt: JobReceipt;
  readonly setup: SetupReport;
  /** Whether every slice's result was computed again from the input, by this very check. */
  readonly rechecked: boolean;
  /**
   * Whether whoever has the input can open the whole trace, as the salts are to be made; undefined: it wasn't looked at. Where it is
   * false, the executor alone could serve others what they prove with.
   */
  readonly rebuildable: boolean | undefined;
  /** Whether the input was fetched and opens its commitment; false: it is not ours to see, or there is no store. */
  readonly inputOpened: boolean;
}

/**
 * Rebuilds a job's receipt from chain and store alone: the request that the id hashes, the model that its id
 * binds, the input opened against its commitment, every slice proved or only executed, the output opened
 * against its commitment. Neither executor nor prover nor store is believed anything; the chain's RPC is, so
 * ask your own. Whoever has no stake in the job, and so is refused the input by the store, takes a revealed output from the
 * chain.
 * @throws ReceiptError (see {@link readFinishedJob}, {@link readBoundModel}, {@link recheckSlices}, {@link buildReceipt}),
 * RECEIPT_TRACE_LENGTH, RECEIPT_NOT_YOURS; StoreError; BadInputError TENSOR_MISMATCH, BUNDLE_INCOMPLETE …
 */
export async function verifyJob(options: JobToVerify): Promise<VerifiedJob> {
  const { contracts, provider, store, jobId, recheck, onSlice } = options;
  const job = await readFinishedJob(contracts, provider, jobId);
  const bound = await readBoundModel(contracts, job.modelId);
  const read = await readBoundManifest(store, bound);
  const transcript = await readTranscript(store, read.manifest);
  const setup = reportSetup(read.manifest, transcript);
  expectTraceOf(job, bound.model);
  const open = (digest: string, ids: readonly number[]): Promise<readonly OpenTensor[]> =>
    openAll(store, read.manifest, digest, job.trace, ids);
  // The values themselves stay with the requester; that they open the commitment is what matters.
  const inputOpened = await unlessRefused(
    open(job.inputDigest, [...Array(bound.model.inputCount).keys()]).then(() => true),
    () => false,
  );
  const outputs =
    openRevealed(read.manifest, job.trace, job.revealed) ??
    (await unlessRefused(open(job.traceDigest, bound.model.outputs), (cause) => {
      throw new ReceiptError(
        'RECEIPT_NOT_YOURS',
        `the output of job ${jobId} is not on the chain, and the store refuses it`,
        {
          hint: 'Who has a stake in the job can save its receipt: check that with `sliceproof job verify … --receipt`.',
          cause,
        },
      );
    }));
  const again = await recheck?.(store, read.manifest, job, onSlice);
  const receipt = buildReceipt({ deployment: contracts.deployment, job, bound, read, transcript, outputs });
  return { receipt, setup, rechecked: again !== undefined, rebuildable: again?.rebuildable, inputOpened };
}

/** A store that knows accounts refuses what isn't for whoever asks. */
const REFUSALS = ['STORE_FORBIDDEN', 'STORE_UNAUTHORISED'];

async function unlessRefused<T>(asked: Promise<T>, otherwise: (cause: StoreError) => T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StoreError && REFUSALS.includes(error.code)) return otherwise(error);
    throw error;
  }
}

function openAll(
  store: ArtifactStore,
  manifest: Manifest,
  digest: string,
  trace: readonly string[],
  ids: readonly number[],
): Promise<readonly OpenTensor[]> {
  const wanted = ids.map((id) => ({
    id,
    spec: specOf(manifest.tensors[id]),
    commitment: BigInt(trace[id]),
  }));
  return openTensors(store, digest, wanted);
}
