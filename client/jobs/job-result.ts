import type { EventFragment } from 'ethers';
import { findEvents } from '../../protocol/chain/find-events.ts';
import { specOf } from '../../protocol/manifest.ts';
import { openRevealed, type RevealedOutput } from '../../protocol/revealed-outputs.ts';
import { largestAt, openWhole, wholeOutputs, type OpenedWhole } from '../../protocol/wholes.ts';
import { openTensors } from '../../protocol/trace.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { jobStatus } from './job-status.ts';
import { readPublishedModel } from './read-model.ts';

/** One output of a finished job. */
export type JobOutput = OpenedWhole;

export interface JobResult {
  readonly jobId: string;
  readonly outputs: readonly JobOutput[];
  /** Place of the largest value of the first output, and its label where the model names its classes. */
  readonly top: { readonly index: number; readonly label?: string };
}

/**
 * The output of a job, from the chain where it is revealed, else from the store, opened against the commitment on chain. It says what came
 * out; `sliceproof job verify` says what of it was proved.
 * @throws ClientError JOB_UNKNOWN, JOB_NOT_FINISHED; StoreError; BadInputError TENSOR_MISMATCH
 */
export async function jobResult(client: Client, jobId: string): Promise<JobResult> {
  const status = await jobStatus(client, jobId);
  if (status.state !== 'finalized') {
    throw new ClientError(
      'JOB_NOT_FINISHED',
      `only a finalized job has a result, ${jobId} is ${status.state}`,
      {
        retryable: status.state !== 'closed',
        hint: `Wait for it with \`sliceproof job wait ${jobId}\`.`,
      },
    );
  }
  const { manifest } = await readPublishedModel(client, status.modelId);
  const { trace, traceDigest, revealed } = await readTrace(client, jobId);
  const tensors = manifest.outputs.map((id) => manifest.tensors[id]);
  const opened =
    openRevealed(manifest, trace, revealed) ??
    (await openTensors(
      client.store,
      traceDigest,
      tensors.map((tensor) => ({
        id: tensor.id,
        spec: specOf(tensor),
        commitment: BigInt(trace[tensor.id]),
      })),
    ));
  const valuesOf = new Map(tensors.map(({ id }, i) => [id, opened[i].values]));
  const outputs = wholeOutputs(manifest).flatMap(
    (whole) => openWhole(manifest, whole, (tensor) => valuesOf.get(tensor) ?? new Float64Array()) ?? [],
  );
  const index = largestAt(outputs[0].integers);
  const label = manifest.labels?.[index];
  return { jobId, outputs, top: label === undefined ? { index } : { index, label } };
}

/** The trace that the market emitted, which is kept in its event alone, and the outputs if they were revealed. */
async function readTrace(
  { contracts: { market, deployment }, provider }: Client,
  jobId: string,
): Promise<{
  trace: readonly string[];
  traceDigest: string;
  revealed: readonly RevealedOutput[] | undefined;
}> {
  const logs = await findEvents(provider, {
    address: deployment.addresses.market,
    topics: [[market.getEvent('TraceCommitted'), market.getEvent('OutputRevealed')].map(topicOf), jobId],
    fromBlock: deployment.block,
    toBlock: await provider.getBlockNumber(),
  });
  const events = logs.flatMap((log) => market.interface.parseLog(log) ?? []);
  const traced = events.findLast(({ name }) => name === 'TraceCommitted');
  if (!traced) {
    throw new ClientError('TRACE_NOT_FOUND', `no trace of job ${jobId} since block ${deployment.block}`, {
      hint: 'The RPC may not keep old events; ask one that does.',
    });
  }
  const revealed = events.findLast(({ name }) => name === 'OutputRevealed');
  return {
    trace: traced.args.trace as readonly string[],
    traceDigest: traced.args.traceDigest as string,
    revealed: revealed?.args.outputs as readonly RevealedOutput[] | undefined,
  };
}

function topicOf({ fragment }: { readonly fragment: EventFragment }): string {
  return fragment.topicHash;
}
