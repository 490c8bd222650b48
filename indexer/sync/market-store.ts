import type { Database } from '../../protocol/database/open.ts';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import type { PrismaClient, PrismaTransaction } from '../database/client.ts';
import { clearRows, keepUndo, rowLoader, undoTo, writeRows } from '../database/derived-rows.ts';
import { IndexerError } from '../errors.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { applyEvent } from '../projection/apply.ts';
import { Changes } from '../projection/changes.ts';
import { PROJECTION } from '../projection/version.ts';
import { argsToJson, type DecodedEvent, type SettlementTransaction } from '../projection/events.ts';
import type { BlockHeader, ChainLog } from './chain-reader.ts';
import type { Cursor, KnownBlock } from './step.ts';

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

/** NOTIFY channel: JSON arrays of ids of slices that changed. */
export const SLICES_CHANNEL = 'sliceproof_slices';
/** Ids of 70 characters at most, and a payload holds 8,000 bytes. */
const IDS_A_NOTIFICATION = 90;

/** Prisma wants a limit; a slow machine is no reason to begin anew what goes on. */
const LONGEST_MS = 2 ** 31 - 1;
const TRANSACTION = { timeout: LONGEST_MS, maxWait: LONGEST_MS };

/**
 * The tables, moved from one state of the chain to another. Every method is one transaction that moves the cursor
 * together with all that follows from it, and that does nothing if the cursor is not where the caller thinks: two
 * writers cannot both succeed, whatever their locks say.
 */
export class MarketStore {
  readonly #database: Database;
  readonly #prisma: PrismaClient;
  readonly #chainId: number;
  readonly #id: string;
  readonly #market: string;
  readonly #startBlock: number;

  constructor(database: Database, prisma: PrismaClient, deployment: Deployment) {
    this.#database = database;
    this.#prisma = prisma;
    this.#chainId = deployment.chainId;
    this.#market = deployment.addresses.market.toLowerCase();
    this.#id = `${deployment.chainId}:${this.#market}`;
    this.#startBlock = deployment.block;
  }

  /** First block that can hold an event. */
  get startBlock(): number {
    return this.#startBlock;
  }

