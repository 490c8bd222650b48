import { openDatabase, type Database } from '../../protocol/database/open.ts';
import { openQueue } from '../../protocol/database/queue.ts';
import { createLog } from '../../protocol/log.ts';
import { prepareBook, QUEUE } from '../../verifier/aggregator/book/schema.ts';
import { copyShared } from './shared.ts';

const log = createLog('test', 'silent');

/** Leaves an embedded database in a folder as an aggregator's first start does; its tables are made once in a run. */
export const copyAggregatorDatabase = (folder: string): Promise<void> =>
  copyShared(
    'database of an aggregator',
    (made) =>
      prepared(made, async (database) => {
        await prepareBook(database);
        await (await openQueue(database, { log, schema: QUEUE })).close();
      }),
    folder,
  );

/** The same for a node's queue. */
export const copyNodeDatabase = (folder: string): Promise<void> =>
  copyShared(
    'database of a node',
    (made) => prepared(made, async (database) => (await openQueue(database, { log })).close()),
    folder,
  );

async function prepared(folder: string, prepare: (database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase({ folder });
  await prepare(database);
  await database.close();
}
