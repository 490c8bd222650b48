import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What an aggregator counts; `GET /metrics` shows it. */
export interface AggregatorMetrics {
  readonly registry: Registry;
  /** Submissions by answer: `accepted` or the code of the refusal. */
  readonly submissions: Counter<'answer'>;
  readonly admitSeconds: Histogram;
  readonly waiting: Gauge;
  /** Settlements by outcome: `mined`, `failed`. */
  readonly settlements: Counter<'outcome'>;
  readonly settledProofs: Counter;
  /** Accepted proofs that were given up, by reason. */
  readonly droppedProofs: Counter<'reason'>;
  readonly gasPerProof: Histogram;
  /** Signed bids that were handed in, by answer. */
  readonly bidSubmissions: Counter<'answer'>;
  readonly waitingBids: Gauge;
  /** Signed bids by what became of them: `brought`, or why not. */
  readonly bids: Counter<'outcome'>;
  readonly gasPerBid: Histogram;
}

export function createMetrics(): AggregatorMetrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    submissions: new Counter({
      name: 'sliceproof_aggregator_submissions_total',
      help: 'Submitted proofs by answer.',
      labelNames: ['answer'],
      registers,
    }),
    admitSeconds: new Histogram({
      name: 'sliceproof_aggregator_admit_seconds',
      help: 'Seconds from a submission to its answer.',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
    waiting: new Gauge({
      name: 'sliceproof_aggregator_waiting',
      help: 'Accepted proofs that are not settled yet.',
      registers,
    }),
    settlements: new Counter({
      name: 'sliceproof_aggregator_settlements_total',
      help: 'Settlement transactions by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    settledProofs: new Counter({
      name: 'sliceproof_aggregator_settled_proofs_total',
      help: 'Proofs that were paid.',
      registers,
    }),
    droppedProofs: new Counter({
      name: 'sliceproof_aggregator_dropped_proofs_total',
      help: 'Accepted proofs that were given up, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    gasPerProof: new Histogram({
      name: 'sliceproof_aggregator_gas_per_proof',
      help: 'Gas of a settlement divided by its proofs.',
      buckets: [40_000, 50_000, 60_000, 80_000, 100_000, 150_000, 200_000, 300_000, 500_000],
      registers,
    }),
    bidSubmissions: new Counter({
      name: 'sliceproof_aggregator_bid_submissions_total',
      help: 'Submitted signed bids by answer.',
      labelNames: ['answer'],
      registers,
    }),
    waitingBids: new Gauge({
      name: 'sliceproof_aggregator_waiting_bids',
      help: 'Signed bids that are not brought yet.',
      registers,
    }),
    bids: new Counter({
      name: 'sliceproof_aggregator_bids_total',
      help: 'Signed bids that were taken, by outcome: brought, or why not.',
      labelNames: ['outcome'],
      registers,
    }),
    gasPerBid: new Histogram({
      name: 'sliceproof_aggregator_gas_per_bid',
      help: 'Gas of bringing bids divided by their number.',
      buckets: [50_000, 60_000, 80_000, 100_000, 120_000, 150_000, 200_000, 300_000],
      registers,
    }),
  };
}
