import { z } from 'zod';
import pc from 'picocolors';
import { isRetryable, SliceproofError } from '../errors.ts';

/** Exit codes: 1 our user's or the world's fault, 75 (EX_TEMPFAIL) worth another try, 70 (EX_SOFTWARE) a bug. */
export function exitCodeOf(error: unknown): number {
  if (isRetryable(error)) return 75;
  return error instanceof SliceproofError ? 1 : 70;
}

/** What a person reads on standard error when a command failed. */
export function describeError(error: unknown): string {
  if (error instanceof SliceproofError) {
    const hint = error.hint === undefined ? '' : `\n  ${error.hint}`;
    return `${pc.red('error')} ${pc.bold(error.code)} ${error.message}${hint}\n`;
  }
  if (error instanceof z.ZodError) return `${pc.red('error')} ${z.prettifyError(error)}\n`;
  return `${pc.red('error')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}
