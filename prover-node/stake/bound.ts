import { sameAddress } from '../../protocol/chain/same-address.ts';
import { holdAsWork, type Work } from '../bid/capacity.ts';
import { bondHangsOn, payableUntil, type JobView, type Snapshot } from '../chain/state.ts';
import type { ModelCatalog } from '../model/catalog.ts';
import type { Readiness } from '../model/readiness.ts';
import type { Pricer } from '../pricing/pricer.ts';
import { backstopLead } from '../prove/plan.ts';
import { nameOf, type ProofShelf } from '../prove/proofs.ts';
import type { Places } from '../prove/places.ts';

export interface BoundOptions {
  readonly account: string;
  readonly backstopSeconds: number;
  readonly catalog: Pick<ModelCatalog, 'ready'>;
  readonly readiness: Pick<Readiness, 'circuit'>;
  readonly pricer: Pick<Pricer, 'slice'>;
  readonly shelf: Pick<ProofShelf, 'find'>;
  /** Proofs under way. */
  readonly begun: Pick<Places, 'has'>;
}

/** A slice that collateral or a bond hangs on. */
export interface BoundWork extends Work {
  readonly jobId: string;
  readonly modelId: string;
  readonly slice: number;
  /** Whether the account holds it, or leads. */
  readonly held: boolean;
}

/** The slices that a bond may come to hang on: others draw or challenge, after the trace, those that the request lets them. */
export function mayBecomeDue({ due, audits, challengeSeconds, contestable }: JobView): readonly number[] {
  if (audits === 0 && challengeSeconds === 0) return due;
  return [...due, ...contestable].sort((a, b) => a - b);
}

/**
 * Seconds that a job leaves for what comes to be due, at the least: its own, or what a challenge at the last moment leaves.
 * @param jobSeconds until its deadline
 */
export function secondsForDue(
  jobSeconds: number,
  { bidWindow, proveSeconds }: Pick<JobView['offer'], 'bidWindow' | 'proveSeconds'>,
  challengeable: boolean,
): number {
  return challengeable ? Math.min(jobSeconds, bidWindow + 2 * proveSeconds) : jobSeconds;
}

/**
 * What an account is bound to prove and has not, or may come to be: what it holds or leads, and of jobs that it executes every
 * slice that is or may become due. Its seconds are infinite while its circuit isn't ready.
 */
export function boundWork(snapshot: Snapshot, options: BoundOptions): readonly BoundWork[] {
  const { account, backstopSeconds, catalog, readiness, pricer, shelf, begun } = options;
  const { jobs, now, gasPrice } = snapshot;
  const isMine = (other: string): boolean => sameAddress(other, account);
  return jobs.flatMap((job) => {
    const executes = isMine(job.executor) && (job.state === 'claimed' || job.state === 'traced');
    const held = new Set(
      job.slices.flatMap(({ index, state, holder }) => (state === 'held' && isMine(holder) ? [index] : [])),
    );
    if (!executes && held.size === 0) return [];
    const open = job.state === 'claimed' || job.drawPending || now <= job.tracedAt + job.challengeSeconds;
    const views = new Map(job.slices.map((view) => [view.index, view]));
    const owed = !executes ? [] : open ? mayBecomeDue(job) : job.due;
    const wanted = new Set([...owed, ...held]);
    return [...wanted].flatMap((slice): BoundWork[] => {
      const view = views.get(slice);
      if (view?.state === 'settled' || shelf.find({ jobId: job.id, slice }, job.traceHash)) return [];
      const model = catalog.ready(job.modelId);
      const circuit = model && readiness.circuit(model, slice);
      const seconds = circuit ? pricer.slice(circuit, gasPrice, 'alone').seconds : Number.POSITIVE_INFINITY;
      const of = { jobId: job.id, modelId: job.modelId, slice, held: held.has(slice) };
      if (view && of.held) return [{ ...of, ...holdAsWork(seconds, now, view.windowEnd, view.lockEnd) }];
      if (!view) {
        const challengeable = job.challengeSeconds > 0;
        const left = job.state === 'claimed' ? job.jobSeconds : job.deadline - now;
        const dueIn = secondsForDue(left, job.offer, challengeable);
        return [{ ...of, seconds, from: 0, dueIn, floating: true }];
      }
      // What another holds may be left to whoever executed the job.
      const from = view.state === 'held' ? view.lockEnd - now : 0;
      const end = payableUntil(job, view.state === 'held' ? { ...view, state: 'lapsed' } : view);
      const lead = backstopLead(job, end, backstopSeconds);
      if (end < now || !bondHangsOn(job, view)) return [];
      const start = begun.has(nameOf(of)) ? { from: 0 } : { from, lead };
      return [{ ...of, seconds, dueIn: end - now, ...start }];
    });
  });
}

/** Seconds of proving in all. */
export function secondsIn(works: readonly Work[]): number {
  return works.reduce((sum, { seconds }) => sum + seconds, 0);
}
