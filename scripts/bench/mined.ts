import type { Client } from '../../client/client.ts';

/** A transaction that was mined. */
export interface Mined {
  readonly sender: string;
  /** The market's function, of several in one call all; undefined: it called another contract. */
  readonly kind: string | undefined;
  /** Of its block, Unix seconds. */
  readonly time: number;
  readonly gas: number;
  /** It failed, or is a bid that took no slice. */
  readonly isInVain: boolean;
  /** What the market said in it. */
  readonly events: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> }[];
}

/** Transactions of one kind. */
export interface Sent {
  readonly mined: number;
  readonly inVain: number;
  readonly gas: number;
  readonly gasInVain: number;
}

interface Receipt {
  readonly from: string;
  readonly status: string;
  readonly gasUsed: string;
  readonly transactionHash: string;
  readonly logs: readonly { readonly topics: string[]; readonly data: string }[];
}

/** All transactions since a block, in order. */
export async function* readMined(
  { provider, contracts: { market } }: Pick<Client, 'provider' | 'contracts'>,
  from: number,
): AsyncGenerator<Mined> {
  for (let number = from; number <= (await provider.getBlockNumber()); number++) {
    const tag = `0x${number.toString(16)}`;
    const [block, receipts] = (await Promise.all([
      provider.send('eth_getBlockByNumber', [tag, true]),
      provider.send('eth_getBlockReceipts', [tag]),
    ])) as [{ timestamp: string; transactions: { hash: string; input: string }[] }, Receipt[]];
    const inputs = new Map(block.transactions.map(({ hash, input }) => [hash, input]));
    for (const { from: sender, status, gasUsed, transactionHash, logs } of receipts) {
      const events = logs.flatMap((log) => {
        const event = market.interface.parseLog(log);
        return event === null ? [] : [{ name: event.name, args: event.args.toObject() }];
      });
      const kind = kindOf(market.interface, inputs.get(transactionHash) ?? '0x');
      const tookNothing =
        kind?.startsWith('bid') === true && !events.some(({ name }) => name === 'BidPlaced');
      yield {
        sender,
        kind,
        time: Number(block.timestamp),
        gas: Number(gasUsed),
        isInVain: status !== '0x1' || tookNothing,
        events,
      };
    }
  }
}

function kindOf(market: Client['contracts']['market']['interface'], data: string): string | undefined {
  const call = market.parseTransaction({ data });
  if (call?.name !== 'multicall') return call?.name;
  return (call.args[0] as readonly string[]).map((inner) => kindOf(market, inner)).join(' + ');
}

/** Adds one to those of its kind. */
export function tally(sums: Map<string, Sent>, kind: string, { gas, isInVain }: Mined): void {
  const { mined, inVain, gas: before, gasInVain } = sums.get(kind) ?? NONE;
  sums.set(kind, {
    mined: mined + 1,
    inVain: inVain + Number(isInVain),
    gas: before + gas,
    gasInVain: gasInVain + (isInVain ? gas : 0),
  });
}

const NONE: Sent = { mined: 0, inVain: 0, gas: 0, gasInVain: 0 };

/** Those of several kinds. */
export function together(all: readonly Sent[]): Sent {
  const sum = (of: (sent: Sent) => number): number => all.reduce((total, sent) => total + of(sent), 0);
  return {
    mined: sum(({ mined }) => mined),
    inVain: sum(({ inVain }) => inVain),
    gas: sum(({ gas }) => gas),
    gasInVain: sum(({ gasInVain }) => gasInVain),
  };
}
