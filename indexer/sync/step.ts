import { PROJECTION } from '../projection/version.ts';
import type { ChainReader } from './chain-reader.ts';
import type { BlockHeader } from './chain-values.ts';

/** The last block that the database contains, and how far it can go back. */
export interface Cursor {
  readonly number: number;
  readonly hash: string;
  /** Nothing at or below this block can be undone. */
  readonly finalNumber: number;
  readonly genesisHash: string;
  /** By which rules rows were made of events; see projection/version.ts. */
  readonly projection: number;
}

export interface KnownBlock {
  readonly number: number;
  readonly hash: string;
}

/** What to do next, by what the chain is now. */
export type Step =
  /** Nothing new; or the RPC is behind what is known already. */
  | { readonly kind: 'wait'; readonly head: BlockHeader; readonly behind: boolean }
  /** Blocks that follow the cursor. `final`: old enough to be taken as they are, many at once. */
  | {
      readonly kind: 'extend';
      readonly head: BlockHeader;
      readonly from: number;
      readonly to: number;
      readonly final: boolean;
    }
  /** Blocks above the ancestor are no longer the chain's. */
  | { readonly kind: 'reorganised'; readonly head: BlockHeader; readonly ancestor: KnownBlock }
  /** The chain differs below what can be undone, or is another chain, or rows follow older rules: from the start. */
  | {
      readonly kind: 'restart';
      readonly head: BlockHeader;
      readonly reason: 'other chain' | 'deeper than finality' | 'older projection' | 'incomplete history';
    };

export interface StepOptions {
  /** The chain's. */
  readonly head: BlockHeader;
  /** Blocks below the head that are not expected to change. */
  readonly finality: number;
}

/** Most blocks of one step near the head: each costs two requests. */
const NEAR_HEAD_BLOCKS = 64;

/**
 * Compares the cursor with the chain. Only a block with another hash says that the chain has changed: a chain has every block
 * below its head, so an RPC that has not got one lags or is broken, and is asked again.
 * @param knownBlocks blocks from `finalNumber` to the cursor, highest first
 * @throws ChainError CHAIN_BLOCK_MISSING (retryable)
 */
export async function nextStep(
  chain: ChainReader,
  cursor: Cursor,
  knownBlocks: () => Promise<readonly KnownBlock[]>,
  { head, finality }: StepOptions,
): Promise<Step> {
  if (cursor.projection !== PROJECTION) return { kind: 'restart', head, reason: 'older projection' };
  const isThere = head.number >= cursor.number;
  const agrees = async (): Promise<boolean> => {
    if (head.number === cursor.number) return head.hash === cursor.hash;
    if (head.number === cursor.number + 1 && head.parentHash === cursor.hash) return true;
    return isThere && (await chain.block(cursor.number)).hash === cursor.hash;
  };
  if (await agrees()) {
    if (head.number === cursor.number) return { kind: 'wait', head, behind: false };
    const from = cursor.number + 1;
    const newest = head.number - finality;
    if (from <= newest) {
      return { kind: 'extend', head, from, to: newest, final: true };
    }
    return {
      kind: 'extend',
      head,
      from,
      to: Math.min(head.number, from + NEAR_HEAD_BLOCKS - 1),
      final: false,
    };
  }

  const candidates = (await knownBlocks()).filter((block) => block.number <= head.number);
  const chains = await chain.blocks(candidates.map((block) => block.number));
  const agreed = candidates.findIndex((block, i) => chains[i].hash === block.hash);
  // A shorter chain that agrees as far as it goes is an RPC that lags, or a chain that is about to be longer.
  if (agreed === 0 && !isThere) return { kind: 'wait', head, behind: true };
  if (agreed >= 0) return { kind: 'reorganised', head, ancestor: candidates[agreed] };

  const genesis = await chain.block(0);
  if (genesis.hash !== cursor.genesisHash) return { kind: 'restart', head, reason: 'other chain' };
  if (candidates.length === 0) return { kind: 'wait', head, behind: true };
  return { kind: 'restart', head, reason: 'deeper than finality' };
}
