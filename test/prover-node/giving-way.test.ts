// Proofs that nothing hangs on, and those that a stake hangs on, on the same workers.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobView, SliceView } from '../../prover-node/chain/state.ts';
import type { ReadyCircuit } from '../../prover-node/model/ready-circuit.ts';
import { Prover, type ProverOptions } from '../../prover-node/prove/prover.ts';
import { Places } from '../../prover-node/prove/places.ts';
import { Clock } from './support/hostile/clock.ts';
import { MemoryQueue } from './support/hostile/machine.ts';
import { job, ME, NOW, OTHER, slice } from './support/job-view.ts';

/** Nobody holds it, and whoever proves it is paid. */
const lapsed: SliceView = { ...slice, state: 'lapsed', holder: OTHER, lockEnd: NOW - 50 };
const held: SliceView = { ...slice, state: 'held', holder: ME, windowEnd: NOW + 9, lockEnd: NOW + 109 };

/** A job of one slice. */
function jobOf(name: string, view: SliceView, more: Partial<JobView> = {}): JobView {
  return {
    ...job,
    id: `0x${name.repeat(64)}`,
    modelId: name,
    slices: [view],
    trace: { hash: job.traceHash, commitments: [], digest: '' },
    ...more,
  };
}

let clock: Clock;
/** Proofs under way, by their job's name, each with what ends it. */
let proofs: Map<string, () => void>;
let failures: string[];
let block: number;
beforeEach(() => {
  clock = new Clock(0);
  proofs = new Map();
  failures = [];
  block = 0;
});
// What gave way is no failure.
afterEach(() => expect(failures).toEqual([]));

function proverWith(workers: number): (jobs: readonly JobView[], now?: number) => Promise<void> {
  const made = new Set<string>();
  const circuitOf = ({ name }: { readonly name: string }): ReadyCircuit => ({
    ...{
      keyDigest: name,
      name,
      constraints: 100,
      onnx: new Uint8Array(),
      check: () => Promise.resolve(),
      warm: () => undefined,
    },
    prove: (_, { signal }) =>
      new Promise((resolve, reject) => {
        const over = <T>(end: (value: T) => void, value: T) => {
          proofs.delete(name);
          end(value);
        };
        signal.addEventListener('abort', () => over(reject, new Error('given up')));
        proofs.set(name, () =>
          over(resolve, { proof: {} as never, proveSeconds: 30, cpuSeconds: 30, peakRssBytes: 1 }),
        );
      }),
  });
  const modelOf = (name: string) => ({
    name,
    registered: { slices: [{ inputs: [], outputs: [] }] },
    manifest: { slices: [{ constraints: 100 }] },
  });
  const nothing = (): void => undefined;
  const opening = {
    contracts: { deployment: { chainId: 1, addresses: { market: OTHER } } },
    traces: { open: () => Promise.resolve([]) },
    runner: { run: () => Promise.resolve([]) },
    prover: ME,
  };
  const options = {
    account: ME,
    queue: new MemoryQueue(clock),
    workers,
    places: new Places(workers),
    catalog: { ready: modelOf, load: (name: string) => Promise.resolve(modelOf(name)) },
    circuits: { prepare: (model: { name: string }) => Promise.resolve(circuitOf(model)) },
    readiness: { circuit: circuitOf, statement: () => 'done' },
    statement: { atStake: opening, offered: opening },
    shelf: {
      find: ({ jobId }: { jobId: string }) => (made.has(jobId) ? {} : undefined),
      put: ({ jobId }: { jobId: string }) => Promise.resolve(void made.add(jobId)),
    },
    pricer: { policy: { minMarginBps: 0, minProfit: 0n }, slice: () => ({ seconds: 30, cost: 1n }) },
    stakes: {
      whyNotServed: nothing,
      measured: () => ({ blockSeconds: 2, pollSeconds: 1, lateSeconds: 0 }),
      works: [],
    },
    speed: { record: nothing },
    capacitySafety: 1.5,
    backstopSeconds: 100,
    takeUp: { pending: false },
    metrics: { proved: nothing },
    log: { info: nothing, error: nothing, warn: nothing },
    clock: () => clock.now,
    onFailure: (code: string) => failures.push(code),
  };
  const prover = new Prover(options as unknown as ProverOptions);
  return async (jobs, now = NOW) => {
    await clock.advance(1000 * (now - NOW), () => Promise.resolve());
    prover.consider({ block: block++, now, jobs, balance: 0n, reserved: 0n, gasPrice: 1n });
    for (let i = 0; i < 20; i++) await turn();
  };
}

