import { z } from 'zod';
import { sameAddress } from '../../protocol/chain/same-address.ts';
import type { WorkContext, WorkQueue } from '../../protocol/database/queue.ts';
import type { Log } from '../../protocol/log.ts';
import { keepJobs, payableUntil, type JobView, type Snapshot, type TracedJob } from '../chain/state.ts';
import { NodeError } from '../errors.ts';
import type { ModelCatalog } from '../model/catalog.ts';
import type { Circuits } from '../model/circuits.ts';
import type { Readiness } from '../model/readiness.ts';
import { afterFee, leastIncome } from '../pricing/cost.ts';
import type { Pricer } from '../pricing/pricer.ts';
import type { Speed } from '../pricing/speed.ts';
import type { Stakes } from '../stake/stakes.ts';
import type { NodeMetrics } from '../status/metrics.ts';
import type { TakeUp } from '../take-up.ts';
import { planProof } from './plan.ts';
import { nameOf, type ProofShelf, type SliceKey } from './proofs.ts';
import { openStatement, type StatementOptions } from './statement.ts';

/** A piece of the durable queue: prove this slice under this trace. */
export const proveTaskSchema = z.object({
  jobId: z.string().max(66),
  slice: z.number().int().min(0).max(255),
  traceHash: z.string().max(66),
});

export type ProveTask = z.infer<typeof proveTaskSchema>;

export interface ProverOptions {
  readonly account: string;
  readonly queue: WorkQueue<ProveTask>;
  readonly workers: number;
  readonly catalog: ModelCatalog;
  readonly circuits: Circuits;
  readonly readiness: Readiness;
  readonly statement: StatementOptions;
  readonly shelf: ProofShelf;
  readonly pricer: Pricer;
  readonly stakes: Stakes;
  readonly speed: Speed;
  readonly capacitySafety: number;
  readonly backstopSeconds: number;
  readonly takeUp: TakeUp;
  readonly metrics: NodeMetrics;
  readonly log: Log;
  /** Milliseconds, any origin. */
  readonly clock: () => number;
  /** Something went wrong with a proof; its code is given. */
  readonly onFailure: (code: string) => void;
}

/** How often a piece is offered to the queue again, which takes it once: after its last failed try too. */
const OFFER_AGAIN_MS = 10_000;

/** A moment far enough away for priorities: the sooner a hold ends, the larger its priority. */
const FAR = 2 ** 31 - 1;

/**
 * Proves what has to be proved. Which slices these are follows from the chain's state alone; the queue makes each
 * be proved by one worker, in the order of their ends, and again after a crash.
 */
export class Prover {
  readonly #options: ProverOptions;
  readonly #offered = new Map<string, number>();
  #snapshot: Snapshot | undefined;
  #working = false;

  constructor(options: ProverOptions) {
    this.#options = options;
  }

