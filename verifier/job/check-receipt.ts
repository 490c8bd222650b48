import type { JsonRpcProvider } from 'ethers';
import { commitTensor } from '../../protocol/commitment/commit.ts';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { specOf } from '../../protocol/manifest.ts';
import type { JobReceipt } from '../../protocol/receipt.ts';
import { fieldToHex, type OpenTensor } from '../../protocol/tensor-bundle.ts';
import { ReceiptError } from '../errors.ts';
import { buildReceipt, expectTraceOf } from './build-receipt.ts';
import { readFinishedJob, type FinishedJob } from './read-job.ts';
import { expectManifest, readBoundModel, type BoundManifest, type BoundModel } from './read-model.ts';
import { reportSetup } from './setup.ts';
import type { VerifiedJob } from './verify-job.ts';

/** All that a chain says of a finished job and its model. */
export interface JobOnChain {
  readonly deployment: Deployment;
  readonly job: FinishedJob;
  readonly bound: BoundModel;
}

/** @throws those of {@link readFinishedJob} and {@link readBoundModel}; ReceiptError RECEIPT_TRACE_LENGTH */
export async function readJobOnChain(
  { contracts, provider }: { readonly contracts: Contracts; readonly provider: JsonRpcProvider },
  jobId: string,
): Promise<JobOnChain> {
  const job = await readFinishedJob(contracts, provider, jobId);
  const bound = await readBoundModel(contracts, job.modelId);
  expectTraceOf(job, bound.model);
  return { deployment: contracts.deployment, job, bound };
}

/**
 * Checks a saved receipt against a chain, without any store.
 * @throws those of {@link readJobOnChain} and {@link compareReceipt}
 */
export async function checkReceipt(
  receipt: JobReceipt,
  place: { readonly contracts: Contracts; readonly provider: JsonRpcProvider },
): Promise<VerifiedJob> {
  const { chainId, addresses } = place.contracts.deployment;
  // Of another deployment nothing that follows would mean anything.
  expectSame('chain.chainId', receipt.chain.chainId, chainId);
  expectSame('chain.market', receipt.chain.market, addresses.market);
  return compareReceipt(receipt, await readJobOnChain(place, receipt.job.jobId));
}

/**
 * Makes the receipt of a job again, of which only manifest, transcript and what opens the outputs are taken from the saved
 * one, each bound by a digest or a commitment on the chain, and compares every field.
 * @throws ReceiptError RECEIPT_DIFFERS naming the field that is not what the chain says, RECEIPT_OUTPUT_MISMATCH,
 * RECEIPT_MANIFEST_MISMATCH, RECEIPT_SETUP_MISMATCH, RECEIPT_TRANSCRIPT_MISMATCH; BadInputError COMMITMENT_*
 */
export function compareReceipt(receipt: JobReceipt, { deployment, job, bound }: JobOnChain): VerifiedJob {
  const { transcript } = receipt;
  const read = expectManifest(bound, receipt.manifest);
  const setup = reportSetup(read.manifest, transcript);
  const outputs = openOutputs(receipt, job, read);
  expectSame('', receipt, buildReceipt({ deployment, job, bound, read, transcript, outputs }));
  return { receipt, setup, rechecked: false, rebuildable: undefined, inputOpened: false };
}

/** The outputs that the receipt shows, each as the chain's commitment binds it. */
function openOutputs(
  { outputs }: JobReceipt,
  { trace }: FinishedJob,
  { manifest }: BoundManifest,
): readonly OpenTensor[] {
  expectSame('outputs.length', outputs.length, manifest.outputs.length);
  return manifest.outputs.map((tensor, i) => {
    const { values, salt } = outputs[i];
    const opened = { values: Float64Array.from(values), salt: BigInt(salt) };
    const came = fieldToHex(commitTensor(specOf(manifest.tensors[tensor]), opened.values, opened.salt));
    if (came === trace[tensor]) return opened;
    throw new ReceiptError(
      'RECEIPT_OUTPUT_MISMATCH',
      `the values of output ${tensor} are committed as ${came}, the chain says ${trace[tensor]}`,
      { details: { tensor } },
    );
  });
}

/** Looks for the first field that differs, however deep it is. */
function expectSame(part: string, claimed: unknown, came: unknown): void {
  if (isRecord(claimed) && isRecord(came)) {
    for (const key of new Set([...Object.keys(claimed), ...Object.keys(came)])) {
      const name = Array.isArray(came) ? `${part}[${key}]` : `${part}${part === '' ? '' : '.'}${key}`;
      expectSame(name, claimed[key], came[key]);
    }
    if (Array.isArray(claimed) === Array.isArray(came)) return;
  }
  if (Object.is(claimed, came)) return;
  throw new ReceiptError(
    'RECEIPT_DIFFERS',
    `the receipt's ${part} is ${show(claimed)}, the chain says ${show(came)}`,
    { details: { part } },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 300);
}
