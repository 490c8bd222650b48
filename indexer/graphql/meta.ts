import type { Deployment } from '../../protocol/contracts/deployment.ts';
import type { PrismaClient } from '../database/client.ts';
import type { Builder, GraphqlContext } from './builder.ts';

interface PlacedBlock {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: bigint;
}

/** Which market this is, and how far it is known. */
export function addMeta(builder: Builder) {
  const IndexedBlock = builder.objectRef<PlacedBlock>('IndexedBlock').implement({
    description: 'A block that is contained in every answer.',
    fields: (t) => ({
      number: t.exposeInt('number'),
      hash: t.expose('hash', { type: 'Bytes32' }),
      time: t.expose('timestamp', { type: 'Timestamp' }),
    }),
  });
  const Asset = builder
    .objectRef<{ address: string; symbol: string | undefined; decimals: number | undefined }>('Asset')
    .implement({
      description: 'What the market pays in.',
      fields: (t) => ({
        address: t.expose('address', { type: 'Address' }),
        symbol: t.exposeString('symbol', {
          nullable: true,
          description: 'As it calls itself; anybody may choose any.',
        }),
        decimals: t.exposeInt('decimals', {
          nullable: true,
          description:
            'An amount divided by 10 to the power of it is in units. Absent while the chain is away.',
        }),
      }),
    });
  return builder.objectRef<Deployment>('Meta').implement({
    description: 'Which market this is, and how far it is known.',
    fields: (t) => ({
      chainId: t.exposeInt('chainId'),
      market: t.field({ type: 'Address', resolve: ({ addresses }) => addresses.market.toLowerCase() }),
      asset: t.field({
        type: Asset,
        resolve: async ({ addresses }, _args, { asset }: GraphqlContext) => {
          const named = await asset.read();
          return { address: addresses.asset.toLowerCase(), symbol: named?.symbol, decimals: named?.decimals };
        },
      }),
      state: t.string({
        description: 'starting, syncing, live, waiting or standby.',
        resolve: (_root, _args, { status }) => status().state,
      }),
      block: t.field({
        type: IndexedBlock,
        nullable: true,
        description: 'The last block that is contained. Absent before the first.',
        resolve: async (_root, _args, { prisma }) => {
          const sync = await prisma.sync.findFirst();
          return sync === null ? null : blockAt(prisma, sync.number);
        },
      }),
      lastEvent: t.field({
        type: IndexedBlock,
        nullable: true,
        description: 'The last block in which something happened.',
        resolve: async (_root, _args, { prisma }) => {
          const last = await prisma.event.findFirst({
            orderBy: [{ blockNumber: 'desc' }, { logIndex: 'desc' }],
          });
          return last === null ? null : blockAt(prisma, last.blockNumber);
        },
      }),
    }),
  });
}

function blockAt(prisma: PrismaClient, number: number): Promise<PlacedBlock | null> {
  return prisma.block.findUnique({ where: { number } });
}
