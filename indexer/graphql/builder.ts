import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import type { PrismaClient } from '../database/client.ts';
import {
  BidState,
  CloseReason,
  JobState,
  LedgerKind,
  SkipReason,
  SliceState,
} from '../generated/prisma/client.ts';
import type PrismaTypes from '../generated/pothos.ts';
import { getDatamodel } from '../generated/pothos.ts';
import * as scalars from './scalars.ts';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import type { AssetReader } from '../published/asset-reader.ts';
import type { Published } from '../published/published.ts';
import type { SliceFeed } from './slice-feed.ts';

/** What a resolver can reach. */
export interface GraphqlContext {
  readonly prisma: PrismaClient;
  readonly feed: SliceFeed;
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
  readonly PrismaTypes: PrismaTypes;
  readonly DefaultFieldNullability: false;
  readonly Scalars: {
    readonly Amount: { readonly Input: string; readonly Output: scalars.AmountValue };
    readonly Address: { readonly Input: string; readonly Output: string };
    readonly Bytes32: { readonly Input: string; readonly Output: string };
    readonly Timestamp: { readonly Input: bigint; readonly Output: bigint };
    readonly ID: { readonly Input: string; readonly Output: string };
  };
}

/** A schema builder with scalars and enums, nothing else yet. */
export function createBuilder(prisma: PrismaClient) {
  const builder = new SchemaBuilder<Types>({
    plugins: [PrismaPlugin],
    defaultFieldNullability: false,
    prisma: { client: prisma, dmmf: getDatamodel(), maxConnectionSize: 100 },
  });
  builder.scalarType('Amount', scalars.amount);
  builder.scalarType('Address', scalars.address);
  builder.scalarType('Bytes32', scalars.bytes32);
  builder.scalarType('Timestamp', scalars.timestamp);
  return builder;
}

export type Builder = ReturnType<typeof createBuilder>;

/** The enums of the database, by name. */
export function addEnums(builder: Builder) {
  return {
    JobState: builder.enumType(JobState, { name: 'JobState', description: 'Where a job is.' }),
    CloseReason: builder.enumType(CloseReason, {
      name: 'CloseReason',
      description: 'How a job ended without a result.',
    }),
    SliceState: builder.enumType(SliceState, {
      name: 'SliceState',
      description: 'Where a slice is. LAPSED: its holder’s time passed, whoever proves it first is paid.',
    }),
    BidState: builder.enumType(BidState, { name: 'BidState', description: 'What became of a bid.' }),
    SkipReason: builder.enumType(SkipReason, {
      name: 'SkipReason',
      description: 'Why a proved slice was not paid.',
    }),
    LedgerKind: builder.enumType(LedgerKind, {
      name: 'LedgerKind',
      description: 'What moved an amount in the ledger.',
    }),
  };
}

export type Enums = ReturnType<typeof addEnums>;
