import { migrate } from '../../../indexer/database/migrate.ts';
import { openDatabase } from '../../../protocol/database/open.ts';
import { copyShared } from '../../support/shared.ts';

/**
 * Leaves an embedded database with the index's tables and no rows in a folder. The tables are made once in a run; the processes
 * of the tests that start on an empty folder make their own.
 */
export const copyTables = (folder: string): Promise<void> =>
  copyShared(
    'tables of the index',
    async (made) => {
      const database = await openDatabase({ folder: made });
      await migrate(database);
      await database.close();
    },
    folder,
  );
