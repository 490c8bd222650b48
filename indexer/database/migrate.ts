import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileBeside } from '../../protocol/beside.ts';
import { DatabaseError } from '../../protocol/database/errors.ts';
import type { Database } from '../../protocol/database/open.ts';
import { IndexerError } from '../errors.ts';
import { openSchemaEngine, type MigrationList } from './schema-engine.ts';

const folder = fileURLToPath(fileBeside(import.meta.url, '../prisma'));

/**
 * Brings the tables up to date: applies the migrations under indexer/prisma that the database has not seen. Its
 * record of them is Prisma's own table, so `prisma migrate deploy` on the same PostgreSQL works as well.
 * @returns the names of those applied now
 * @throws IndexerError `INDEXER_MIGRATION_FAILED`; DatabaseError
 */
export async function migrate(database: Database): Promise<readonly string[]> {
  const schema = await readFile(path.join(folder, 'schema.prisma'), 'utf8');
  const migrations = await readMigrations();
  try {
    // Prisma notes that a migration has begun before it applies it: a process that ended then would have left one that is
    // neither, and no start after that would get past it.
    return await database.asOne(async (adapter) => {
      const engine = await openSchemaEngine(schema, adapter);
      try {
        const { appliedMigrationNames } = await engine.applyMigrations({
          migrationsList: migrations,
          filters: { externalTables: [], externalEnums: [] },
        });
        return appliedMigrationNames;
      } finally {
        engine.free();
      }
    });
  } catch (error) {
    const named = await database.nameFailure(error);
    if (named instanceof DatabaseError) throw named;
    throw new IndexerError(
      'INDEXER_MIGRATION_FAILED',
      `The tables in ${database.where} could not be made or updated.`,
      {
        hint: 'The database may be of a newer version, or hold tables of something else.',
        details: { where: database.where },
        cause: error,
      },
    );
  }
}

/** Whether every migration has been applied. */
export async function isMigrated(database: Database): Promise<boolean> {
  const { migrationDirectories } = await readMigrations();
  const [{ known }] = await database.query<{ known: string | null }>(
    `SELECT to_regclass('"_prisma_migrations"')::text AS known`,
  );
  if (known === null) return false;
  const applied = await database.query<{ name: string }>(
    'SELECT migration_name AS name FROM "_prisma_migrations" WHERE finished_at IS NOT NULL',
  );
  const names = new Set(applied.map(({ name }) => name));
  return migrationDirectories.every(({ path: name }) => names.has(name));
}

/** The migrations as the schema engine takes them, oldest first. */
export async function readMigrations(): Promise<MigrationList> {
  const baseDir = path.join(folder, 'migrations');
  const names = (await readdir(baseDir, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir,
    lockfile: {
      path: './migration_lock.toml',
      content: await readFile(path.join(baseDir, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(path.join(baseDir, name, 'migration.sql'), 'utf8'),
          },
        },
      })),
    ),
  };
}
