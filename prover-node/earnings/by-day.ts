import type { JsonRpcProvider } from 'ethers';
import PQueue from 'p-queue';
import { readHead } from '../../protocol/chain/head.ts';
import { sameAddress } from '../../protocol/chain/same-address.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { earningEvents, firstBlockSince, transactionsOf, type Blocks, type Who } from './chain-events.ts';
import { Earnings, totalOf, type EarningsEntry, type EarningsTotals } from './earnings.ts';
import { dayOf, daysOf, midnight, spanOf } from './span.ts';

/** What a day brought and took, in 10^-18 of the asset, gas in wei. */
export interface EarningsRow extends EarningsTotals {
  /** Transactions of the key's that left an event of the market's, and what was paid for their gas. */
  readonly transactions: number;
  readonly gas: bigint;
}

export interface EarningsByDay extends Who {
  /** In UTC, the oldest first; every day of the span since the market was there. */
  readonly days: readonly (EarningsRow & { readonly day: string })[];
  readonly total: EarningsRow;
  /** Other transactions of the key's in these days; null where the RPC doesn't keep what this follows from. */
  readonly otherTransactions: number | null;
}

/** Questions that the chain is asked at once. */
const AT_ONCE = 8;

/** An account's earnings by day, from the chain alone: whatever was lost of the node's own files. @throws BadInputError DAYS_MALFORMED */
export async function earningsByDay(
  provider: JsonRpcProvider,
  contracts: Contracts,
  who: Who,
  asked: Parameters<typeof spanOf>[0],
): Promise<EarningsByDay> {
  const head = await readHead(provider);
  const first = await readHead(provider, contracts.deployment.block);
  const { from, to } = spanOf(asked, head.timestamp);
  const span = { from: Math.max(from, midnight(first.timestamp)), to };
  const all = { from: first.number, to: head.number };
  const blocks = {
    from: await firstBlockSince(provider, span.from, all),
    to: (await firstBlockSince(provider, span.to, all)) - 1,
  };
  const events = blocks.from > blocks.to ? [] : await earningEvents(provider, contracts, who, blocks);
  const earnings = new Earnings(contracts.market, who.account, who.sender);
  earnings.hear(events);
  const isWithin = ({ block }: { readonly block: number }): boolean =>
    block >= blocks.from && block <= blocks.to;
  const entries = earnings.entries().filter(isWithin);
  const transactions = [...transactionsOf(contracts, who, events)].map(([hash, block]) => ({ hash, block }));
  const paid = await paidFor(provider, who, transactions.filter(isWithin));
  const dayOfBlock = await daysOfBlocks(provider, [...entries, ...paid]);
  const rowOf = (isIn: (one: { readonly block: number }) => boolean): EarningsRow => {
    const own = paid.filter(isIn);
    return {
      ...totalOf(entries.filter(isIn)),
      transactions: own.length,
      gas: own.reduce((sum, { fee }) => sum + fee, 0n),
    };
  };
  const sent = await sentWithin(provider, who, blocks);
  return {
    ...who,
    days: daysOf(span).map((day) => ({ day, ...rowOf(({ block }) => dayOfBlock.get(block) === day) })),
    total: rowOf(() => true),
    otherTransactions: sent === null ? null : sent - paid.length,
  };
}

/** What was paid for the gas of those that the key sent. */
async function paidFor(
  provider: JsonRpcProvider,
  { sender }: Who,
  transactions: readonly { readonly hash: string; readonly block: number }[],
): Promise<{ readonly block: number; readonly fee: bigint }[]> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  const receipts = await queue.addAll(
    transactions.map(
      ({ hash }) =>
        () =>
          provider.getTransactionReceipt(hash),
    ),
  );
  return receipts.flatMap((receipt) =>
    receipt && sameAddress(receipt.from, sender) ? [{ block: receipt.blockNumber, fee: receipt.fee }] : [],
  );
}

async function daysOfBlocks(
  provider: JsonRpcProvider,
  entries: readonly Pick<EarningsEntry, 'block'>[],
): Promise<ReadonlyMap<number, string>> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  const blocks = [...new Set(entries.map(({ block }) => block))];
  return new Map(
    await queue.addAll(
      blocks.map((block) => async () => [block, dayOf((await readHead(provider, block)).timestamp)] as const),
    ),
  );
}

/** How many transactions the key sent in some blocks; null: the RPC doesn't know of so old ones. */
async function sentWithin(
  provider: JsonRpcProvider,
  { sender }: Who,
  { from, to }: Blocks,
): Promise<number | null> {
  if (from > to) return 0;
  try {
    const [before, after] = await Promise.all([
      from > 0 ? provider.getTransactionCount(sender, from - 1) : Promise.resolve(0),
      provider.getTransactionCount(sender, to),
    ]);
    return after - before;
  } catch {
    return null;
  }
}
