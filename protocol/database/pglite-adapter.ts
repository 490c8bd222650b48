import { PGlite, type Transaction as PGliteTransaction } from '@electric-sql/pglite';
import type {
  IsolationLevel,
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  Transaction,
} from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';

/**
 * Prisma's driver adapter for PGlite. Queries and their conversions are those of `pglite-prisma-adapter`;
 * transactions and scripts are our own, because its `commit` resolves when COMMIT failed (a full disk would
 * go unnoticed, and with it a cursor that never moved), its isolation level is set outside the transaction,
 * and its `executeScript` neither waits nor reports.
 */
export class PGliteAdapterFactory implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = 'pglite';
  readonly #pglite: PGlite;

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  connect(): Promise<SqlDriverAdapter> {
    return connectTo(this.#pglite, () => Promise.resolve());
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const shadow = await PGlite.create();
    return connectTo(shadow, () => shadow.close());
  }
}

async function connectTo(pglite: PGlite, dispose: () => Promise<void>): Promise<SqlDriverAdapter> {
  const inner = await new PrismaPGlite(pglite).connect();
  return {
    provider: inner.provider,
    adapterName: inner.adapterName,
    queryRaw: (query) => inner.queryRaw(query),
    executeRaw: (query) => inner.executeRaw(query),
    executeScript: async (script) => {
      await pglite.exec(script);
    },
    startTransaction: (isolationLevel) => startTransaction(pglite, isolationLevel),
    getConnectionInfo: () => ({ supportsRelationJoins: true }),
    dispose,
  };
}

/** Resolves once BEGIN has run; `commit` and `rollback` settle as the database's own COMMIT and ROLLBACK do. */
function startTransaction(pglite: PGlite, isolationLevel: IsolationLevel | undefined): Promise<Transaction> {
  const begun = Promise.withResolvers<Transaction>();
  const decision = Promise.withResolvers<'commit' | 'rollback'>();
  const end = async (how: 'commit' | 'rollback'): Promise<void> => {
    decision.resolve(how);
    await ended;
  };
  const ended = pglite.transaction(async (tx) => {
    if (isolationLevel !== undefined) await tx.exec(`SET TRANSACTION ISOLATION LEVEL ${isolationLevel}`);
    const inner = await new PrismaPGlite(asClient(tx)).connect();
    begun.resolve({
      provider: inner.provider,
      adapterName: inner.adapterName,
      options: { usePhantomQuery: true },
      queryRaw: (query) => inner.queryRaw(query),
      executeRaw: (query) => inner.executeRaw(query),
      commit: () => end('commit'),
      rollback: () => end('rollback'),
    });
    if ((await decision.promise) === 'rollback') await tx.rollback();
  });
  // Reaches the caller when BEGIN itself failed; later failures reach it through `end`.
  ended.catch((error: unknown) => begun.reject(error));
  return begun.promise;
}

/** The adapter only ever calls `query` on what it wraps, which a transaction has with the same signature. */
function asClient(tx: PGliteTransaction): PGlite {
  return tx as unknown as PGlite;
}
