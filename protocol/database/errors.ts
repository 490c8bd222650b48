import { SliceproofError } from '../errors.ts';

/** Failures of the database or the queue on it. Codes start with `DATABASE_` or `QUEUE_`. */
export class DatabaseError extends SliceproofError {}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '08006', // connection_failure
  '08001', // sqlclient_unable_to_establish_sqlconnection
  '53300', // too_many_connections
  // Prisma's own: no server, its time is up, it closed the connection, none was free.
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2037',
]);

/** Walks `cause` and `errors` (AggregateError, Prisma's wrapping of driver errors) for a code. */
function codesOf(error: unknown, depth = 0): readonly string[] {
  if (typeof error !== 'object' || error === null || depth > 6) return [];
  const found: string[] = [];
  for (const key of ['code', 'originalCode'] as const) {
    const value: unknown = Reflect.get(error, key);
    if (typeof value === 'string') found.push(value);
  }
  // Emscripten's file system errors carry a number and a name instead of Node's string code.
  const message: unknown = Reflect.get(error, 'message');
  if (typeof message === 'string') {
    if (/no space left on device|could not extend file/i.test(message)) found.push('ENOSPC');
    if (/connection terminated|server closed the connection/i.test(message)) found.push('ECONNRESET');
  }
  const errors: unknown = Reflect.get(error, 'errors');
  const children: readonly unknown[] = [
    Reflect.get(error, 'cause'),
    Reflect.get(error, 'meta'),
    Reflect.get(error, 'driverAdapterError'),
    ...(Array.isArray(errors) ? (errors as readonly unknown[]) : []),
  ];
  return [...found, ...children.flatMap((child) => codesOf(child, depth + 1))];
}

/**
 * Gives a failure of the database its name, wherever in a query it surfaced: `DATABASE_DISK_FULL` and
 * `DATABASE_UNREACHABLE` may pass (retryable), `DATABASE_UNREADABLE` will not without help. Anything else is
 * handed back as it came.
 * @param where the folder, or the server without its password
 */
export function nameDatabaseFailure(error: unknown, where: string): unknown {
  if (error instanceof DatabaseError) return error;
  const codes = codesOf(error);
  const has = (...wanted: readonly string[]): boolean => codes.some((code) => wanted.includes(code));
  if (has('ENOSPC', 'EDQUOT', '53100')) {
    return diskFull(where, error);
  }
  if (has('EACCES', 'EPERM', 'EROFS', 'ENOTDIR')) {
    return new DatabaseError(
      'DATABASE_UNREADABLE',
      `The database folder ${where} can't be read and written.`,
      {
        hint: 'Name a folder that this user owns.',
        details: { where, codes },
        cause: error,
      },
    );
  }
  if (codes.some((code) => CONNECTION_CODES.has(code))) {
    return new DatabaseError('DATABASE_UNREACHABLE', `PostgreSQL does not answer at ${where}.`, {
      hint: 'Check that the server runs and that database-url names it.',
      details: { where, codes },
      retryable: true,
      cause: error,
    });
  }
  return error;
}

export function diskFull(where: string, cause: unknown): DatabaseError {
  return new DatabaseError('DATABASE_DISK_FULL', `No space is left for the database at ${where}.`, {
    hint: 'Free some space; nothing that was committed is lost.',
    details: { where },
    retryable: true,
    cause,
  });
}
