import type { JsonRpcProvider } from 'ethers';
import { findEvents } from '../chain/find-events.ts';
import { sameAddress } from '../chain/same-address.ts';
import type { Contracts } from './market.ts';

/** Where a job's money went so far. Amounts in 10^-18 of the asset; gas in the chain's own coin. */
export interface JobCosts {
  readonly escrowed: bigint;
  /** To provers, the market's fee included; raises are not the requester's money. */
  readonly proofs: bigint;
  readonly tips: bigint;
  readonly execution: bigint;
  readonly refunded: bigint;
  /** What the requester's own transactions for the job burnt. */
  readonly gas: { readonly transactions: number; readonly used: bigint; readonly cost: bigint };
}

/** Events of transactions that a requester sends. */
const SENT_BY_REQUESTER = new Set([
  'JobPosted',
  'OfferRaised',
  'AuditsDrawn',
  'CancelAnnounced',
  'JobFinalized',
  'JobClosed',
  'OutputRevealed',
  'ResultDelivered',
  'DeliveryFailed',
]);

/** Adds up what the market's events say of a job. @throws ChainError CHAIN_UNREACHABLE */
export async function jobCosts(
  {
    contracts: { market, deployment },
    provider,
  }: { readonly contracts: Contracts; readonly provider: JsonRpcProvider },
  jobId: string,
  requester: string,
): Promise<JobCosts> {
  const logs = await findEvents(provider, {
    address: deployment.addresses.market,
    topics: [null, jobId],
    fromBlock: deployment.block,
    toBlock: await provider.getBlockNumber(),
  });
  const sums = { escrowed: 0n, proofs: 0n, tips: 0n, execution: 0n, refunded: 0n };
  const transactions = new Set<string>();
  for (const log of logs) {
    const event = market.interface.parseLog(log);
    if (!event) continue;
    const amount = (name: string): bigint => event.args.getValue(name) as bigint;
    if (SENT_BY_REQUESTER.has(event.name)) transactions.add(log.transactionHash);
    if (event.name === 'JobPosted') sums.escrowed += amount('escrow');
    else if (event.name === 'OfferRaised') sums.escrowed += amount('added');
    else if (event.name === 'SlicesSettled') {
      sums.proofs += amount('price');
      sums.tips += amount('tip');
    } else if (event.name === 'ChallengeProved') {
      // A challenger's bond paid for that slice, not the escrow.
      sums.proofs -= amount('bond') - amount('returned') - amount('delay');
    } else if (event.name === 'JobFinalized' || event.name === 'JobClosed') {
      sums.execution += amount('executionPrice');
      sums.refunded += amount('refund');
    }
  }
  const receipts = await Promise.all([...transactions].map((hash) => provider.getTransactionReceipt(hash)));
  const own = receipts.filter((receipt) => receipt && sameAddress(receipt.from, requester));
  return {
    ...sums,
    gas: {
      transactions: own.length,
      used: own.reduce((sum, receipt) => sum + (receipt?.gasUsed ?? 0n), 0n),
      cost: own.reduce((sum, receipt) => sum + (receipt?.fee ?? 0n), 0n),
    },
  };
}
