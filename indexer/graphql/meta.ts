import type { Deployment } from '../../protocol/contracts/deployment.ts';
import type { PrismaClient } from '../database/client.ts';
import type { Builder, GraphqlContext } from './builder.ts';

interface IndexedBlock {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: bigint;
}

interface LastEvent {
  readonly blockNumber: number;
  readonly timestamp: bigint;
}

/** Which market this is, and how far it is known. */
export function addMeta(builder: Builder) {
  const IndexedBlock = builder.objectRef<IndexedBlock>('IndexedBlock').implement({
    description: 'The last block that is contained in every answer.',
    fields: (t) => ({
      number: t.exposeInt('number', { description: 'Its number.' }),
      hash: t.expose('hash', { type: 'Bytes32', description: 'Its hash.' }),
      time: t.expose('timestamp', { type: 'Timestamp', description: 'When it was made.' }),
    }),
  });
  const LastEvent = builder.objectRef<LastEvent>('LastEvent').implement({
    description: 'Where the market last did something.',
    fields: (t) => ({
      number: t.exposeInt('blockNumber', { description: 'Number of the block.' }),
      time: t.expose('timestamp', { type: 'Timestamp', description: 'When that block was made.' }),
    }),
  });
  const Asset = builder
    .objectRef<{ address: string; symbol: string | undefined; decimals: number | undefined }>('Asset')
    .implement({
      description: 'What the market pays in.',
      fields: (t) => ({
        address: t.expose('address', { type: 'Address', description: 'The token’s contract.' }),
        symbol: t.exposeString('symbol', {
          nullable: true,
          description: 'As it calls itself; anybody may choose any.',
        }),
        decimals: t.exposeInt('decimals', {
          nullable: true,
          description:
            'An amount divided by 10 to the power of it is in units: 18, whatever the token has. Absent while the chain is away.',
        }),
      }),
    });
  return builder.objectRef<Deployment>('Meta').implement({
    description: 'Which market this is, and how far it is known.',
    fields: (t) => ({
      chainId: t.exposeInt('chainId', { description: 'The chain’s id, as EIP-155 has it.' }),
      market: t.field({
        type: 'Address',
        description: 'The market’s contract.',
        resolve: ({ addresses }) => addresses.market.toLowerCase(),
      }),
      asset: t.field({
        type: Asset,
        extensions: { volatile: true },
        description: 'What it pays in.',
        resolve: async ({ addresses }, _args, { asset }: GraphqlContext) => {
          const named = await asset.read();
          return { address: addresses.asset.toLowerCase(), symbol: named?.symbol, decimals: named?.decimals };
        },
      }),
      state: t.string({
        extensions: { volatile: true },
        description: 'Where the index stands: as `Status.state`.',
        resolve: (_root, _args, { status }) => status().state,
      }),
      block: t.field({
        type: IndexedBlock,
        nullable: true,
        description: 'The last block that is contained. Absent before the first.',
        resolve: async (_root, _args, { prisma }) => {
          const sync = await prisma.sync.findFirst();
          return sync === null ? null : prisma.block.findUnique({ where: { number: sync.number } });
        },
      }),
      lastEvent: t.field({
        type: LastEvent,
        nullable: true,
        description: 'Where the market last did something. Absent before the first.',
        resolve: (_root, _args, { prisma }) => lastEvent(prisma),
      }),
    }),
  });
}

/** Nearly every event makes a row of one of these: not a trace, a lapse that nobody is paid for, or a setting of the owner’s. */
async function lastEvent(prisma: PrismaClient): Promise<LastEvent | null> {
  const newest = { orderBy: { sequence: 'desc' }, select: { blockNumber: true, timestamp: true } } as const;
  const rows = await Promise.all([
    prisma.ledgerEntry.findFirst(newest),
    prisma.bid.findFirst(newest),
    prisma.job.findFirst(newest),
    prisma.settlement.findFirst(newest),
    prisma.model.findFirst(newest),
    prisma.circuit.findFirst(newest),
  ]);
  return rows.reduce(
    (last, row) => (last === null || (row !== null && row.timestamp > last.timestamp) ? row : last),
    null,
  );
}
