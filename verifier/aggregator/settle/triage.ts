import { proofFromSnarkjs } from '../../../protocol/settlement/points.ts';
import type { ProvenSlice } from '../../../protocol/settlement/settlement.ts';
import type { JobNow, MarketReader } from '../../chain/market-reader.ts';
import type { AcceptedProof, ProofBook } from '../book/proofs.ts';
import { payabilityOf, settleBy, staleness } from '../payability.ts';

/** A proof that the market would pay in the next block. */
export interface ReadyProof extends AcceptedProof {
  readonly proven: ProvenSlice;
  /** What settling it pays, in 10^-18 of the asset. */
  readonly tip: bigint;
}

export interface StaleProof {
  readonly entry: AcceptedProof;
  readonly reason: string;
  readonly blamed: boolean;
}

export interface TriageClock {
  readonly safetySeconds: number;
  /** Timestamp of the latest block, seconds. */
  readonly now: number;
  /** Milliseconds. */
  readonly clockNow: number;
}

export interface Triage {
  readonly ready: readonly ReadyProof[];
  readonly stale: readonly StaleProof[];
}

/**
 * Asks the chain about every proof again: what went stale since it was taken is dropped, what must wait is
 * rescheduled, the rest is ready.
 */
export async function triage(
  reader: MarketReader,
  book: ProofBook,
  waiting: readonly AcceptedProof[],
  { safetySeconds, now, clockNow }: TriageClock,
): Promise<Triage> {
  const jobs = new Map<string, Promise<JobNow | undefined>>();
  const jobOf = (jobId: string): Promise<JobNow | undefined> => {
    const asked = jobs.get(jobId) ?? reader.job(jobId);
    jobs.set(jobId, asked);
    return asked;
  };
  const ready: ReadyProof[] = [];
  const stale: StaleProof[] = [];
  for (const entry of waiting) {
    const job = await jobOf(entry.jobId);
    if (job?.traceHash === undefined) {
      // A reorganised chain has forgotten the job; it may come back until the proof's time is over.
      if (now > entry.payableUntil) stale.push({ entry, reason: 'job-ended', blamed: false });
      continue;
    }
    const slice = await reader.slice(entry.jobId, entry.slice);
    const payable = payabilityOf(job, slice, entry.prover, now);
    if (payable.kind === 'never') {
      stale.push({ entry, ...staleness(entry, payable.reason, now) });
      continue;
    }
    const from = payable.kind === 'later' ? payable.from : 0;
    const times = {
      payableFrom: Math.max(from, entry.payableFrom),
      payableUntil: payable.until,
      settleBy: settleBy(payable.until, job, safetySeconds),
    };
    if (times.payableUntil !== entry.payableUntil || times.payableFrom !== entry.payableFrom) {
      await book.reschedule(entry.id, times);
    }
    if (payable.kind === 'later') continue;
    ready.push({
      ...entry,
      ...times,
      proven: await provenSlice(reader, job, job.traceHash, entry, slice.place),
      tip: job.settleTip,
    });
  }
  for (const { entry, reason, blamed } of stale) await book.drop(entry.id, reason, blamed, clockNow);
  return { ready, stale };
}

async function provenSlice(
  reader: MarketReader,
  job: JobNow,
  traceHash: string,
  { jobId, slice: index, prover, proof }: AcceptedProof,
  place: number,
): Promise<ProvenSlice> {
  const { circuit, inputs, outputs } = (await reader.model(job.modelId)).slices[index];
  return {
    jobId,
    slice: index,
    prover,
    place,
    circuit: BigInt(circuit),
    inputs,
    outputs,
    trace: await reader.trace(jobId, traceHash),
    proof: proofFromSnarkjs(proof),
  };
}