const underWay = (): readonly string[] => [...proofs.keys()].sort();

async function finish(name: string): Promise<void> {
  proofs.get(name)?.();
  for (let i = 0; i < 20; i++) await turn();
}

describe('with one worker', () => {
  test('a hold takes it as soon as it can be proved, and what it was taken from is begun again afterwards', async () => {
    const look = proverWith(1);
    const free = jobOf('a', lapsed);
    await look([free]);
    expect(underWay()).toEqual(['a']);
    // Others may still bid: nothing waits yet.
    await look([free, jobOf('b', held)], NOW + 8);
    expect(underWay()).toEqual(['a']);
    await look([free, jobOf('b', held)], NOW + 10);
    expect(underWay()).toEqual(['b']);
    await look([free, jobOf('b', held)], NOW + 30);
    expect(underWay()).toEqual(['b']);
    await finish('b');
    await look([free, jobOf('b', held)], NOW + 50);
    expect(underWay()).toEqual(['a']);
  });

  test('nothing that no stake hangs on is begun while the node holds, or leads', async () => {
    const look = proverWith(1);
    const jobs = [jobOf('a', lapsed), jobOf('b', held)];
    await look(jobs);
    expect(underWay()).toEqual([]);
    await look(jobs, NOW + 10);
    expect(underWay()).toEqual(['b']);
    await finish('b');
    await look(jobs, NOW + 21);
    expect(underWay()).toEqual(['a']);
  });

  test('its own hold that ran out while it was proved gives way like any other', async () => {
    const look = proverWith(1);
    const late = { ...held, windowEnd: NOW - 20, lockEnd: NOW + 5 };
    await look([jobOf('a', late), jobOf('b', held)]);
    expect(underWay()).toEqual(['a']);
    await look([jobOf('a', { ...late, state: 'lapsed' }), jobOf('b', held)], NOW + 10);
    expect(underWay()).toEqual(['b']);
  });

  test('a slice of a job that the account executed gives way to nothing once it has to be proved', async () => {
    const look = proverWith(1);
    const owed = jobOf('a', slice, {
      executor: ME,
      tracedAt: NOW - 500,
      deadline: NOW + 90,
      closing: NOW + 90,
    });
    await look([owed]);
    expect(underWay()).toEqual(['a']);
    await look([owed, jobOf('b', held), jobOf('c', lapsed)], NOW + 10);
    expect(underWay()).toEqual(['a']);
    await finish('a');
    await look([owed, jobOf('b', held), jobOf('c', lapsed)], NOW + 12);
    expect(underWay()).toEqual(['b']);
  });

  test('what an executor proves because it pays gives way, and is proved when it has to be', async () => {
    const look = proverWith(1);
    const owed = jobOf('a', { ...lapsed, lockEnd: NOW + 300 }, { executor: ME, tracedAt: NOW - 500 });
    await look([owed]);
    expect(underWay()).toEqual(['a']);
    await look([owed, jobOf('b', held)], NOW + 10);
    expect(underWay()).toEqual(['b']);
    await finish('b');
    await look([owed, jobOf('b', held), jobOf('c', held)], NOW + 405);
    expect(underWay()).toEqual(['a']);
  });
});

test('with two workers no more is given up than has to be', async () => {
  const look = proverWith(2);
  const free = [jobOf('a', lapsed), jobOf('b', lapsed)];
  await look(free);
  expect(underWay()).toEqual(['a', 'b']);
  await look([...free, jobOf('c', held)], NOW + 10);
  expect(underWay()).toEqual(['b', 'c']);
  await look([...free, jobOf('c', held), jobOf('d', held)], NOW + 11);
  expect(underWay()).toEqual(['c', 'd']);
});
