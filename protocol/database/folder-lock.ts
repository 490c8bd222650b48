import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, truncate, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../files/write-whole.ts';
import type { SliceproofError } from '../errors.ts';
import { DatabaseError } from './errors.ts';
import { processIdentity, processRuns, type ProcessIdentity } from './process-identity.ts';

/** Held until {@link FolderLock.release}; outlives a killed process only as a file that anyone may overrule. */
export interface FolderLock {
  release(): Promise<void>;
}

const ticketSchema = z.object({
  nonce: z.string().max(64),
  host: z.string().max(256),
  pid: z.number().int(),
  started: z.string().max(128),
  /** What the holder says of itself, for whoever is refused. */
  about: z.record(z.string().max(64), z.string().max(4096)).default({}),
});
type Ticket = z.infer<typeof ticketSchema>;

/** The process that holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** It is on another machine, or in another container: whether it still runs can't be asked. */
  readonly elsewhere: boolean;
  readonly about: Readonly<Record<string, string>>;
  /** The file that tells of it. */
  readonly file: string;
}

export interface FolderLockOptions {
  /** What is told of this process to those who are refused. */
  readonly about?: Readonly<Record<string, string>>;
  /** The error of who is refused. Default: `DATABASE_LOCKED`. */
  readonly refused?: (holder: LockHolder) => SliceproofError;
}

const TICKET = /^lock\.(\d+)$/;
const ATTEMPTS = 20;

/**
 * Makes sure that one process at a time uses a folder, also after `kill -9`.
 *
 * Tickets `lock.1`, `lock.2`, … are only ever created by linking a complete file (so none is seen half
 * written, and of two processes exactly one wins a number). The highest ticket is the holder's. A new ticket
 * may follow when the highest is empty (released: emptying a file works on a full disk too), or when its
 * process no longer runs. The highest is never
 * deleted, only lower ones are, so a slow process that links a number below the highest sees that and
 * withdraws.
 *
 * @throws DatabaseError `DATABASE_LOCKED`, or what `refused` makes, when a live process (or one on another host, which can't
 * be asked) holds the folder
 */
export async function lockFolder(
  folder: string,
  { about = {}, refused = (holder) => databaseLocked(folder, holder) }: FolderLockOptions = {},
): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const me = await processIdentity(process.pid);
  const mine: Ticket = { nonce: randomUUID(), host: hostname(), ...me, about };
  const draft = path.join(folder, `ticket-${mine.nonce}`);
  try {
    await writeWhole(draft, JSON.stringify(mine));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const highest = await highestTicket(folder);
      if (highest > 0) await assertFree(folder, highest, me, refused);
      const number = highest + 1;
      if (!(await tryLink(draft, ticketPath(folder, number)))) continue;
      if ((await highestTicket(folder)) > number) {
        await unlink(ticketPath(folder, number));
        continue;
      }
      await deleteBelow(folder, number);
      return { release: () => truncate(ticketPath(folder, number)) };
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new DatabaseError(
    'DATABASE_LOCKED',
    `Many processes try to open the database folder ${folder} at once.`,
    {
      hint: 'Give each process its own folder.',
      details: { folder },
      retryable: true,
    },
  );
}

function ticketPath(folder: string, number: number): string {
  return path.join(folder, `lock.${number}`);
}

async function ticketNumbers(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => {
    const match = TICKET.exec(name);
    return match ? [Number(match[1])] : [];
  });
}

async function highestTicket(folder: string): Promise<number> {
  return Math.max(0, ...(await ticketNumbers(folder)));
}

async function assertFree(
  folder: string,
  number: number,
  me: ProcessIdentity,
  refused: (holder: LockHolder) => SliceproofError,
): Promise<void> {
  const ticket = await readTicket(folder, number);
  if (ticket === undefined) return;
  const elsewhere = ticket.host !== hostname();
  if (!elsewhere && !(await processRuns(ticket, me))) return;
  const { pid, host, about } = ticket;
  throw refused({ pid, host, elsewhere, about, file: ticketPath(folder, number) });
}

function databaseLocked(folder: string, { pid, host, elsewhere, file }: LockHolder): DatabaseError {
  return new DatabaseError(
    'DATABASE_LOCKED',
    `The database folder ${folder} is in use by process ${pid}${elsewhere ? ` on host ${host}` : ''}.`,
    {
      hint: elsewhere
        ? `If that process is gone, delete ${file}.`
        : 'Stop that process, or name another folder.',
      details: { folder, pid, host },
    },
  );
}

/** Undefined when the ticket was released or vanished meanwhile. */
async function readTicket(folder: string, number: number): Promise<Ticket | undefined> {
  let text: string;
  try {
    text = await readFile(ticketPath(folder, number), 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return ticketSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function deleteBelow(folder: string, number: number): Promise<void> {
  for (const lower of await ticketNumbers(folder)) {
    if (lower >= number) continue;
    await unlink(ticketPath(folder, lower)).catch((error: unknown) => {
      if (!isCode(error, 'ENOENT')) throw error;
    });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