  /**
   * Undefined when nothing has been indexed yet.
   * @throws IndexerError `INDEXER_OTHER_DEPLOYMENT` when the database follows another market
   */
  async cursor(): Promise<Cursor | undefined> {
    const rows = await this.#named(() => this.#prisma.sync.findMany());
    const other = rows.find((row) => row.id !== this.#id);
    if (other !== undefined) {
      throw new IndexerError(
        'INDEXER_OTHER_DEPLOYMENT',
        `The database in ${this.#database.where} follows market ${other.market} on chain ${other.chainId}, not ${this.#market} on chain ${this.#chainId}.`,
        { hint: 'Name another folder or database.', details: { known: other.id, wanted: this.#id } },
      );
    }
    return rows[0];
  }

  /** Blocks from `finalNumber` to the cursor, highest first. */
  knownBlocks(): Promise<readonly KnownBlock[]> {
    return this.#named(() =>
      this.#prisma.block.findMany({ select: { number: true, hash: true }, orderBy: { number: 'desc' } }),
    );
  }

  /** Empties everything and sets the cursor before the first block that can hold an event. */
  async restart(genesisHash: string, before: BlockHeader, expected: Cursor | undefined): Promise<void> {
    await this.#transaction(async (tx) => {
      const known = await tx.sync.findUnique({ where: { id: this.#id } });
      // Other rules for the rows are no reorganisation.
      const reorgs = known === null ? 0 : known.reorgs + (known.projection === PROJECTION ? 1 : 0);
      if (expected !== undefined) await this.#move(tx, expected, { number: expected.number });
      await clearRows(tx);
      await tx.event.deleteMany();
      await tx.block.deleteMany();
      await tx.sync.deleteMany();
      await tx.block.create({ data: rowOf(before) });
      await tx.sync.create({
        data: {
          id: this.#id,
          chainId: this.#chainId,
          market: this.#market,
          genesisHash,
          startBlock: this.#startBlock,
          number: before.number,
          hash: before.hash,
          finalNumber: before.number,
          reorgs,
          projection: PROJECTION,
        },
      });
    });
  }

  /**
   * Adds blocks after the cursor.
   * @param blocks with `final` those that hold events and the last one; else every block, each the child of the one
   * before
   * @param finalNumber blocks up to here will not be undone
   */
  async extend(
    expected: Cursor,
    blocks: readonly IndexedBlock[],
    { final, finalNumber }: { readonly final: boolean; readonly finalNumber: number },
  ): Promise<void> {
    const last = blocks[blocks.length - 1].header;
    const newFinal = final ? last.number : Math.max(expected.finalNumber, Math.min(finalNumber, last.number));
    await this.#transaction(async (tx) => {
      await this.#move(tx, expected, { number: last.number, hash: last.hash, finalNumber: newFinal });
      const changes = new Changes(rowLoader(tx));
      const slices = new Set<string>();
      const write = async (block: number): Promise<void> => {
        const changed = changes.take();
        for (const row of changed.get('Slice') ?? []) slices.add(row.id);
        if (!final) await keepUndo(tx, block, changed);
        await writeRows(tx, changed);
      };
      for (const { header, events } of blocks) {
        for (const event of events) await apply(changes, header, event);
        if (!final) await write(header.number);
      }
      if (final) await write(last.number);
      await tx.event.createMany({
        data: blocks.flatMap((block) => block.events.map((e) => this.#eventRow(e))),
      });
      const kept = final ? [last] : blocks.map((block) => block.header);
      await tx.block.createMany({ data: kept.map(rowOf) });
      await tx.block.deleteMany({ where: { number: { lt: newFinal } } });
      await tx.undo.deleteMany({ where: { block: { lte: newFinal } } });
      await notify(tx, [...slices]);
    });
  }

  /** Takes back every block above `ancestor`, which must not be below `finalNumber`. */
  async undo(expected: Cursor, ancestor: KnownBlock): Promise<void> {
    await this.#transaction(async (tx) => {
      await this.#move(tx, expected, {
        number: ancestor.number,
        hash: ancestor.hash,
        reorgs: { increment: 1 },
      });
      const slices = await undoTo(tx, ancestor.number);
      await tx.event.deleteMany({ where: { blockNumber: { gt: ancestor.number } } });
      await tx.block.deleteMany({ where: { number: { gt: ancestor.number } } });
      await notify(tx, slices);
    });
  }

  #eventRow({ log, decoded }: IndexedEvent): Prisma.EventCreateManyInput {
    return {
      chainId: this.#chainId,
      blockHash: log.blockHash,
      logIndex: log.logIndex,
      blockNumber: log.blockNumber,
      address: log.address,
      transactionHash: log.transactionHash,
      topics: [...log.topics],
      data: log.data,
      ...(decoded === undefined
        ? {}
        : { name: decoded.name, args: argsToJson(decoded.args) as Prisma.InputJsonObject }),
    };
  }

  async #move(tx: PrismaTransaction, from: Cursor, to: Prisma.SyncUpdateManyMutationInput): Promise<void> {
    const where = { id: this.#id, number: from.number, hash: from.hash };
    const { count } = await tx.sync.updateMany({ where, data: to });
    if (count === 1) return;
    throw new IndexerError('INDEXER_CURSOR_MOVED', 'Another process has moved the cursor of this database.', {
      hint: 'Run one writing indexer a database.',
      details: { expected: from.number },
    });
  }

  #transaction(work: (tx: PrismaTransaction) => Promise<void>): Promise<void> {
    return this.#named(() => this.#prisma.$transaction(work, TRANSACTION));
  }

  async #named<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await this.#database.nameFailure(error);
    }
  }
}

function rowOf({ number, hash, parentHash, timestamp }: BlockHeader): Prisma.BlockCreateManyInput {
  return { number, hash, parentHash, timestamp };
}

async function apply(changes: Changes, header: BlockHeader, event: IndexedEvent): Promise<void> {
  const { log, decoded, transaction } = event;
  if (decoded === undefined) return;
  const place = {
    blockNumber: header.number,
    timestamp: header.timestamp,
    logIndex: log.logIndex,
    transactionHash: log.transactionHash,
    transaction,
  };
  await applyEvent(changes, place, decoded);
}

/** Listeners hear of it when, and only when, the transaction commits. */
async function notify(tx: PrismaTransaction, slices: readonly string[]): Promise<void> {
  for (let at = 0; at < slices.length; at += IDS_A_NOTIFICATION) {
    const payload = JSON.stringify(slices.slice(at, at + IDS_A_NOTIFICATION));
    await tx.$executeRaw`SELECT pg_notify(${SLICES_CHANNEL}, ${payload})`;
  }
}
