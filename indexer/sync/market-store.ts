import type { Database } from '../../protocol/database/open.ts';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import type { PrismaClient, PrismaTransaction } from '../database/client.ts';
import {
  insertRows,
  keepUndo,
  rowLoader,
  undoTo,
  writeRows,
  type Touched,
} from '../database/derived-rows.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { IndexerError } from '../errors.ts';
import { applyEvent } from '../projection/apply.ts';
import { Changes } from '../projection/changes.ts';
import { prefetch } from '../projection/prefetch.ts';
import { PROJECTION } from '../projection/version.ts';
import { slicesPaidBy, type DecodedEvent } from '../projection/events.ts';
import type { BlockHeader, ChainLog } from './chain-values.ts';
import { apply, placeOf, type IndexedBlock, type IndexedEvent, type StoredEvent } from './indexed-events.ts';
import { isTold, notifyAll, notifyOf, type ToldTable } from './notify.ts';
import { dropShadow, hasShadow, inShadow, makeShadow, SHADOW, swapShadow } from './shadow.ts';
import type { Cursor, KnownBlock } from './step.ts';

/** Events whose rows are made again at once. */
const REPLAYED = 500;

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
  /** Whether rows are made in the shadow; undefined before it was looked. */
  #rebuilding: boolean | undefined;

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

  /** Whether rows are made again, beside those that are served. */
  get rebuilding(): boolean {
    return this.#rebuilding === true;
  }

  /**
   * Undefined when nothing has been indexed yet.
   * @throws IndexerError `INDEXER_OTHER_DEPLOYMENT` when the database follows another market
   */
  async cursor(): Promise<Cursor | undefined> {
    this.#rebuilding ??= await this.#goesOnRebuilding();
    const [mine] = await this.#synced(this.#table('Sync'));
    return mine;
  }

  /** The block that is served; another than the cursor's while rows are made again. */
  async served(): Promise<KnownBlock | undefined> {
    const [served] = await this.#synced('"Sync"');
    return served;
  }

  async #synced(table: string): Promise<readonly Cursor[]> {
    interface Synced extends Cursor {
      readonly id: string;
      readonly chainId: number;
      readonly market: string;
    }
    const rows = await this.#query<Synced>(
      `SELECT "id", "chainId", "market", "genesisHash", "number", "hash", "finalNumber", "projection" FROM ${table}`,
    );
    const other = rows.find((row) => row.id !== this.#id);
    if (other === undefined) return rows;
    throw new IndexerError(
      'INDEXER_OTHER_DEPLOYMENT',
      `The database in ${this.#database.where} follows market ${other.market} on chain ${other.chainId}, not ${this.#market} on chain ${this.#chainId}.`,
      { hint: 'Name another folder or database.', details: { known: other.id, wanted: this.#id } },
    );
  }

  /** Blocks from `finalNumber` to the cursor, highest first. */
  knownBlocks(): Promise<readonly KnownBlock[]> {
    return this.#query(`SELECT "number", "hash" FROM ${this.#table('Block')} ORDER BY "number" DESC`);
  }

  /**
   * Whether no waiting helps against a failure: what somebody has to put right is named, whatever else a server says may pass,
   * and an embedded database that says nothing any more doesn't come back by itself.
   */
  async isPermanent(error: unknown): Promise<boolean> {
    if (error instanceof SliceproofError) {
      return !error.retryable && error.code !== 'INDEXER_HISTORY_INCOMPLETE';
    }
    if (this.#database.kind !== 'pglite') return false;
    return this.#database.query('SELECT 1').then(
      () => false,
      (dead: unknown) => !(dead instanceof SliceproofError && dead.retryable),
    );
  }

  /** Leaves for those that only serve how far this one is. */
  async note({ state, head }: { readonly state: string; readonly head: number | undefined }): Promise<void> {
    await this.#query(
      `UPDATE "Sync" SET "state" = $2, "head" = $3::int, "seenAt" = extract(epoch FROM clock_timestamp())::bigint WHERE "id" = $1`,
      [this.#id, state, head ?? null],
    );
  }

  /**
   * Begins anew before the first block that can hold an event. What is there is served until {@link swap}.
   * @param reorganised whether that counts as a reorganisation
   */
  async restart(
    genesisHash: string,
    before: BlockHeader,
    expected: Cursor | undefined,
    reorganised: boolean,
  ): Promise<void> {
    const begin = { genesisHash, number: before.number, hash: before.hash };
    await this.#transaction(async (tx) => {
      if (expected === undefined) {
        await this.#beginAt(tx, begin, 0);
        await tx.$executeRawUnsafe('DELETE FROM "Block"');
        await insertRows(tx, 'Block', [rowOf(before)]);
        return;
      }
      await this.#move(tx, expected, expected);
      const reorgs = await this.#reorgs(tx);
      await makeShadow(tx);
      await inShadow(tx);
      await this.#beginAt(tx, begin, reorgs + (reorganised ? 1 : 0));
      await insertRows(tx, 'Block', [rowOf(before)]);
    });
    if (expected !== undefined) this.#rebuilding = true;
  }

  /**
   * Makes the rows of final blocks again of the events as they are stored, beside those that are served. What is killed on the
   * way goes on from there by the chain.
   * @returns whether it could: events that an older version stored say too little
   */
  async replay(
    expected: Cursor,
    decode: (log: ChainLog) => DecodedEvent | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { finalNumber, genesisHash } = expected;
    const [final] = await this.#query<IndexedHeader>('SELECT * FROM "Block" WHERE "number" = $1', [
      finalNumber,
    ]);
    const [poor] = await this.#query(
      `SELECT 1 FROM "Event" WHERE "blockNumber" <= $1 AND ("timestamp" IS NULL OR
         ("transaction" IS NULL AND "name" IN ('SlicesSettled', 'SlicesSkipped'))) LIMIT 1`,
      [finalNumber],
    );
    if (final === undefined || poor !== undefined) return false;
    const number = Math.max(0, this.#startBlock - 1);
    await this.#transaction(async (tx) => {
      await this.#move(tx, expected, expected);
      const reorgs = await this.#reorgs(tx);
      await makeShadow(tx);
      await inShadow(tx);
      await this.#beginAt(tx, { genesisHash, number, hash: genesisHash }, reorgs);
      await insertRows(tx, 'Block', [{ ...final, number, hash: genesisHash }]);
    });
    this.#rebuilding = true;
    for (let at = number; at < finalNumber && !signal.aborted;) {
      const stored = await this.#query<StoredEvent>(
        `SELECT * FROM "Event" WHERE "blockNumber" > $1 AND "blockNumber" <= coalesce((SELECT "blockNumber" FROM "Event"
           WHERE "blockNumber" > $1 ORDER BY "blockNumber", "logIndex" OFFSET ${REPLAYED} LIMIT 1), $2) AND "blockNumber" <= $2
         ORDER BY "blockNumber", "logIndex"`,
        [at, finalNumber],
      );
      const last = stored.at(-1);
      const to =
        last === undefined || stored.length < REPLAYED
          ? { number: finalNumber, hash: final.hash }
          : { number: last.blockNumber, hash: last.blockHash };
      await this.#transaction(async (tx) => {
        await inShadow(tx);
        const changes = new Changes(rowLoader(tx));
        const events = stored.map((log) => ({ log, timestamp: log.timestamp, decoded: decode(log) }));
        const paid = slicesPaidBy(events);
        await prefetch(changes, events);
        for (const { log, decoded } of events) {
          if (decoded !== undefined) await applyEvent(changes, placeOf(log, paid), decoded);
        }
        await writeRows(tx, changes.take());
        await tx.$executeRawUnsafe('DELETE FROM "Block"');
        await insertRows(tx, 'Block', [{ ...final, ...to }]);
        await insertRows(tx, 'Event', stored);
        await tx.$executeRawUnsafe(
          'UPDATE "Sync" SET "number" = $1::int, "hash" = $2, "finalNumber" = $1::int',
          to.number,
          to.hash,
        );
      });
      at = to.number;
    }
    return true;
  }

  /** Serves what was made again in the place of what there was. */
  async swap(): Promise<void> {
    await this.#transaction(async (tx) => {
      await swapShadow(tx);
      await notifyAll(tx);
    }, 'served');
    this.#rebuilding = false;
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
      await prefetch(
        changes,
        blocks.flatMap(({ header: { timestamp }, events }) => events.map((one) => ({ ...one, timestamp }))),
      );
      const told = new Map<ToldTable, Set<string>>();
      const write = async (block: number): Promise<void> => {
        const changed = changes.take();
        for (const [table, rows] of changed) {
          if (!isTold(table)) continue;
          const ids = told.get(table) ?? new Set();
          told.set(table, ids);
          for (const row of rows) ids.add(row.id);
        }
        if (!final) await keepUndo(tx, block, changed);
        await writeRows(tx, changed);
      };
      for (const { header, events } of blocks) {
        const paid = slicesPaidBy(events);
        for (const event of events) await apply(changes, header, event, paid);
        if (!final) await write(header.number);
      }
      if (final) await write(last.number);
      await insertRows(
        tx,
        'Event',
        blocks.flatMap((block) => block.events.map((event) => this.#eventRow(block.header, event))),
      );
      const kept = final ? [last] : blocks.map((block) => block.header);
      await insertRows(tx, 'Block', kept.map(rowOf));
      await tx.$executeRawUnsafe('DELETE FROM "Block" WHERE "number" < $1::int', newFinal);
      await tx.$executeRawUnsafe('DELETE FROM "Undo" WHERE "block" <= $1::int', newFinal);
      if (!this.rebuilding) await notifyOf(tx, told);
    });
  }

  /** Takes back every block above `ancestor`, which must not be below `finalNumber`. */
  async undo(expected: Cursor, ancestor: KnownBlock): Promise<void> {
    await this.#transaction(async (tx) => {
      await this.#move(tx, expected, { ...ancestor, finalNumber: expected.finalNumber });
      await tx.$executeRawUnsafe('UPDATE "Sync" SET "reorgs" = "reorgs" + 1');
      const touched = await undoTo(tx, ancestor.number);
      await tx.$executeRawUnsafe('DELETE FROM "Event" WHERE "blockNumber" > $1::int', ancestor.number);
      await tx.$executeRawUnsafe('DELETE FROM "Block" WHERE "number" > $1::int', ancestor.number);
      const told = Map.groupBy(
        touched.filter((row): row is Touched & { table: ToldTable } => isTold(row.table)),
        ({ table }) => table,
      );
      if (!this.rebuilding) {
        await notifyOf(
          tx,
          new Map([...told].map(([table, rows]) => [table, new Set(rows.map(({ id }) => id))])),
        );
      }
    });
  }

  #eventRow(
    { timestamp }: BlockHeader,
    { log, decoded, transaction }: IndexedEvent,
  ): Record<string, unknown> {
    return {
      chainId: this.#chainId,
      blockHash: log.blockHash,
      logIndex: log.logIndex,
      blockNumber: log.blockNumber,
      address: log.address,
      transactionHash: log.transactionHash,
      topics: log.topics,
      data: log.data,
      name: decoded?.name ?? null,
      timestamp,
      transaction: transaction ?? null,
    };
  }

  /** Moves the cursor of the tables that are written, if it is where it is thought. */
  async #move(
    tx: PrismaTransaction,
    from: Cursor,
    to: Pick<Cursor, 'number' | 'hash' | 'finalNumber'>,
  ): Promise<void> {
    const count = await tx.$executeRawUnsafe(
      'UPDATE "Sync" SET "number" = $4::int, "hash" = $5, "finalNumber" = $6::int WHERE "id" = $1 AND "number" = $2::int AND "hash" = $3',
      ...[this.#id, from.number, from.hash, to.number, to.hash, to.finalNumber],
    );
    if (count === 1) return;
    throw new IndexerError('INDEXER_CURSOR_MOVED', 'Another process has moved the cursor of this database.', {
      retryable: true,
      hint: 'Run one writing indexer a database.',
      details: { expected: from.number },
    });
  }

  async #reorgs(tx: PrismaTransaction): Promise<number> {
    const [{ reorgs }] = await tx.$queryRawUnsafe<{ reorgs: number }[]>('SELECT "reorgs" FROM "Sync"');
    return reorgs;
  }

  async #beginAt(
    tx: PrismaTransaction,
    begin: { readonly genesisHash: string; readonly number: number; readonly hash: string },
    reorgs: number,
  ): Promise<void> {
    const row = {
      id: this.#id,
      chainId: this.#chainId,
      market: this.#market,
      startBlock: this.#startBlock,
      ...begin,
      finalNumber: begin.number,
      reorgs,
      projection: PROJECTION,
      state: 'starting',
      seenAt: 0,
    };
    await insertRows(tx, 'Sync', [row]);
  }

  /** Whether an earlier process left rows half made that are still wanted; what is not is dropped. */
  async #goesOnRebuilding(): Promise<boolean> {
    return this.#transaction(async (tx) => {
      if (await hasShadow(tx)) {
        const begun = await tx.$queryRawUnsafe<{ id: string; projection: number }[]>(
          `SELECT "id", "projection" FROM ${SHADOW}."Sync"`,
        );
        if (begun.some(({ id, projection }) => id === this.#id && projection === PROJECTION)) return true;
      }
      await dropShadow(tx);
      return false;
    }, 'served');
  }

  #table(name: string): string {
    return this.rebuilding ? `${SHADOW}."${name}"` : `"${name}"`;
  }

  #query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#named(() => this.#prisma.$queryRawUnsafe<Row[]>(sql, ...parameters));
  }

  /** @param tables those that are written unless said otherwise */
  #transaction<T>(
    work: (tx: PrismaTransaction) => Promise<T>,
    tables: 'written' | 'served' = 'written',
  ): Promise<T> {
    return this.#named(() =>
      this.#prisma.$transaction(async (tx) => {
        if (tables === 'written' && this.rebuilding) await inShadow(tx);
        return work(tx);
      }, TRANSACTION),
    );
  }

  async #named<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await this.#database.nameFailure(error);
    }
  }
}

type IndexedHeader = Pick<BlockHeader, 'number' | 'hash' | 'parentHash' | 'timestamp'>;

function rowOf({ number, hash, parentHash, timestamp }: BlockHeader): Record<keyof IndexedHeader, unknown> {
  return { number, hash, parentHash, timestamp };
}
