import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { AggregatorError } from '../../errors.ts';

/**
 * The JSON of a request's body, read no further than the bound and checked.
 * @throws AggregatorError SUBMISSION_TOO_LARGE, SUBMISSION_MALFORMED
 */
export async function readBody<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
  maxBytes: number,
): Promise<z.infer<Schema>> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new AggregatorError('SUBMISSION_MALFORMED', `expected a submission: ${reason.slice(0, 1000)}`, {
      cause,
    });
  }
}

function tooLarge(maxBytes: number): AggregatorError {
  return new AggregatorError('SUBMISSION_TOO_LARGE', `expected a body of at most ${maxBytes} bytes`);
}
