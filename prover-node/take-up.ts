import type { NodeAccount } from './account.ts';
import type { JobView, Snapshot } from './chain/state.ts';
import type { Service } from './loop.ts';
import type { ProofShelf } from './prove/proofs.ts';

/**
 * Whether what the node was bound to when it started is still to be done: claims without a trace, and holds without a
 * proof. Until it is, nothing else is measured, checked or taken on: on a busy machine these take longer than a claim leaves.
 */
export class TakeUp implements Service {
  readonly #account: NodeAccount;
  readonly #shelf: ProofShelf;
  #pending = true;

  constructor(account: NodeAccount, shelf: ProofShelf) {
    this.#account = account;
    this.#shelf = shelf;
  }

  get pending(): boolean {
    return this.#pending;
  }

  consider({ jobs, now }: Snapshot): void {
    this.#pending &&= jobs.some((job) => this.binds(job, now));
  }

  /** Whether a job has something that this node is bound to do. */
  binds(job: JobView, now: number): boolean {
    const { address } = this.#account;
    if (job.state === 'claimed') return job.executor === address && now <= job.claimEnd;
    return (
      job.state === 'traced' &&
      job.slices.some(
        ({ index, state, holder }) =>
          state === 'held' &&
          holder === address &&
          !this.#shelf.find({ jobId: job.id, slice: index }, job.traceHash),
      )
    );
  }
}
