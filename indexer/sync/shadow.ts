import type { PrismaTransaction } from '../database/client.ts';
import { TABLES } from '../projection/rows.ts';

/** Where rows are made again while those that are there are served. */
export const SHADOW = 'sliceproof_rebuild';

const ALL_TABLES = [...TABLES, 'Undo', 'Event', 'Block', 'Sync'] as const;

/** In this transaction tables are those of the shadow; types stay where they are. */
export async function inShadow(tx: PrismaTransaction): Promise<void> {
  await tx.$queryRaw`SELECT set_config('search_path', ${`${SHADOW}, `} || current_setting('search_path'), true)`;
}

/** Empty tables like those that are there. */
export async function makeShadow(tx: PrismaTransaction): Promise<void> {
  await dropShadow(tx);
  await tx.$executeRawUnsafe(`CREATE SCHEMA ${SHADOW}`);
  for (const table of ALL_TABLES) {
    await tx.$executeRawUnsafe(`CREATE TABLE ${SHADOW}."${table}" (LIKE "${table}" INCLUDING ALL)`);
  }
}

export async function dropShadow(tx: PrismaTransaction): Promise<void> {
  await tx.$executeRawUnsafe(`DROP SCHEMA IF EXISTS ${SHADOW} CASCADE`);
}

/** Whether there is one that was made of the tables as they are now. */
export async function hasShadow(tx: PrismaTransaction): Promise<boolean> {
  const [{ whole }] = await tx.$queryRawUnsafe<{ whole: boolean }[]>(
    `SELECT count(*) FILTER (WHERE table_schema = '${SHADOW}') > 0
       AND count(*) FILTER (WHERE table_schema = '${SHADOW}') = count(*) FILTER (WHERE table_schema = current_schema()) AS whole
     FROM information_schema.columns WHERE table_name = ANY($1::text[])`,
    [...ALL_TABLES],
  );
  return whole;
}

/** Puts the shadow's tables in the place of those that are served: at once for whoever reads. */
export async function swapShadow(tx: PrismaTransaction): Promise<void> {
  const [{ schema }] = await tx.$queryRaw<{ schema: string }[]>`SELECT current_schema()::text AS schema`;
  // All at once, or readers that hold some of them and wait for others would stand in the way of each other.
  await tx.$executeRawUnsafe(
    `LOCK TABLE ${ALL_TABLES.map((table) => `"${table}"`).join(', ')} IN ACCESS EXCLUSIVE MODE`,
  );
  for (const table of ALL_TABLES) {
    await tx.$executeRawUnsafe(`DROP TABLE "${table}"`);
    await tx.$executeRawUnsafe(`ALTER TABLE ${SHADOW}."${table}" SET SCHEMA "${schema}"`);
  }
  await dropShadow(tx);
}
