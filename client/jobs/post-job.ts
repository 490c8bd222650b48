import { randomBytes as secureRandomBytes, type TransactionReceipt } from 'ethers';
import { depositToLedger } from '../../protocol/contracts/asset.ts';
import { sealTensors } from '../../protocol/trace.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { escrowOf, inputTensors, requestOf, type JobToPost } from './request.ts';

export interface PostedJob {
  readonly jobId: string;
  /** What the market holds for the job, in the asset's smallest unit. */
  readonly escrow: bigint;
  readonly transaction: string;
  readonly gasUsed: bigint;
}

/**
 * Posts an inference job: salts and commits the input, puts it into the store, escrows the most that the job
 * can cost and posts it on chain.
 * @throws ClientError INPUT_COUNT, LEDGER_TOO_LITTLE; BadInputError COMMITMENT_COUNT, COMMITMENT_RANGE;
 * ZodError for an impossible offer; ChainError CHAIN_REVERTED with the market's reason
 */
export async function postJob(client: Client, job: JobToPost): Promise<PostedJob> {
  const { contracts, sender, store } = client;
  const { randomBytes = secureRandomBytes, published, deposit = true } = job;
  const { market } = contracts;
  const { commitments, digest } = await sealTensors(store, inputTensors(job), randomBytes);
  const request = await requestOf(client, job, commitments, digest, randomBytes);
  const escrow = escrowOf(published, request);
  await ensureBalance(client, escrow, deposit);
  const receipt = await sender.send('post', () => market.post.populateTransaction(request));
  return postedIn(client, receipt);
}

/** What a transaction posted. @throws ClientError JOB_NOT_POSTED */
export function postedIn({ contracts: { market } }: Client, receipt: TransactionReceipt): PostedJob {
  const posted = receipt.logs
    .map((log) => market.interface.parseLog(log))
    .find((event) => event?.name === 'JobPosted');
  if (!posted) throw new ClientError('JOB_NOT_POSTED', `transaction ${receipt.hash} posted no job`);
  return {
    jobId: posted.args.jobId as string,
    escrow: posted.args.escrow as bigint,
    transaction: receipt.hash,
    gasUsed: receipt.gasUsed,
  };
}

async function ensureBalance(
  { contracts, sender, asset }: Client,
  escrow: bigint,
  deposit: boolean,
): Promise<void> {
  const { balance } = await contracts.market.accountOf(sender.address);
  if (balance >= escrow) return;
  if (!deposit) {
    throw new ClientError(
      'LEDGER_TOO_LITTLE',
      `the job escrows ${asset.format(escrow)}, the ledger of ${sender.address} holds ${asset.format(balance)}`,
      { hint: 'Deposit first with `sliceproof account deposit`.' },
    );
  }
  await depositToLedger(sender, contracts, escrow - balance);
}
