import { sameAddress } from '../../protocol/chain/same-address.ts';
import { followLogs } from '../../protocol/chain/follow.ts';
import { patiently } from '../../protocol/chain/provider.ts';
import { revertName } from '../../protocol/chain/revert.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { jobStatus, type JobStatus } from './job-status.ts';

export interface WaitOptions {
  /** Give up after so many seconds. Default: the job's own end. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  /** Called with every new state of the job, at most once a block. */
  readonly onStatus?: (status: JobStatus) => void;
}

/** How often its requester looks whether a job's time is over. */
const END_BLOCKS = 20;
/** A job is read again after so many blocks without an event of its own. */
const LOOK_BLOCKS = 5;

const NOT_NOW = [
  'WrongJobState',
  'ChallengeTimeRunning',
  'SlicesUnproved',
  'DrawTooEarly',
  'DrawMissed',
  'NothingToDraw',
  'AuditsNotDrawn',
];

/**
 * Follows a job to its end, through lost connections. A job whose slices are all proved and that nobody
 * finalizes, or whose audits nobody draws, is helped on by the waiting account, if there is one; one whose time is over
 * without a result is ended by its requester: each has money to get back.
 * @throws ClientError JOB_UNKNOWN, JOB_CLOSED (no result, refunded), JOB_WAIT_TIMEOUT (retryable)
 */
export async function waitForJob(
  client: Client,
  jobId: string,
  options: WaitOptions = {},
): Promise<JobStatus> {
  const signals = [
    ...(options.signal ? [options.signal] : []),
    ...(options.timeoutSeconds === undefined ? [] : [AbortSignal.timeout(options.timeoutSeconds * 1000)]),
  ];
  const signal = AbortSignal.any(signals);
  try {
    return await followToEnd(client, jobId, signal, options.onStatus);
  } catch (error) {
    if (!signal.aborted) throw error;
    options.signal?.throwIfAborted();
    const waited = `job ${jobId} is not finished after ${options.timeoutSeconds} s`;
    throw new ClientError('JOB_WAIT_TIMEOUT', waited, {
      retryable: true,
      hint: `It goes on: see \`sliceproof job status ${jobId}\`.`,
      cause: error,
    });
  }
}

async function followToEnd(
  client: Client,
  jobId: string,
  signal: AbortSignal,
  onStatus: WaitOptions['onStatus'],
): Promise<JobStatus> {
  const { provider, contracts, log } = client;
  const head = await patiently(log, () => provider.getBlockNumber(), signal);
  const blocks = followLogs({
    provider,
    addresses: [contracts.deployment.addresses.market],
    fromBlock: head,
    log,
    signal,
  });
  let proved = 0;
  let lookedForEnd = head;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let status: JobStatus | undefined;
  for await (const { head: block, logs, jumped } of blocks) {
    // Its events say that something became of it; what the clock alone changes is seen a few blocks later.
    const touched = logs.some(({ topics }) => topics[1] === jobId);
    if (!status || touched || jumped || block.number >= lookedAt + LOOK_BLOCKS) {
      status = await patiently(log, () => jobStatus(client, jobId), signal);
      lookedAt = block.number;
      onStatus?.(status);
    }
    if (status.state === 'finalized') return status;
    if (status.state === 'closed') {
      throw new ClientError(
        'JOB_CLOSED',
        `job ${jobId} was closed without a result, what was unspent is refunded`,
        {
          hint: 'Post it again with a higher price or more time.',
        },
      );
    }
    // The executor draws and finalizes, as a rule: it is paid then. Three blocks are time enough for it.
    const ready = status.state === 'traced' && status.settledCount === status.dueCount;
    proved = ready ? proved || block.number : 0;
    if (proved > 0 && block.number > proved + 3 && client.canSend) await goOn(client, status);
    // A job that came to nothing stays as it is until somebody ends it: its requester has money to get back.
    if (block.number >= lookedForEnd + END_BLOCKS && client.canSend && sameAccount(client, status)) {
      lookedForEnd = block.number;
      await expireIfOver(client, jobId);
    }
  }
  throw signal.reason;
}

function sameAccount({ sender }: Client, { requester }: JobStatus): boolean {
  return sameAddress(sender.address, requester);
}

/** Ends a job whose time is over; the next look sees it closed. */
async function expireIfOver({ contracts: { market }, sender, log }: Client, jobId: string): Promise<void> {
  try {
    await sender.send('expire', () => market.expire.populateTransaction(jobId));
    log.info({ jobId }, 'job ended: its time was over');
  } catch (error) {
    // It is not over yet, or somebody else was faster.
    if (revertName(error) === undefined) throw error;
  }
}

/** What anybody can do for a job of which all that is due is proved: draw its audits, or finalize it. */
async function goOn(
  { contracts: { market }, sender }: Client,
  { jobId, drawPending }: JobStatus,
): Promise<void> {
  try {
    await (drawPending
      ? sender.send('draw', () => market.draw.populateTransaction(jobId))
      : sender.send('finalize', () => market.finalize.populateTransaction(jobId)));
  } catch (error) {
    // Somebody else was faster, it is too early, or nobody can do it any more: the job goes its way.
    if (!NOT_NOW.includes(revertName(error) ?? '')) throw error;
  }
}
