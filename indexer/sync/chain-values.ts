import { z } from 'zod';

/** What comes from an RPC, checked; hex in lower case. */
export const data = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/)
  .transform((text) => text.toLowerCase());
export const word = data.refine((text) => text.length === 66, 'expected 32 bytes');
export const address = data.refine((text) => text.length === 42, 'expected an address');
export const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform(BigInt);
export const height = quantity.transform(Number).refine(Number.isSafeInteger, 'expected a block number');

/** A block as far as the indexer needs it. */
export interface BlockHeader {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Seconds since 1970. */
  readonly timestamp: bigint;
  readonly logsBloom: string | undefined;
  /** Of its receipts, and how many there are; undefined where the service leaves it out, or it was read as the head. */
  readonly receiptsRoot?: string | undefined;
  readonly transactions?: readonly string[] | undefined;
}

export const headerSchema = z.object({
  number: height,
  hash: word,
  parentHash: word,
  timestamp: quantity,
  logsBloom: data
    .refine((text) => text.length === 514, 'expected 256 bytes')
    .nullish()
    .transform((bloom) => bloom ?? undefined),
  receiptsRoot: word.optional(),
  transactions: z.array(word).optional().catch(undefined),
});

export interface ChainLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly logIndex: number;
  readonly transactionHash: string;
}

export const logSchema = z.object({
  address,
  topics: z.array(word).max(4),
  data,
  blockNumber: height,
  blockHash: word,
  logIndex: height,
  transactionHash: word,
  /** Of a block that is no longer the chain's. */
  removed: z.boolean().optional(),
});
