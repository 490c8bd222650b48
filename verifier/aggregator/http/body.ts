import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { decodeJson } from '../../../protocol/json.ts';
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
  return decodeJson(Buffer.concat(parts), {
    schema,
    maxBytes,
    refuse: (reason, cause) =>
      new AggregatorError('SUBMISSION_MALFORMED', `expected a submission: ${reason}`, { cause }),
  });
}

function tooLarge(maxBytes: number): AggregatorError {
  return new AggregatorError('SUBMISSION_TOO_LARGE', `expected a body of at most ${maxBytes} bytes`);
}
