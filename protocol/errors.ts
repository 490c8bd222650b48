import { valueWithoutSecrets, withoutSecrets } from './secrets.ts';

/** What a {@link SliceproofError} is made of besides its message. */
export interface ErrorDetails {
  /** What the reader should do about it, as a sentence. */
  readonly hint?: string;
  /** Values that belong to the failure, for logs and `--json`. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Whether trying the same thing again later may succeed. Default: false. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * The one error of the project. `code` is stable: scripts, metrics and tests match on it, never on the
 * message. A message says what was expected and what came. Subclasses live in the folder whose failures
 * they name and do nothing but fix the code's prefix.
 */
export class SliceproofError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;

  constructor(
    code: string,
    message: string,
    { hint, details = {}, retryable = false, cause }: ErrorDetails = {},
  ) {
    super(withoutSecrets(message), cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = hint === undefined ? undefined : withoutSecrets(hint);
    this.details = details;
    this.retryable = retryable;
  }

  /** The error as plain data: what `--json` prints and what HTTP answers carry. */
  toJSON(): { code: string; message: string; hint?: string; details: Readonly<Record<string, unknown>> } {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      details: valueWithoutSecrets(this.details) as Readonly<Record<string, unknown>>,
    };
  }
}

/** A message from outside (a file, an HTTP body, a chain event's payload) that is not what its schema says. */
export class BadInputError extends SliceproofError {}

/** Settings that cannot be used. */
export class ConfigError extends SliceproofError {}

/** True when trying again may help: our own errors say so themselves, everything else is taken as final. */
export function isRetryable(error: unknown): boolean {
  return error instanceof SliceproofError && error.retryable;
}
