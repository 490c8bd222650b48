import { z } from 'zod';
import { sameAddress } from '../../protocol/chain/same-address.ts';
import type { WorkContext, WorkQueue } from '../../protocol/database/queue.ts';
import type { Log } from '../../protocol/log.ts';
import { keepJobs, payableUntil, type JobView, type Snapshot, type TracedJob } from '../chain/state.ts';
import { NodeError } from '../errors.ts';
import type { ModelCatalog } from '../model/catalog.ts';
import { trialOf, type Circuits } from '../model/circuits.ts';
import type { Readiness } from '../model/readiness.ts';
import type { Way } from '../model/ready-circuit.ts';
import { afterFee, leastIncome } from '../pricing/cost.ts';
import type { Pricer } from '../pricing/pricer.ts';
import type { Speed } from '../pricing/speed.ts';
import { countsWithin } from '../bid/capacity.ts';
import { boundWork, type BoundWork } from '../stake/bound.ts';
import { stepSeconds } from '../stake/decide.ts';
import type { Stakes } from '../stake/stakes.ts';
import type { NodeMetrics } from '../status/metrics.ts';
import type { TakeUp } from '../take-up.ts';
import { planProof, type ProveReason } from './plan.ts';
import { nameOf, type ProofShelf, type SliceKey } from './proofs.ts';
import { openStatement, type StatementOptions } from './statement.ts';
import type { Places } from './places.ts';

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
  /** Proofs that are made at once; workers on other machines come and go. */
  readonly workers: number;
  readonly catalog: ModelCatalog;
  readonly circuits: Circuits;
  readonly readiness: Readiness;
  /** What statements are opened with: of what a stake hangs on, and of everything else. */
  readonly statement: { readonly atStake: StatementOptions; readonly offered: StatementOptions };
  readonly shelf: ProofShelf;
  readonly places: Places;
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

/** A slice to prove now. */
interface Wanted {
  readonly task: ProveTask;
  readonly reason: ProveReason;
  /** The last second in which its proof is paid. */
  readonly end: number;
  /** That proving it takes, with its safety. */
  readonly seconds: number;
}

/** How often a piece is offered to the queue again, which takes it once: after its last failed try too. */
const OFFER_AGAIN_MS = 10_000;

/** A moment far enough away for priorities: the sooner a hold ends, the larger its priority. */
const FAR = 2 ** 31 - 1;

/** What is open to all goes last. */
function priorityOf({ reason, end }: Wanted): number {
  return reason === 'open' ? 0 : Math.max(1, FAR - end);
}

/**
 * Proves what has to be proved. Which slices these are follows from the chain's state alone; the queue makes each
 * be proved by one worker, in the order of their ends, and again after a crash.
 */
export class Prover {
  readonly #options: ProverOptions;
  readonly #offered = new Map<string, number>();
  readonly #warmed = new Map<string, true>();
  /** What was to be proved when the chain was last looked at, by name. */
  #wanted: ReadonlyMap<string, Wanted> = new Map();
  #snapshot: Snapshot | undefined;
  /** Pieces that are taken at once. */
  #taken = 0;

  constructor(options: ProverOptions) {
    this.#options = options;
  }

