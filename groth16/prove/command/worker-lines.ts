import { z } from 'zod';
import { ProveError } from '../errors.ts';

/** What a long-running prover is asked, one line of JSON (docs/external-provers.md). */
export interface WorkerRequest {
  readonly format: 'sliceproof-prove/1';
  /** Which request an answer belongs to; counts up. */
  readonly id: number;
  /** Equal for equal keys: a prover that keeps keys keeps them by this. */
  readonly key: string;
  /** Paths, as the one-shot form has them. What is written to `public` isn't read: the witness says it. */
  readonly zkey: string;
  readonly witness: string;
  readonly proof: string;
  readonly public: string;
}

const id = z.number().int();
const answerSchema = z.union([
  z.strictObject({ id, proved: z.literal(true) }),
  z.strictObject({ id, error: z.string() }),
  /** Percent: as each has to be larger than the last, a proof has at most a hundred. */
  z.strictObject({ id, progress: z.number().int().min(1).max(100) }),
]);

/** What it answers, also a line of JSON each. */
export type WorkerAnswer = z.infer<typeof answerSchema>;

const MOST_LINE_BYTES = 16_384;
const NEW_LINE = 0x0a;
/** Letters of a line that are repeated. */
const SHOWN = 200;

/**
 * Puts lines together of pieces.
 *
 * @param take is given each line; what it throws ends the piece
 * @throws ProveError PROVE_COMMAND_OUTPUT for a line that is too long
 */
export function createLineReader(take: (line: Uint8Array) => void): (bytes: Uint8Array) => void {
  let begun: Uint8Array = new Uint8Array();
  return (bytes) => {
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(NEW_LINE, from);
      const piece = bytes.subarray(from, end < 0 ? bytes.length : end);
      if (begun.length + piece.length > MOST_LINE_BYTES) {
        throw badAnswer(`a line of more than ${MOST_LINE_BYTES} bytes`);
      }
      const line = begun.length === 0 ? piece : Buffer.concat([begun, piece]);
      if (end < 0) {
        // A copy: the piece may be a view of something larger.
        begun = line.slice();
        return;
      }
      begun = new Uint8Array();
      from = end + 1;
      take(line);
    }
  };
}

/** @throws ProveError PROVE_COMMAND_OUTPUT */
export function parseAnswer(line: Uint8Array): WorkerAnswer {
  const text = new TextDecoder().decode(line);
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch (cause) {
    throw badAnswer(`${JSON.stringify(text.slice(0, SHOWN))} is no JSON`, cause);
  }
  const answer = answerSchema.safeParse(said);
  if (answer.success) return answer.data;
  throw badAnswer(`${JSON.stringify(text.slice(0, SHOWN))} is no answer`, answer.error);
}

/** What a worker did that no worker may. */
export function badAnswer(what: string, cause?: unknown): ProveError {
  return new ProveError('PROVE_COMMAND_OUTPUT', `the prover did not answer as it should: ${what}`, {
    hint: 'it should write one line of JSON for each request to standard output, and everything else to standard error',
    cause,
  });
}
