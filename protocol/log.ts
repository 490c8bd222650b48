import pino from 'pino';
import { withoutSecrets } from './secrets.ts';

/** What speaks: a constant message and fields. Any pino logger is one. */
export interface Log {
  readonly debug: Say;
  readonly info: Say;
  readonly warn: Say;
  readonly error: Say;
}

type Say = { (fields: object, message: string): void; (message: string): void };

/**
 * The log of one process: JSON lines on standard error (standard output belongs to a command's result).
 * A line is a constant message and fields, so that lines can be counted and searched. Keys of RPC addresses are
 * struck out, wherever in a line they stand.
 * @param name which service speaks, e.g. `node` or `indexer`
 * @param level pino's level names; `silent` turns it off
 */
export function createLog(name: string, level: string = 'info'): Log & { level: string } {
  return pino(
    { name, level, base: { name }, hooks: { streamWrite: withoutSecrets } },
    pino.destination({ dest: 2, sync: true }),
  );
}
