import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** The indexer's own measurements; every instance has its own register. */
export interface Metrics {
  readonly registry: Registry;
  readonly head: Gauge;
  readonly cursor: Gauge;
  readonly lag: Gauge;
  readonly reorgs: Counter;
  readonly undone: Counter;
  readonly events: Counter<'name'>;
  readonly failures: Counter<'code'>;
  readonly laws: Gauge<'name'>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'sliceproof_indexer_' });
  const registers = [registry];
  const name = (part: string): string => `sliceproof_indexer_${part}`;
  return {
    registry,
    head: new Gauge({ name: name('head_block'), help: "Number of the chain's newest block", registers }),
    cursor: new Gauge({ name: name('cursor_block'), help: 'Number of the last indexed block', registers }),
    lag: new Gauge({ name: name('lag_blocks'), help: 'Blocks between the two', registers }),
    reorgs: new Counter({
      name: name('reorgs_total'),
      help: 'Reorganisations that were followed',
      registers,
    }),
    undone: new Counter({ name: name('undone_blocks_total'), help: 'Blocks taken back by them', registers }),
    events: new Counter({
      name: name('events_total'),
      help: "Indexed events by name; `unknown`: none of the market's",
      labelNames: ['name'],
      registers,
    }),
    failures: new Counter({
      name: name('failures_total'),
      help: 'Failures that were waited out, by code',
      labelNames: ['code'],
      registers,
    }),
    laws: new Gauge({
      name: name('law_holds'),
      help: "1 where a law over the market's money holds in what is indexed, 0 where it doesn't",
      labelNames: ['name'],
      registers,
    }),
  };
}
