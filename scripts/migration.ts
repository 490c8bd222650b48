// Writes a migration from what the migrations make now to what indexer/prisma/schema.prisma says:
//
//   node bin/with-node.js --dev scripts/migration.ts NAME
//
// Then read the SQL before committing it.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readMigrations } from '../indexer/database/migrate.ts';
import { openSchemaEngine } from '../indexer/database/schema-engine.ts';
import { openDatabase } from '../protocol/database/open.ts';
import { BadInputError } from '../protocol/errors.ts';

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9_]+$/.test(name)) {
  throw new BadInputError('MIGRATION_NAME_INVALID', 'Expected a name of small letters, digits and _.');
}
const root = path.dirname(import.meta.dirname);
const migrations = path.join(root, 'indexer', 'prisma', 'migrations');
const schema = await readFile(path.join(root, 'indexer', 'prisma', 'schema.prisma'), 'utf8');
const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-migration-'));
const database = await openDatabase({ folder });
try {
  await mkdir(migrations, { recursive: true });
  await writeFile(path.join(migrations, 'migration_lock.toml'), 'provider = "postgresql"\n');
  const engine = await openSchemaEngine(schema, database.adapter);
  const { stdout } = await engine.diff({
    from: { tag: 'migrations', ...(await readMigrations()) },
    to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  if (stdout === null || stdout.trim() === '' || stdout.includes('This is an empty migration')) {
    console.log('The migrations already make what the schema says.');
  } else {
    const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
    const made = path.join(migrations, `${stamp}_${name}`);
    await mkdir(made);
    await writeFile(path.join(made, 'migration.sql'), stdout);
    console.log(path.relative(root, made));
  }
  engine.free();
} finally {
  await database.close();
  await rm(folder, { recursive: true });
}
