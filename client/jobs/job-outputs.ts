import { zeroPadValue, type LogDescription } from 'ethers';
import { findEvents } from '../../protocol/chain/find-events.ts';
import { specOf, type Manifest } from '../../protocol/manifest.ts';
import { openRevealed, type RevealedOutput } from '../../protocol/revealed-outputs.ts';
import type { OpenTensor } from '../../protocol/tensor-bundle.ts';
import { openTensors } from '../../protocol/trace.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { jobStatus } from './job-status.ts';
import { readPublishedModel } from './read-model.ts';

/** What came out of a finalized job, each output opened against its commitment on chain. */
export interface OpenedOutputs {
  readonly manifest: Manifest;
  /** Commitments of all tensors. */
  readonly trace: readonly string[];
  /** By the model's outputs. */
  readonly opened: readonly OpenTensor[];
  /** Whether the chain shows them to everybody. */
  readonly onChain: boolean;
}

/**
 * The outputs of a job: from the chain where they are revealed, at once or in parts, else from the store.
 * @throws ClientError JOB_UNKNOWN, JOB_NOT_FINISHED, TRACE_NOT_FOUND; StoreError; BadInputError TENSOR_MISMATCH
 */
export async function openOutputs(client: Client, jobId: string): Promise<OpenedOutputs> {
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
  const shown =
    openRevealed(manifest, trace, revealed) ??
    openRevealed(manifest, trace, await readParts(client, jobId, manifest.outputs.length));
  if (shown) return { manifest, trace, opened: shown, onChain: true };
  const opened = await openTensors(
    client.store,
    traceDigest,
    manifest.outputs.map((id) => ({
      id,
      spec: specOf(manifest.tensors[id]),
      commitment: BigInt(trace[id]),
    })),
  );
  return { manifest, trace, opened, onChain: false };
}

/** The trace that the market emitted, which is kept in its event alone, and the outputs if they were revealed. */
async function readTrace(
  client: Client,
  jobId: string,
): Promise<{
  trace: readonly string[];
  traceDigest: string;
  revealed: readonly RevealedOutput[] | undefined;
}> {
  const { market, deployment } = client.contracts;
  const events = await eventsOf(client, market, ['TraceCommitted', 'OutputRevealed'], [jobId]);
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

/** The outputs that somebody showed whole, in parts; fewer where not all of them were. */
async function readParts(client: Client, jobId: string, count: number): Promise<readonly RevealedOutput[]> {
  const { outputParts, deployment } = client.contracts;
  const topics = [zeroPadValue(deployment.addresses.market, 32), jobId];
  const events = await eventsOf(client, outputParts, ['PartShown', 'OutputShown'], topics);
  return Array.from({ length: count }, (_, i) => BigInt(i)).flatMap((output) => {
    const end = events.findIndex(({ name, args }) => name === 'OutputShown' && args.output === output);
    if (end < 0) return [];
    const { account } = events[end].args;
    const parts = events
      .slice(0, end)
      .filter(({ name, args }) => name === 'PartShown' && args.account === account)
      .map(({ args }) => args.part as Part)
      .filter((part) => part.output === output);
    const begun = parts.slice(parts.findLastIndex(({ from }) => from === 0n));
    return [{ salt: begun[0].salt, words: begun.flatMap(({ words }) => [...words]) }];
  });
}

/** `IOutputParts.Part`. */
interface Part extends RevealedOutput {
  readonly output: bigint;
  readonly from: bigint;
}

async function eventsOf(
  { contracts: { deployment }, provider }: Client,
  contract: Client['contracts']['market'] | Client['contracts']['outputParts'],
  names: readonly string[],
  about: readonly string[],
): Promise<readonly LogDescription[]> {
  const kinds = names.map((name) => contract.interface.getEvent(name as never).topicHash);
  const logs = await findEvents(provider, {
    address: await contract.getAddress(),
    topics: [kinds, ...about],
    fromBlock: deployment.block,
    toBlock: await provider.getBlockNumber(),
  });
  return logs.flatMap((log) => contract.interface.parseLog(log) ?? []);
}
