import { sameAddress } from '../../protocol/chain/same-address.ts';
import type { JobView, Snapshot } from '../chain/state.ts';
import type { ModelCatalog } from '../model/catalog.ts';
import type { Readiness } from '../model/readiness.ts';
import type { Pricer } from '../pricing/pricer.ts';
import type { ProofShelf } from '../prove/proofs.ts';

export interface BoundOptions {
  readonly account: string;
  readonly catalog: ModelCatalog;
  readonly readiness: Readiness;
  readonly pricer: Pricer;
  readonly shelf: ProofShelf;
}

/** The slices that a bond may come to hang on: others draw or challenge, after the trace, those that the request lets them. */
export function mayBecomeDue({ due, audits, challengeSeconds, contestable }: JobView): readonly number[] {
  if (audits === 0 && challengeSeconds === 0) return due;
  return [...due, ...contestable].sort((a, b) => a - b);
}

/**
 * Seconds of proving that an account is bound to and has not done, or may come to be: what it holds or leads, and of jobs that
 * it executes every slice that is or may become due. Infinity while a circuit of these isn't ready.
 */
export function boundSeconds({ jobs, now, gasPrice }: Snapshot, options: BoundOptions): number {
  const { account, catalog, readiness, pricer, shelf } = options;
  const isMine = (other: string): boolean => sameAddress(other, account);
  return jobs
    .flatMap((job) => {
      const held = job.slices.filter(({ state, holder }) => state === 'held' && isMine(holder));
      const executes = isMine(job.executor) && (job.state === 'claimed' || job.state === 'traced');
      if (held.length === 0 && !executes) return [];
      const model = catalog.ready(job.modelId);
      if (!model) return [Number.POSITIVE_INFINITY];
      const settled = new Set(job.slices.flatMap(({ state, index }) => (state === 'settled' ? [index] : [])));
      const open = job.state === 'claimed' || job.drawPending || now <= job.tracedAt + job.challengeSeconds;
      const wanted = executes ? (open ? mayBecomeDue(job) : job.due) : held.map(({ index }) => index);
      return wanted
        .filter((slice) => !settled.has(slice) && !shelf.find({ jobId: job.id, slice }, job.traceHash))
        .map((slice) => {
          const circuit = readiness.circuit(model, slice);
          return circuit ? pricer.slice(circuit, gasPrice, 'alone').seconds : Number.POSITIVE_INFINITY;
        });
    })
    .reduce((sum, seconds) => sum + seconds, 0);
}
