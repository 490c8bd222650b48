import { randomBytes as secureRandomBytes, type TransactionReceipt } from 'ethers';
import PQueue from 'p-queue';
import { coinsFor, depositCall } from '../../protocol/contracts/deposits.ts';
import type { JobRequestStruct } from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import { sealTensors } from '../../protocol/trace.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { ensureList, listOf } from './admission.ts';
import { lackingFor } from './lacking.ts';
import { inputTensors, requestOf, type JobToPost } from './request.ts';

export interface PostedJob {
  readonly jobId: string;
  /** What the market holds for the job, in 10^-18 of the asset. */
  readonly escrow: bigint;
  readonly transaction: string;
  readonly gasUsed: bigint;
}

/**
 * Posts an inference job: salts and commits the input, puts it into the store, escrows the most that the job
 * can cost and posts it on chain, after a transaction for the list of whom it admits, where it names one that is new. The market looks at the whole request before anything is deposited for it, and what the ledger
 * lacks is deposited in the very transaction that posts.
 * @throws ClientError INPUT_COUNT, OFFER_MALFORMED, LEDGER_TOO_LITTLE; BadInputError COMMITMENT_COUNT, COMMITMENT_RANGE;
 * ChainError CHAIN_REVERTED with the market's reason
 */
export async function postJob(client: Client, job: JobToPost): Promise<PostedJob> {
  const { contracts, sender, store } = client;
  const { randomBytes = secureRandomBytes } = job;
  const { market } = contracts;
  const { commitments, digest } = await sealTensors(
    store,
    inputTensors(job, randomBytes),
    job.publicInputs === true ? 'public' : 'private',
  );
  const request = await requestOf(client, sender.address, job, commitments, digest, randomBytes);
  return inTurn(sender, async () => {
    const { deposit = true } = job;
    const lacking = await lackingOf(client, request, deposit);
    await ensureList(client, listOf(job.admission));
    const coins = deposit === 'coins' && lacking > 0n ? await coinsFor(sender, contracts, lacking) : 0n;
    // Coins that come with a post are deposited by it.
    const post = await market.post.populateTransaction(request, '0x', coins === 0n ? {} : { value: coins });
    const before = lacking === 0n || coins > 0n ? undefined : await depositCall(sender, contracts, lacking);
    const receipt = await sender.send('post', () =>
      before === undefined
        ? Promise.resolve(post)
        : market.multicall.populateTransaction([before.data, post.data]),
    );
    return postedIn(client, receipt);
  });
}

const turns = new WeakMap<Client['sender'], PQueue>();

/** Jobs of one account are posted one after the other: what the ledger lacks for one depends on what the others take. */
function inTurn<Result>(sender: Client['sender'], post: () => Promise<Result>): Promise<Result> {
  const turn = turns.get(sender) ?? new PQueue({ concurrency: 1 });
  turns.set(sender, turn);
  return turn.add(post);
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

/**
 * What the ledger lacks for a request that the market takes but for that: it books the escrow last, so a ledger that is too small is
 * the only thing it can still say of a request in which nothing else is wrong.
 * @throws ClientError LEDGER_TOO_LITTLE when nothing is to be deposited
 */
async function lackingOf(
  { contracts, sender, asset }: Client,
  request: JobRequestStruct,
  deposit: boolean | 'coins',
): Promise<bigint> {
  const lacking = await lackingFor(contracts.market.post.staticCall(request, '0x', { from: sender.address }));
  if (lacking > 0n && deposit === false) {
    throw new ClientError(
      'LEDGER_TOO_LITTLE',
      `the job escrows ${asset.format(lacking)} more than the ledger of ${sender.address} holds`,
      { hint: 'Deposit first with `sliceproof account deposit`.' },
    );
  }
  return lacking;
}
