import { applyEvent } from '../projection/apply.ts';
import type { Changes } from '../projection/changes.ts';
import type { DecodedEvent, Place, SettlementTransaction } from '../projection/events.ts';
import type { BlockHeader, ChainLog } from './chain-values.ts';

/** A block with the market's events in it. */
export interface IndexedBlock {
  readonly header: BlockHeader;
  readonly events: readonly IndexedEvent[];
}

export interface IndexedEvent {
  readonly log: ChainLog;
  /** Undefined: none of the market's events. */
  readonly decoded: DecodedEvent | undefined;
  readonly transaction: SettlementTransaction | undefined;
}

/** A row of the table of events. */
export type StoredEvent = ChainLog & {
  readonly timestamp: bigint;
  readonly transaction: { readonly from: string; readonly gasUsed: string; readonly gasPrice: string } | null;
};

/** @param paid how many slices each transaction pays */
export function placeOf(
  { blockNumber, timestamp, logIndex, transactionHash, transaction }: StoredEvent,
  paid: ReadonlyMap<string, number>,
): Place {
  const settling = transaction && {
    from: transaction.from,
    gasUsed: BigInt(transaction.gasUsed),
    gasPrice: BigInt(transaction.gasPrice),
  };
  const paidSlices = paid.get(transactionHash) ?? 0;
  return {
    blockNumber,
    timestamp,
    logIndex,
    transactionHash,
    transaction: settling ?? undefined,
    paidSlices,
  };
}

/** @param paid how many slices each transaction pays */
export async function apply(
  changes: Changes,
  header: BlockHeader,
  event: IndexedEvent,
  paid: ReadonlyMap<string, number>,
): Promise<void> {
  const { log, decoded, transaction } = event;
  if (decoded === undefined) return;
  const place = {
    blockNumber: header.number,
    timestamp: header.timestamp,
    logIndex: log.logIndex,
    transactionHash: log.transactionHash,
    transaction,
    paidSlices: paid.get(log.transactionHash) ?? 0,
  };
  await applyEvent(changes, place, decoded);
}
