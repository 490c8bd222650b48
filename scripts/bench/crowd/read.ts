import { bitsOf } from '../../../protocol/contracts/masks.ts';
import type { Client } from '../../../client/client.ts';

/** Transactions of one kind. */
export interface Sent {
  readonly mined: number;
  readonly inVain: number;
  readonly gas: number;
  readonly gasInVain: number;
}

/** What became of a run, as the chain tells it. */
export interface Crowd {
  /** By the contract's function. */
  readonly byKind: ReadonlyMap<string, Sent>;
  /** From post to result, chain time. */
  readonly jobSeconds: readonly number[];
  readonly slices: number;
  /** A bid on several slices counts for each. */
  readonly bids: number;
  /** Accounts that were paid for slices. */
  readonly settlers: number;
}

interface Receipt {
  readonly from: string;
  readonly status: string;
  readonly gasUsed: string;
  readonly transactionHash: string;
  readonly logs: readonly { readonly topics: string[]; readonly data: string }[];
}

/** Reads all that these accounts sent to the market since a block. */
export async function readCrowd(
  { provider, contracts: { market } }: Client,
  from: number,
  nodes: ReadonlySet<string>,
): Promise<Crowd> {
  const ours = new Set([...nodes].map((address) => address.toLowerCase()));
  const byKind = new Map<string, Sent>();
  const posted = new Map<string, number>();
  const jobSeconds: number[] = [];
  const paid = new Set<string>();
  const slices = new Set<string>();
  let bids = 0;
  for (let number = from; number <= (await provider.getBlockNumber()); number++) {
    const tag = `0x${number.toString(16)}`;
    const [block, receipts] = (await Promise.all([
      provider.send('eth_getBlockByNumber', [tag, true]),
      provider.send('eth_getBlockReceipts', [tag]),
    ])) as [{ timestamp: string; transactions: { hash: string; input: string }[] }, Receipt[]];
    const inputs = new Map(block.transactions.map(({ hash, input }) => [hash, input]));
    const time = Number(block.timestamp);
    for (const { from: sender, status, gasUsed, transactionHash, logs } of receipts) {
      const names = new Set<string>();
      for (const log of logs) {
        const event = market.interface.parseLog(log);
        if (event === null) continue;
        names.add(event.name);
        const { jobId, prover, slices: mask } = event.args.toObject() as Readonly<Record<string, unknown>>;
        if (event.name === 'JobPosted') posted.set(String(jobId), time);
        if (event.name === 'JobFinalized') jobSeconds.push(time - (posted.get(String(jobId)) ?? time));
        if (event.name === 'BidPlaced') bids += bitsOf(mask as bigint).length;
        if (event.name !== 'SlicesSettled') continue;
        paid.add(String(prover));
        for (const slice of bitsOf(mask as bigint)) slices.add(`${String(jobId)} ${slice}`);
      }
      if (!ours.has(sender.toLowerCase())) continue;
      const kind = market.interface.parseTransaction({ data: inputs.get(transactionHash) ?? '0x' })?.name;
      if (kind === undefined) continue;
      const isInVain = status !== '0x1' || (kind.startsWith('bid') && !names.has('BidPlaced'));
      const { mined, inVain, gas, gasInVain } = byKind.get(kind) ?? {
        mined: 0,
        inVain: 0,
        gas: 0,
        gasInVain: 0,
      };
      byKind.set(kind, {
        mined: mined + 1,
        inVain: inVain + Number(isInVain),
        gas: gas + Number(gasUsed),
        gasInVain: gasInVain + (isInVain ? Number(gasUsed) : 0),
      });
    }
  }
  return { byKind, jobSeconds, slices: slices.size, bids, settlers: paid.size };
}