  consider(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    keepJobs(this.#offered, snapshot.jobs);
    if (!this.#working) {
      this.#working = true;
      const { queue, workers, log } = this.#options;
      void queue
        .work((task, context) => this.#prove(task, context), workers)
        .catch((error: unknown) => {
          this.#working = false;
          log.error({ err: error }, 'proving queue did not start');
        });
    }
    const { takeUp } = this.#options;
    for (const job of snapshot.jobs) {
      if (takeUp.pending && !takeUp.binds(job, snapshot.now)) continue;
      if (job.state === 'traced' && job.admitted && job.trace)
        this.#considerJob({ ...job, trace: job.trace }, snapshot);
    }
  }

  #considerJob(job: TracedJob, snapshot: Snapshot): void {
    const { account, catalog, readiness, pricer, stakes, shelf, backstopSeconds, capacitySafety } =
      this.#options;
    const served = stakes.whyNotServed(job) === undefined;
    for (const slice of job.slices) {
      // What is left by the operator's lists isn't proved for whoever lapsed either.
      if (!served && !(slice.state === 'held' && sameAddress(slice.holder, account))) continue;
      const key = { jobId: job.id, slice: slice.index };
      if (slice.state === 'settled' || shelf.find(key, job.traceHash)) continue;
      const model = catalog.ready(job.modelId);
      const circuit = model && readiness.circuit(model, slice.index);
      if (!model || !circuit) continue;
      const estimate = pricer.slice(circuit, snapshot.gasPrice, 'alone');
      const reason = planProof(job, slice, afterFee(slice.price, job.feeBps) + slice.raise, snapshot.now, {
        account,
        seconds: estimate.seconds * capacitySafety,
        leastIncome: leastIncome(pricer.policy, estimate.cost, pricer.policy.minMarginBps),
        backstopSeconds,
      });
      if (!reason) continue;
      // What nobody's collateral hangs on is checked before it takes a worker's time.
      if (reason !== 'held' && readiness.statement(job, model, slice.index, circuit) !== 'done') continue;
      this.#offer({ ...key, traceHash: job.traceHash }, payableUntil(job, slice));
    }
  }

  #offer(task: ProveTask, end: number): void {
    const { queue, clock, log, onFailure } = this.#options;
    const name = nameOf(task);
    if (clock() < (this.#offered.get(name) ?? Number.NEGATIVE_INFINITY) + OFFER_AGAIN_MS) return;
    this.#offered.set(name, clock());
    queue
      .send(task, { key: `${name}-${task.traceHash}`, priority: Math.max(0, FAR - end) })
      .then((added) => {
        if (added) log.info({ jobId: task.jobId, slice: task.slice }, 'slice queued for proving');
      })
      .catch((error: unknown) => {
        onFailure('NODE_QUEUE_FAILED');
        log.error({ jobId: task.jobId, slice: task.slice, err: error }, 'slice could not be queued');
      });
  }

  /** May run again after a crash: looks at chain and shelf first. */
  async #prove({ jobId, slice, traceHash }: ProveTask, { signal }: WorkContext): Promise<void> {
    const { shelf, log, catalog, circuits, statement, speed, metrics, account, onFailure } = this.#options;
    const fields = { jobId, slice };
    const job = this.#payable({ jobId, slice }, traceHash);
    if (!job) return log.info(fields, 'slice needs no proof of this node any more');
    if (shelf.find({ jobId, slice }, traceHash)) return;
    try {
      const model = await catalog.load(job.modelId);
      const circuit = await circuits.prepare(model, slice);
      const made = await circuit.prove(await openStatement(statement, job, model, slice, circuit), signal);
      if (made.problem !== undefined) {
        throw new NodeError('NODE_PROOF_REFUSED', `the proof that was made does not hold: ${made.problem}`, {
          retryable: true,
          hint: 'If it goes on, the machine’s memory or the prover is broken.',
        });
      }
      const { proveSeconds, cpuSeconds, peakRssBytes } = made;
      await shelf.put({
        format: 'sliceproof-node-proof/1',
        jobId,
        slice,
        prover: account,
        proof: made.proof,
        modelId: job.modelId,
        traceHash,
        constraints: circuit.constraints,
        proveSeconds,
        cpuSeconds,
        peakRssBytes,
      });
      metrics.proved(proveSeconds);
      log.info(
        { ...fields, constraints: circuit.constraints, proveSeconds, cpuSeconds, peakRssBytes },
        'slice proved',
      );
      await speed.record(circuit.keyDigest, circuit.constraints, proveSeconds);
    } catch (error) {
      onFailure((error as { code?: string }).code ?? 'UNKNOWN');
      throw error;
    }
  }

  /** The job, if a proof of this slice by this account would be paid as the chain stood when it was last read. */
  #payable({ jobId, slice }: SliceKey, traceHash: string): TracedJob | undefined {
    const { account } = this.#options;
    const job: JobView | undefined = this.#snapshot?.jobs.find(({ id }) => id === jobId);
    const view = job?.slices.find(({ index }) => index === slice);
    if (!job?.trace || !view || job.state !== 'traced' || job.traceHash !== traceHash) return undefined;
    const mine = sameAddress(view.holder, account);
    const payable = view.state === 'held' ? mine : view.state !== 'settled';
    return payable ? { ...job, trace: job.trace } : undefined;
  }
}
