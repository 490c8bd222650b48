import type { JobStatus } from '../../client/jobs/job-status.ts';
import type { ReasonCode } from '../../prover-node/reasons.ts';
import type { StatusReport } from '../../prover-node/status/report.ts';
import type { Offer } from './offer.ts';

/** What a requester does when its offer no longer fits: `raise` the price, or post the job `again` with another offer. */
export type Remedy = { readonly kind: 'raise' | 'again'; readonly because: string } | undefined;

/** What does not change by waiting, once prices have risen as far as they do. */
const PRICE_STAYS: readonly ReasonCode[] = ['PRICE'];
const TIME_STAYS: readonly ReasonCode[] = ['CAPACITY', 'BID_TOO_LATE'];
const EXECUTION_STAYS: readonly ReasonCode[] = ['EXECUTION_PRICE', 'EXECUTION_TOO_LATE'];

export interface Situation {
  readonly status: JobStatus;
  readonly reports: readonly StatusReport[];
  readonly offer: Offer;
  /** Chain time, seconds: now, and when the job was posted. */
  readonly now: number;
  readonly postedAt: number;
  /** Whether any slice of any of the requester's jobs is held: then nodes are busy, and waiting helps. */
  readonly anyHeld: boolean;
}

export function remedyFor({ status, reports, offer, now, postedAt, anyHeld }: Situation): Remedy {
  const { jobId, state, deadline, slices } = status;
  if (state === 'posted') {
    const said = reports.flatMap(({ jobs }) => jobs.find((job) => job.jobId === jobId)?.execution ?? []);
    const stays = said.length > 0 && said.every(({ code }) => EXECUTION_STAYS.includes(code));
    if (!stays || now <= postedAt + offer.rampSeconds) return undefined;
    return { kind: 'again', because: `nobody executes it: ${said[0].text}` };
  }
  if (state !== 'traced') return undefined;
  if (now > deadline) return { kind: 'again', because: 'its deadline is over' };
  const rampOver = now > deadline - offer.jobSeconds + offer.rampSeconds;
  if (!rampOver || anyHeld) return undefined;
  for (const { slice } of slices.filter(({ due, state: slicesState }) => due && slicesState === 'open')) {
    const said = reports.map(({ jobs }) =>
      jobs.find((job) => job.jobId === jobId)?.slices.find((one) => one.slice === slice),
    );
    const codes = said.map((reason) => reason?.code);
    const every = (known: readonly ReasonCode[]): boolean =>
      codes.every((code) => code !== undefined && known.includes(code));
    const text = `no node bids on slice ${slice}: ${said.find((reason) => reason)?.text ?? ''}`;
    if (every(TIME_STAYS)) return { kind: 'again', because: text };
    if (every([...PRICE_STAYS, ...TIME_STAYS])) return { kind: 'raise', because: text };
  }
  return undefined;
}
