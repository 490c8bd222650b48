import { isOutage } from '../../../protocol/chain/outage.ts';
import type { ProofSubmission } from '../../../protocol/proof-submission.ts';
import { signalsOf } from '../../../protocol/settlement/signals.ts';
import { keyIdOf, type JobNow, type MarketReader } from '../../chain/market-reader.ts';
import { AggregatorError } from '../../errors.ts';
import type { AcceptedProof, PayableTimes, ProofBook } from '../book/proofs.ts';
import { payabilityOf, settleBy, staleness, type Payability } from '../payability.ts';
import type { VerificationPool } from '../verification/pool.ts';
import type { Coins } from './coins.ts';
import { expectGoodConduct, type ConductLimits } from './conduct.ts';

export interface Intake {
  readonly reader: MarketReader;
  readonly book: ProofBook;
  readonly pool: VerificationPool;
  readonly coins: Coins;
  readonly conduct: ConductLimits;
  /** Seconds before the end of a proof's time at which it is settled whatever else waits. */
  readonly safetySeconds: number;
  /** Milliseconds. */
  readonly clock: () => number;
  /** Slices whose proof is being checked right now, by {@link placeOf}. */
  readonly checking: Set<string>;
}

/**
 * Takes a proof if the market would pay it: reads job, trace, model and slice from the chain, builds the public
 * signals from them and verifies the proof with the registered key. It is kept durably when this returns.
 * Handing in the same again answers for what is there already.
 * @returns how many proofs wait before this one
 * @throws AggregatorError JOB_UNKNOWN, TRACE_UNKNOWN, SLICE_UNKNOWN, SLICE_EXTERNAL, SLICE_NOT_PAYABLE, PROOF_INVALID,
 * PROVER_DROPPED, KEY_UNUSABLE, AGGREGATOR_BUSY, AGGREGATOR_NO_COINS, CHAIN_AWAY
 */
export async function admitProof(intake: Intake, submission: ProofSubmission): Promise<number> {
  const { book, checking } = intake;
  const known = await book.ofSlice(submission.jobId, submission.slice);
  const same = known.find((entry) => isSame(entry, submission));
  if (same && (isUnderWay(same.state) || (await isStillSettled(intake, same)))) return positionOf(book, same);

  const place = placeOf(submission);
  if (checking.has(place)) {
    throw new AggregatorError('AGGREGATOR_BUSY', 'a proof of this slice by this prover is being checked', {
      retryable: true,
    });
  }
  checking.add(place);
  try {
    return await check(intake, submission);
  } catch (error) {
    if (!isOutage(error)) throw error;
    throw new AggregatorError('CHAIN_AWAY', 'the chain does not answer, so the proof can’t be checked', {
      retryable: true,
      cause: error,
    });
  } finally {
    checking.delete(place);
  }
}

async function check(intake: Intake, submission: ProofSubmission): Promise<number> {
  const { reader, book, pool, coins, conduct, safetySeconds, clock } = intake;
  const { jobId, slice: index, proof } = submission;
  const prover = submission.prover.toLowerCase();
  await expectGoodConduct(book, prover, conduct, clock());
  await coins.expectEnough((await book.countWaiting()) + 1);

  const job = await tracedJob(reader, jobId);
  const model = await reader.model(job.modelId);
  const slice = model.slices[index];
  if (slice === undefined || slice.circuit === 0) {
    throw new AggregatorError(
      'SLICE_UNKNOWN',
      slice === undefined
        ? `the model has slices 0 … ${model.slices.length - 1}, got a proof of ${index}`
        : `slice ${index} has no circuit: it is executed and can't be proved`,
    );
  }
  const key = await reader.key(job.modelId, slice.circuit);
  if (key === undefined) {
    throw new AggregatorError(
      'SLICE_EXTERNAL',
      `slice ${index} is verified by another contract, whose answer may be another one by the time of a batch`,
      { hint: 'Settle it by yourself.' },
    );
  }
  const payable = payabilityOf(job, await reader.slice(jobId, index), prover, await reader.now());
  const times = timesOf(payable, job, safetySeconds, `slice ${index} of job ${jobId}`, prover);
  await expectNoRival(intake, job, submission);

  const { deployment } = reader.contracts;
  const signals = signalsOf({
    chainId: BigInt(deployment.chainId),
    market: deployment.addresses.market,
    jobId,
    slice: index,
    prover,
    trace: await reader.trace(jobId, job.traceHash),
    inputs: slice.inputs,
    outputs: slice.outputs,
  });
  const verdict = await pool.verify({ keyId: keyIdOf(job.modelId, slice.circuit), key, signals, proof });
  if (!verdict.ok) {
    throw new AggregatorError(
      'PROOF_INVALID',
      `the proof of slice ${index} of job ${jobId} for ${prover} does not hold: ${verdict.message}`,
      {
        hint: 'Its signals are the commitments of the trace on chain and the tag of this prover.',
        details: { reason: verdict.reason },
      },
    );
  }
  const waiting = await book.countWaiting();
  if (await book.add({ submission, times, receivedAt: clock() })) return waiting;
  throw notPayable(`another proof of slice ${index} of job ${jobId} is being settled`, true);
}

