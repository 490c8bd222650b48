import SchemaBuilder from '@pothos/core';
import type { PrismaClient } from '../database/client.ts';
import type { Digits } from '../projection/rows.ts';
import type { Reads } from './reads.ts';
import * as scalars from './scalars.ts';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import type { AssetReader } from '../published/asset-reader.ts';
import type { Published } from '../published/published.ts';
import type { ChangeFeed } from './change-feed.ts';

/** What a resolver can reach. */
export interface GraphqlContext {
  /** What a request reads rows with. */
  readonly reads: Reads;
  /** For what is read seldom. */
  readonly prisma: PrismaClient;
  readonly feed: ChangeFeed;
  /** Where the sync stands: see `Status`. */
  readonly status: () => IndexStatus;
  readonly deployment: Deployment;
  readonly asset: Pick<AssetReader, 'read'>;
  readonly published: Published;
}

export interface IndexStatus {
  readonly state: string;
  readonly head: number | undefined;
  readonly cursor: number | undefined;
}

interface Types {
  readonly Context: GraphqlContext;
  readonly DefaultFieldNullability: false;
  readonly Scalars: {
    readonly Amount: { readonly Input: string; readonly Output: Digits };
    readonly Address: { readonly Input: string; readonly Output: string };
    readonly Bytes32: { readonly Input: string; readonly Output: string };
    readonly Timestamp: { readonly Input: bigint; readonly Output: Digits };
    readonly ID: { readonly Input: string; readonly Output: string };
  };
}

/** A schema builder with scalars and enums, nothing else yet. */
export function createBuilder() {
  const builder = new SchemaBuilder<Types>({ defaultFieldNullability: false });
  builder.scalarType('Amount', scalars.amount);
  builder.scalarType('Address', scalars.address);
  builder.scalarType('Bytes32', scalars.bytes32);
  builder.scalarType('Timestamp', scalars.timestamp);
  return builder;
}

export type Builder = ReturnType<typeof createBuilder>;
