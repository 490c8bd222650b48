import { zeroPadValue, type JsonRpcProvider, type Log as ChainLog } from 'ethers';
import { readHead } from '../../protocol/chain/head.ts';
import { findEvents } from '../../protocol/chain/find-events.ts';
import { sameAddress } from '../../protocol/chain/same-address.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';

/** Blocks, both included. */
export interface Blocks {
  readonly from: number;
  readonly to: number;
}

/** Whose events. */
export interface Who {
  readonly account: string;
  /** The key that sends for it. */
  readonly sender: string;
}

/** Events that name an account where it can be asked for. */
const OWN = ['ExecutionClaimed', 'BidPlaced', 'JobFinalized', 'Deposited'] as const;
/** Events that concern it also where somebody else is named, or nobody. */
const OF_ALL = [
  'SlicesSettled',
  'SlicesLapsed',
  'ExecutionLapsed',
  'BondForfeited',
  'JobClosed',
  'AuditsDrawn',
] as const;

/** The first block that is not older than a time; the one after the last, if all are. @param time seconds since 1970 */
export async function firstBlockSince(
  provider: JsonRpcProvider,
  time: number,
  { from, to }: Blocks,
): Promise<number> {
  let [low, high] = [from, to + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await readHead(provider, middle)).timestamp < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The market's events that an account's earnings follow from, in the chain's order, and those of its traces before them. */
export async function earningEvents(
  provider: JsonRpcProvider,
  { market, deployment }: Contracts,
  { account, sender }: Who,
  { from, to }: Blocks,
): Promise<ChainLog[]> {
  const address = deployment.addresses.market;
  const topicsOf = (names: readonly (typeof OWN | typeof OF_ALL)[number][]): string[] =>
    names.map((name) => market.interface.getEvent(name).topicHash);
  const [mine, its] = [account, sender].map((one) => zeroPadValue(one, 32).toLowerCase());
  const { topicHash: traced } = market.interface.getEvent('TraceCommitted');
  const range = { address, fromBlock: from, toBlock: to };
  const found = [
    // How a job ends may not say whose trace it had, and that may be older.
    await findEvents(provider, { ...range, fromBlock: deployment.block, topics: [[traced], null, mine] }),
    await findEvents(provider, { ...range, topics: [topicsOf(OWN), null, [mine, its]] }),
    await findEvents(provider, { ...range, topics: [topicsOf(OF_ALL)] }),
  ];
  return found.flat().sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
}

/** Transactions that the key may have sent, by what its events say; the receipts say whether it did. */
export function transactionsOf(
  { market }: Contracts,
  { account, sender }: Who,
  events: readonly ChainLog[],
): ReadonlyMap<string, number> {
  const traced = new Set<string>();
  const found = new Map<string, number>();
  for (const event of events) {
    const parsed = market.interface.parseLog(event);
    if (!parsed) continue;
    const args = parsed.args.toObject() as Readonly<Record<string, unknown>>;
    const jobId = String(args['jobId']);
    const names = (field: string, whom: string): boolean =>
      field in args && sameAddress(String(args[field]), whom);
    if (parsed.name === 'TraceCommitted') traced.add(jobId);
    const sent = ['settler', 'caller', 'from'].some((field) => names(field, sender));
    const acted = OWN.some((name) => name === parsed.name) && !('from' in args);
    const ended = ['AuditsDrawn', 'JobClosed'].includes(parsed.name) && traced.has(jobId);
    const brought = parsed.name === 'TraceCommitted' && names('executor', account);
    if (sent || acted || ended || brought) found.set(event.transactionHash, event.blockNumber);
  }
  return found;
}