async function tracedJob(reader: MarketReader, jobId: string): Promise<JobNow & { traceHash: string }> {
  const job = await reader.job(jobId);
  if (job?.traceHash !== undefined) return { ...job, traceHash: job.traceHash };
  throw new AggregatorError(
    'JOB_UNKNOWN',
    job === undefined ? `the market knows no job ${jobId}` : `job ${jobId} has no trace (it is ${job.state})`,
    { retryable: job === undefined || job.state === 'posted' || job.state === 'claimed' },
  );
}

function timesOf(
  payable: Payability,
  job: JobNow,
  safetySeconds: number,
  what: string,
  prover: string,
): PayableTimes {
  if (payable.kind === 'never') {
    throw notPayable(`${what} would not be paid to ${prover}: ${payable.reason}`, false);
  }
  return {
    payableFrom: payable.kind === 'later' ? payable.from : 0,
    payableUntil: payable.until,
    settleBy: settleBy(payable.until, job, safetySeconds),
  };
}

/** Where two race for one slice, the first proof keeps its place as long as the market would pay it. */
async function expectNoRival(intake: Intake, job: JobNow, submission: ProofSubmission): Promise<void> {
  const { reader, book, clock } = intake;
  const { jobId, slice: index } = submission;
  const rival = (await book.ofSlice(jobId, index)).find(({ state }) => isUnderWay(state));
  if (rival === undefined) return;
  const now = await reader.now();
  const payable = payabilityOf(job, await reader.slice(jobId, index), rival.prover, now);
  if (rival.state === 'settling' || payable.kind !== 'never') {
    throw notPayable(`a proof of slice ${index} of job ${jobId} by ${rival.prover} waits already`, true);
  }
  const stale = staleness(rival, payable.reason, now);
  await book.drop(rival.id, stale.reason, stale.blamed, clock());
}

function notPayable(message: string, retryable: boolean): AggregatorError {
  return new AggregatorError('SLICE_NOT_PAYABLE', message, { retryable });
}

function isSame(entry: AcceptedProof, { prover }: ProofSubmission): boolean {
  return entry.prover === prover.toLowerCase() && entry.state !== 'dropped';
}

function isUnderWay(state: AcceptedProof['state']): boolean {
  return state === 'waiting' || state === 'settling';
}

/** A reorganisation may have taken its settlement back. While the chain is away nobody knows. */
async function isStillSettled({ reader }: Intake, { jobId, slice }: AcceptedProof): Promise<boolean> {
  try {
    return (await reader.slice(jobId, slice)).state === 'settled';
  } catch (error) {
    if (!isOutage(error)) throw error;
    return true;
  }
}

async function positionOf(book: ProofBook, entry: AcceptedProof): Promise<number> {
  if (entry.state !== 'waiting') return 0;
  return (await book.waiting()).filter(({ id }) => id < entry.id).length;
}

function placeOf({ jobId, slice, prover }: ProofSubmission): string {
  return `${jobId}:${slice}:${prover.toLowerCase()}`;
}
