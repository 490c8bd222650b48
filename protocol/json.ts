import { z } from 'zod';

/** What bytes from outside have to be. */
export interface ExpectedJson<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** More is not looked at. */
  readonly maxBytes: number;
  /** The error for bytes that are something else, and why they are. */
  readonly refuse: (reason: string, cause?: unknown) => Error;
}

/** Longest reason that is repeated: who sends bytes has no say in how long our messages are. */
const MAX_REASON = 1000;

/**
 * JSON that came from outside, as a schema says: not too much of it, whole UTF-8, JSON, and what is asked.
 * @throws what `refuse` makes, and nothing else
 */
export function decodeJson<Schema extends z.ZodType>(
  bytes: Uint8Array,
  { schema, maxBytes, refuse }: ExpectedJson<Schema>,
): z.output<Schema> {
  if (bytes.length > maxBytes) throw refuse(`at most ${maxBytes} bytes are read, these are ${bytes.length}`);
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw refuse(reason.slice(0, MAX_REASON), cause);
  }
}
