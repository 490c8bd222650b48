import { BIDS_PATH, type SignedBid } from '../../protocol/bid-submission.ts';
import { boundedText } from '../../protocol/body.ts';
import { isRetryable } from '../../protocol/errors.ts';
import {
  MAX_SUBMISSION_BYTES,
  PROOFS_PATH,
  submissionAnswerSchema,
  type ProofSubmission,
} from '../../protocol/proof-submission.ts';
import type { Log } from '../../protocol/log.ts';
import { NodeError } from '../errors.ts';

/** Seconds without an answer after which an aggregator counts as gone, at the least: it checks the proof first. */
const LEAST_PATIENCE = 20;

/**
 * Hands a proof to the first aggregator that takes it.
 * @param aggregators their base URLs, at least one
 * @param seconds that there are for all of them before the node has to settle by itself
 * @returns which one took it, and how many proofs wait there before this one
 * @throws NodeError NODE_AGGREGATOR_AWAY (retryable), NODE_AGGREGATOR_REFUSED (retryable if any of them says so)
 */
export async function handToAggregator(
  aggregators: readonly string[],
  submission: ProofSubmission,
  log: Log,
  signal?: AbortSignal,
  seconds = LEAST_PATIENCE,
): Promise<{ readonly aggregator: string; readonly position: number }> {
  const failures: NodeError[] = [];
  const patience = Math.max(LEAST_PATIENCE, seconds / aggregators.length);
  for (const aggregator of aggregators) {
    try {
      return {
        aggregator,
        position: await submit(`${base(aggregator)}${PROOFS_PATH}`, submission, patience, signal),
      };
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof NodeError)) throw error;
      log.warn({ aggregator, code: error.code, reason: error.message }, 'aggregator did not take a proof');
      failures.push(error);
    }
  }
  throw failures.find(isRetryable) ?? failures[0];
}

/**
 * Hands a signed bid to one aggregator.
 * @param seconds that it has for its answer
 * @throws NodeError NODE_AGGREGATOR_AWAY, NODE_AGGREGATOR_REFUSED with the aggregator's `code` in its details
 */
export async function handBidTo(
  aggregator: string,
  bid: SignedBid,
  seconds: number,
  signal?: AbortSignal,
): Promise<void> {
  await submit(`${base(aggregator)}${BIDS_PATH}`, bid, seconds, signal);
}

function base(aggregator: string): string {
  return aggregator.replace(/\/+$/, '');
}

async function submit(
  where: string,
  submission: ProofSubmission | SignedBid,
  patience: number,
  signal?: AbortSignal,
): Promise<number> {
  const timeout = AbortSignal.timeout(1000 * patience);
  const response = await fetch(where, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(submission),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  }).catch((cause: unknown) => {
    throw away(where, cause);
  });
  const answer = submissionAnswerSchema.safeParse(await boundedJson(response, where));
  if (!answer.success) throw away(where, `it answered ${response.status} with something else`);
  if (answer.data.accepted) return answer.data.position;
  const { code, message, retryable } = answer.data;
  throw new NodeError('NODE_AGGREGATOR_REFUSED', `${where} refused: ${code} ${message}`, {
    details: { code },
    retryable,
  });
}

/** Undefined when it isn't JSON, or too long. */
async function boundedJson(response: Response, where: string): Promise<unknown> {
  const text = await boundedText(response, MAX_SUBMISSION_BYTES).catch((cause: unknown) => {
    throw away(where, cause);
  });
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function away(where: string, cause: unknown): NodeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NodeError('NODE_AGGREGATOR_AWAY', `no proper answer from ${where}: ${reason}`, {
    retryable: true,
    cause,
  });
}
