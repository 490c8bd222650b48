import { nameRevert, revertName } from '../../protocol/chain/revert.ts';
import { contractInterfaces } from '../../protocol/contracts/market.ts';
import type { Client } from '../client.ts';
import { jobStatus, type JobStatus } from './job-status.ts';

/**
 * Ends a job that its requester no longer wants, as far as it can be ended now. Before a trace it is refunded at
 * once. After it the cancel is announced: no new bids are taken, and what is unproved when its time is over is
 * refunded by calling this again. A job whose time is over without a result is refunded too.
 * @returns the job as it is now: `closed` when what was unspent has been refunded
 * @throws ClientError JOB_UNKNOWN; ChainError CHAIN_REVERTED, e.g. NotRequester, ClaimRunning, JobStillOpen
 */
export async function cancelJob(client: Client, jobId: string): Promise<JobStatus> {
  const { contracts, sender } = client;
  const { market } = contracts;
  await jobStatus(client, jobId);
  const over = await market.expire
    .estimateGas(jobId, { from: sender.address })
    .then(() => true)
    .catch((error: unknown) => {
      const named = nameRevert(error, contractInterfaces);
      if (revertName(named) === undefined) throw named;
      return false;
    });
  await (over
    ? sender.send('expire', () => market.expire.populateTransaction(jobId))
    : sender.send('cancel', () => market.cancel.populateTransaction(jobId)));
  return jobStatus(client, jobId);
}
