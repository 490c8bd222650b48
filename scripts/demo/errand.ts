import type { Client } from '../../client/client.ts';
import { ClientError } from '../../client/errors.ts';
import { cancelJob } from '../../client/jobs/cancel-job.ts';
import type { JobStatus } from '../../client/jobs/job-status.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import type { PublishedManifest } from '../../client/jobs/read-model.ts';
import { raiseOffer } from '../../client/jobs/running-job.ts';
import { waitForJob } from '../../client/jobs/wait-for-job.ts';
import { revertName } from '../../protocol/chain/revert.ts';
import type { StatusReport } from '../../prover-node/status/report.ts';
import { reasonsOf } from './nodes.ts';
import { offerFor, type NodeAsk, type Offer } from './offer.ts';
import { remedyFor } from './remedy.ts';
import type { Screen } from './screen.ts';
import type { Board } from './watch.ts';

export interface ErrandContext {
  readonly client: Client;
  readonly model: PublishedManifest;
  readonly screen: Screen;
  readonly board: Board;
  /** How many jobs run at once. */
  readonly jobs: number;
  /** How many times dearer and slower than measured a first offer may turn out; doubled with every other. */
  readonly slack: number;
  /** What the nodes ask now, as their last measurements say. */
  readonly asks: () => Promise<readonly NodeAsk[]>;
  /** Runs one post at a time: each looks at the ledger, and tops it up. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
}

interface Posted {
  readonly jobId: string;
  readonly postedAt: number;
  readonly giveUp: AbortController;
  offer: Offer;
  status: JobStatus | undefined;
}

/** One input that is to be answered: by the first job that is posted for it, or by another with a better offer. */
export class Errand {
  readonly #context: ErrandContext;
  readonly #inputs: readonly Float64Array[];
  readonly #abandoned: string[] = [];
  #posted: Posted | undefined;

  constructor(context: ErrandContext, inputs: readonly Float64Array[]) {
    this.#context = context;
    this.#inputs = inputs;
  }

  /** Jobs that were posted and given up. */
  get abandoned(): readonly string[] {
    return this.#abandoned;
  }

  /** Whether a node holds a slice of the job that runs. */
  get anyHeld(): boolean {
    return this.#posted?.status?.slices.some(({ state }) => state === 'held') === true;
  }

  /** Posts, follows, and posts again, until a job is finalized. */
  async run(): Promise<JobStatus> {
    const { client, board, screen } = this.#context;
    for (let { slack } = this.#context; ; slack *= 2) {
      const posted = await this.#post(slack);
      const { jobId, giveUp } = posted;
      try {
        return await waitForJob(client, jobId, {
          signal: giveUp.signal,
          onStatus: (status) => {
            posted.status = status;
            board.update(status);
          },
        });
      } catch (error) {
        const closed = error instanceof ClientError && error.code === 'JOB_CLOSED';
        if (!giveUp.signal.aborted && !closed) throw error;
        if (!closed) await this.#cancel(jobId);
        screen.say(`   job ${jobId.slice(0, 10)} is given up; it is posted again with more time and money`);
      }
      board.drop(jobId);
      this.#abandoned.push(jobId);
    }
  }

  /** Looks whether the offer still fits, and mends it; tells the board why nothing happens. */
  async tend(reports: readonly StatusReport[], now: number, anyHeld: boolean): Promise<void> {
    const posted = this.#posted;
    const { client, screen, board } = this.#context;
    if (!posted?.status || posted.giveUp.signal.aborted) return;
    const { jobId, status, offer, postedAt } = posted;
    if (status.state === 'finalized') return;
    const job = `job ${jobId.slice(0, 10)}`;
    board.explain(reasonsOf(reports, jobId).map((reason) => `${job}  ${reason}`));
    const remedy = remedyFor({ status, reports, offer, now, postedAt, anyHeld });
    if (!remedy) return;
    screen.say(`   ${job}: ${remedy.because}`);
    if (remedy.kind === 'again') return posted.giveUp.abort();
    const { maxUnitPrice: wanted } = offerFor(await this.#context.asks(), {
      jobs: this.#context.jobs,
      slack: this.#context.slack,
      settleTip: 0n,
    });
    const maxUnitPrice = wanted > offer.maxUnitPrice ? wanted : 2n * offer.maxUnitPrice;
    posted.offer = { ...offer, maxUnitPrice };
    await this.#context.alone(() => raiseOffer(client, jobId, maxUnitPrice));
    screen.say(`   ${job}: the offer is raised to ${client.asset.format(maxUnitPrice, 12)} a constraint`);
  }

  async #post(slack: number): Promise<Posted> {
    const { client, model, jobs, screen, asks, alone } = this.#context;
    const { asset, provider } = client;
    const offer = offerFor(await asks(), { jobs, slack, settleTip: asset.parse('0.005') });
    const { jobId, escrow } = await alone(() =>
      // The digits lie in the clone: the explorer draws them.
      postJob(client, { published: model, inputs: this.#inputs, publicInputs: true, offer }),
    );
    const block = await provider.getBlock('latest');
    screen.say(
      `   job ${jobId.slice(0, 10)} posted, ${asset.format(escrow, 4)} in escrow, ${offer.proveSeconds} s to prove a slice`,
    );
    this.#posted = {
      jobId,
      offer,
      postedAt: block?.timestamp ?? 0,
      giveUp: new AbortController(),
      status: undefined,
    };
    return this.#posted;
  }

  async #cancel(jobId: string): Promise<void> {
    try {
      await cancelJob(this.#context.client, jobId);
    } catch (error) {
      // A claim runs: what it leaves is refunded when the job's time is over.
      if (revertName(error) === undefined) throw error;
    }
  }
}
