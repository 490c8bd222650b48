import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Waiting } from '../../protocol/chain/sending/waits.ts';
import type { EarningsTotals } from '../earnings/earnings.ts';
import type { Ailment } from './health.ts';

/** What a node counts. Names of the metrics start with `sliceproof_node_`. */
export class NodeMetrics {
  readonly registry = new Registry();
  readonly #bids: Counter<'result'>;
  readonly #signed: Counter<'result'>;
  readonly #proofs: Counter;
  readonly #seconds: Histogram;
  readonly #failures: Counter<'code'>;
  readonly #refusals: Counter<'reason'>;
  readonly #holds: Gauge;
  readonly #jobs: Gauge;

  /**
   * All are read when the metrics are asked for; undefined while the node starts.
   * @param waiting the transaction under way, when it waits
   * @param health why the node can't do its work
   */
  constructor(
    earnings: () => EarningsTotals | undefined,
    waiting: () => Waiting | undefined,
    health: () => Promise<readonly Ailment[]>,
  ) {
    const registers = [this.registry];
    this.#bids = new Counter({
      name: 'sliceproof_node_bids_total',
      help: 'Slices bid on, by result: taken or missed',
      labelNames: ['result'],
      registers,
    });
    this.#signed = new Counter({
      name: 'sliceproof_node_signed_bids_total',
      help: 'Bids that were signed and handed to an aggregator, by result: brought, outbid or expired; refused, when none took it',
      labelNames: ['result'],
      registers,
    });
    this.#proofs = new Counter({
      name: 'sliceproof_node_proofs_total',
      help: 'Proofs made and verified',
      registers,
    });
    this.#seconds = new Histogram({
      name: 'sliceproof_node_prove_seconds',
      help: 'Wall time of a proof',
      buckets: [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128],
      registers,
    });
    this.#failures = new Counter({
      name: 'sliceproof_node_failures_total',
      help: 'Failures by their stable code',
      labelNames: ['code'],
      registers,
    });
    this.#refusals = new Counter({
      name: 'sliceproof_node_refusals_total',
      help: 'Executions and slices that were left, by the code of the reason; once for each decision',
      labelNames: ['reason'],
      registers,
    });
    this.#holds = new Gauge({ name: 'sliceproof_node_holds', help: 'Slices held now', registers });
    this.#jobs = new Gauge({ name: 'sliceproof_node_open_jobs', help: 'Open jobs seen', registers });
    new Gauge({
      name: 'sliceproof_node_transaction_wait_seconds',
      help: 'How long the transaction under way has waited, by what it waits for; none when nothing waits',
      labelNames: ['reason'],
      registers,
      collect() {
        const now = waiting();
        this.reset();
        if (now) this.set({ reason: now.reason }, now.seconds);
      },
    });
    new Gauge({
      name: 'sliceproof_node_ailments',
      help: 'Why the node can’t do its work, by the code that /health has; none where it can',
      labelNames: ['code'],
      registers,
      async collect() {
        const now = await health();
        this.reset();
        for (const { code } of now) this.inc({ code });
      },
    });
    new Gauge({
      name: 'sliceproof_node_earnings',
      help: 'Gained since the deployment, in 10^-18 of the asset, by kind; slashed is a loss',
      labelNames: ['kind'],
      registers,
      collect() {
        const now = earnings();
        if (!now) return;
        const { proving, executing, keeping, slashed } = now;
        for (const [kind, value] of Object.entries({ proving, executing, keeping, slashed })) {
          this.set({ kind }, Number(value));
        }
      },
    });
  }

  bid(taken: number, missed: number): void {
    this.#bids.inc({ result: 'taken' }, taken);
    this.#bids.inc({ result: 'missed' }, missed);
  }

  signedBid(result: 'brought' | 'outbid' | 'expired' | 'refused'): void {
    this.#signed.inc({ result });
  }

  proved(seconds: number): void {
    this.#proofs.inc();
    this.#seconds.observe(seconds);
  }

  failed(code: string): void {
    this.#failures.inc({ code });
  }

  refused(reason: string, count: number): void {
    this.#refusals.inc({ reason }, count);
  }

  holding(slices: number, jobs: number): void {
    this.#holds.set(slices);
    this.#jobs.set(jobs);
  }
}