  consider(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    keepJobs(this.#offered, snapshot.jobs);
    this.#options.places.resize(this.#options.workers);
    this.#takeMore();
    this.#warm(snapshot);
    const bound = boundWork(snapshot, { ...this.#options, begun: this.#options.places });
    const { takeUp, places } = this.#options;
    const wanted = snapshot.jobs.flatMap((job) => {
      if (takeUp.pending && !takeUp.binds(job, snapshot.now)) return [];
      if (job.state !== 'traced' || !job.trace) return [];
      return this.#wantedOf({ ...job, trace: job.trace }, snapshot, bound);
    });
    this.#wanted = new Map(wanted.map((one) => [nameOf(one.task), one]));
    places.consider({
      // Of a circuit that isn't ready it is the circuit's first proof that has to be made.
      due: new Set([
        ...wanted.filter(({ reason }) => reason !== 'open').map(({ task }) => nameOf(task)),
        ...bound.filter(({ seconds, floating }) => !floating && !Number.isFinite(seconds)).map(trialOf),
      ]),
      soon: new Map(bound.filter(({ held }) => held).map((work) => [nameOf(work), work.from])),
      bound: new Set(bound.filter(({ floating }) => !floating).map(nameOf)),
    });
    for (const one of wanted) if (one.reason !== 'open' || places.hasSpare(one.seconds)) this.#offer(one);
  }

  /** As many pieces at once as are proved at once; where workers have gone, the rest waits for those that are left. */
  #takeMore(): void {
    const { queue, workers, log } = this.#options;
    const more = workers - this.#taken;
    if (more <= 0) return;
    this.#taken += more;
    queue
      .work((task, context) => this.#prove(task, context), more)
      .catch((error: unknown) => {
        this.#taken -= more;
        log.error({ err: error }, 'proving queue did not start');
      });
  }

  /** Has the circuits compiled of all that it holds or leads: until a window closes there is time for it. */
  #warm({ jobs }: Snapshot): void {
    const { account, catalog, readiness } = this.#options;
    keepJobs(this.#warmed, jobs);
    for (const { id: jobId, modelId, slices } of jobs) {
      for (const { index: slice, state, holder } of slices) {
        const name = nameOf({ jobId, slice });
        if (state !== 'held' || !sameAddress(holder, account) || this.#warmed.has(name)) continue;
        // Asked for only now: nothing is fetched for jobs that it has no part in.
        const model = catalog.ready(modelId);
        const circuit = model && readiness.circuit(model, slice);
        if (!circuit) continue;
        this.#warmed.set(name, true);
        circuit.warm();
      }
    }
  }

  #wantedOf(job: TracedJob, snapshot: Snapshot, bound: readonly BoundWork[]): Wanted[] {
    const { account, catalog, readiness, pricer, stakes, shelf, workers, backstopSeconds, capacitySafety } =
      this.#options;
    const served = job.admitted && stakes.whyNotServed(job) === undefined;
    const capacity = {
      workers,
      safety: capacitySafety,
      stepSeconds: stepSeconds(stakes.measured(snapshot)),
    };
    // What isn't ready moves no proof forward.
    const known = bound.filter(({ seconds }) => Number.isFinite(seconds));
    const wanted: Wanted[] = [];
    for (const slice of job.slices) {
      // What is left by the operator's lists isn't proved for whoever lapsed either; what is held is paid, whoever is admitted by now.
      if (!served && !(slice.state === 'held' && sameAddress(slice.holder, account))) continue;
      const key = { jobId: job.id, slice: slice.index };
      if (slice.state === 'settled' || shelf.find(key, job.traceHash)) continue;
      const model = catalog.ready(job.modelId);
      const circuit = model && readiness.circuit(model, slice.index);
      if (!model || !circuit) continue;
      const estimate = pricer.slice(circuit, snapshot.gasPrice, 'alone');
      const work = known.find((one) => one.jobId === job.id && one.slice === slice.index);
      const seconds = estimate.seconds * capacitySafety;
      const reason = planProof(job, slice, afterFee(slice.price, job.feeBps) + slice.raise, snapshot.now, {
        account,
        seconds,
        leastIncome: leastIncome(pricer.policy, estimate.cost, pricer.policy.minMarginBps),
        backstopSeconds,
        countsWithin: work ? countsWithin(work, known, capacity) : 0,
      });
      if (!reason) continue;
      // What nobody's collateral hangs on is checked before it takes a worker's time.
      if (reason !== 'held' && readiness.statement(job, model, slice.index, circuit) !== 'done') continue;
      const task = { ...key, traceHash: job.traceHash };
      wanted.push({ task, reason, end: payableUntil(job, slice), seconds });
    }
    return wanted;
  }

  #offer(wanted: Wanted): void {
    const { queue, clock, log, onFailure } = this.#options;
    const { task, reason } = wanted;
    // What waits goes on with the place that it was given: what comes to be at stake is another piece.
    const name = reason === 'open' ? `${nameOf(task)}-open` : nameOf(task);
    if (clock() < (this.#offered.get(name) ?? Number.NEGATIVE_INFINITY) + OFFER_AGAIN_MS) return;
    this.#offered.set(name, clock());
    queue
      .send(task, { key: `${name}-${task.traceHash}`, priority: priorityOf(wanted) })
      .then((added) => {
        if (added) log.info({ jobId: task.jobId, slice: task.slice }, 'slice queued for proving');
      })
      .catch((error: unknown) => {
        onFailure('NODE_QUEUE_FAILED');
        log.error({ jobId: task.jobId, slice: task.slice, err: error }, 'slice could not be queued');
      });
  }

  /** May run again after a crash: looks at chain and shelf first. */
  async #prove(task: ProveTask, { signal }: WorkContext): Promise<void> {
    const { shelf, places, log, onFailure } = this.#options;
    const { jobId, slice, traceHash } = task;
    const fields = { jobId, slice };
    const job = this.#payable({ jobId, slice }, traceHash);
    if (!job) return log.info(fields, 'slice needs no proof of this node any more');
    if (shelf.find({ jobId, slice }, traceHash)) return;
    const name = nameOf(task);
    try {
      const wanted = this.#wanted.get(name);
      const seconds = wanted?.seconds ?? Number.POSITIVE_INFINITY;
      const done = await places.tryNow(name, seconds, (giving, staked) =>
        this.#make(task, job, {
          signal: AbortSignal.any([signal, giving]),
          staked,
          priority: wanted ? priorityOf(wanted) : 0,
        }),
      );
      // Both are offered again.
      if (done === 'gave way') {
        log.info(fields, 'proof given up for what is at stake, begun again when a worker is free');
      }
    } catch (error) {
      onFailure((error as { code?: string }).code ?? 'UNKNOWN');
      throw error;
    }
  }

  async #make({ jobId, slice, traceHash }: ProveTask, job: TracedJob, way: Way): Promise<void> {
    const { shelf, log, catalog, circuits, statement, speed, metrics, account } = this.#options;
    const model = await catalog.load(job.modelId);
    const circuit = await circuits.prepare(model, slice, way);
    const opened = way.staked ? statement.atStake : statement.offered;
    const made = await circuit.prove(await openStatement(opened, job, model, slice, circuit), way);
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
      { jobId, slice, constraints: circuit.constraints, proveSeconds, cpuSeconds, peakRssBytes },
      'slice proved',
    );
    await speed.record(circuit.keyDigest, circuit.constraints, proveSeconds);
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
