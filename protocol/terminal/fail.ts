import { z } from 'zod';
import { errorColour } from './colour.ts';
import { ChainError } from '../chain/errors.ts';
import { isRetryable, SliceproofError } from '../errors.ts';
import { withoutControls } from '../plain-text.ts';
import { withoutSecrets } from '../secrets.ts';

/** What the machine says of a file or an address that a user named. Codes: `SYSTEM_` and its own. */
class SystemError extends SliceproofError {}

/** Exit codes: 1 our user's or the world's fault, 75 (EX_TEMPFAIL) worth another try, 70 (EX_SOFTWARE) a bug. */
export function exitCodeOf(error: unknown): number {
  if (isRetryable(error)) return 75;
  return named(error) === undefined ? 70 : 1;
}

/** What a person reads on standard error when a command failed. */
export function describeError(error: unknown): string {
  return withoutSecrets(textOf(error));
}

function textOf(error: unknown): string {
  const known = named(error);
  if (known !== undefined) {
    const hint = known.hint === undefined ? '' : `\n  ${known.hint}`;
    return `${errorColour.red('error')} ${errorColour.bold(known.code)} ${withoutControls(known.message + hint)}\n`;
  }
  if (error instanceof z.ZodError)
    return `${errorColour.red('error')} ${withoutControls(z.prettifyError(error))}\n`;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${errorColour.red('error')} ${withoutControls(text)}\n`;
}

/** What a script reads on standard output with `--json`: `{ "error": { code, message, hint, details } }`. */
export function errorAsJson(error: unknown): { readonly error: object } {
  const known = named(error);
  if (known !== undefined) return { error: known.toJSON() };
  const message = withoutSecrets(error instanceof Error ? error.message : String(error));
  return { error: { code: 'INTERNAL', message, details: {} } };
}

/** An error with a code; undefined: it has none, and is a bug. */
function named(error: unknown): SliceproofError | undefined {
  if (error instanceof SliceproofError) return error;
  const { code, syscall } = (error ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  // What ethers says of an answer that no contract of ours gives.
  if (error instanceof Error && code === 'BAD_DATA') {
    return new ChainError(
      'CHAIN_ANSWER_MALFORMED',
      `expected what our contracts answer: ${error.message.slice(0, 200)}`,
      {
        hint: 'Check that the deployment file is the one of this chain.',
        cause: error,
      },
    );
  }
  if (!(error instanceof Error) || typeof code !== 'string' || typeof syscall !== 'string') return undefined;
  return new SystemError(`SYSTEM_${code}`, error.message, { cause: error });
}
