import { z } from 'zod';
import type { PrismaTransaction } from '../database/client.ts';

/** NOTIFY channel: which rows of which table changed, as JSON; null when any may have. */
export const CHANGES_CHANNEL = 'sliceproof_changes';

/** Tables whose changes are told. */
export const TOLD = ['Slice', 'Job', 'Bid', 'Settlement', 'Totals'] as const;
export type ToldTable = (typeof TOLD)[number];

export function isTold(table: string): table is ToldTable {
  return (TOLD as readonly string[]).includes(table);
}

/** Ids of 70 characters at most, and a payload holds 8,000 bytes. */
const IDS_A_NOTIFICATION = 90;

const notificationSchema = z
  .object({ table: z.enum(TOLD), ids: z.array(z.string().max(80)).max(IDS_A_NOTIFICATION) })
  .nullable();

export type ChangeNotification = z.infer<typeof notificationSchema>;

/** Undefined: not one of this version's. */
export function readNotification(payload: string): ChangeNotification | undefined {
  return notificationSchema.safeParse(JSON.parse(payload)).data;
}

/** Listeners hear of it when, and only when, the transaction commits. */
export async function notifyOf(
  tx: PrismaTransaction,
  changed: ReadonlyMap<ToldTable, ReadonlySet<string>>,
): Promise<void> {
  for (const [table, set] of changed) {
    const ids = [...set];
    for (let at = 0; at < ids.length; at += IDS_A_NOTIFICATION) {
      await send(tx, { table, ids: ids.slice(at, at + IDS_A_NOTIFICATION) });
    }
  }
}

/** Any row may have changed. */
export async function notifyAll(tx: PrismaTransaction): Promise<void> {
  await send(tx, null);
}

async function send(tx: PrismaTransaction, notification: ChangeNotification): Promise<void> {
  const payload = JSON.stringify(notification);
  await tx.$executeRaw`SELECT pg_notify(${CHANGES_CHANNEL}, ${payload})`;
}
