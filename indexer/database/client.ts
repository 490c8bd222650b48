import type { Database } from '../../protocol/database/open.ts';
import { PrismaClient, type Prisma } from '../generated/prisma/client.ts';

export type { PrismaClient };
export type PrismaTransaction = Prisma.TransactionClient;

/** Prisma on an open database; `$disconnect` leaves the database open. */
export function openPrisma(database: Database): PrismaClient {
  return new PrismaClient({ adapter: database.adapter, errorFormat: 'minimal' });
}
