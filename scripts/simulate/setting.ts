import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SliceproofError } from '../../protocol/errors.ts';

const root = path.join(import.meta.dirname, '..', '..');

/** What a market's simulation is given. Amounts of the asset are whole ones; everything else is measured, see {@link readMeasured}. */
export interface Setting {
  readonly seed: number;
  /** All of them execute and prove. */
  readonly nodes: number;
  /** Slices that requesters post in a day. */
  readonly slicesADay: number;
  /** Seconds of chain time that jobs are posted for; all of them are then carried to their end. */
  readonly seconds: number;
  readonly blockSeconds: number;
  /** Gas that a block has room for. */
  readonly blockGas: number;
  /** Wei a unit of gas. */
  readonly gasPrice: bigint;
  /** Worth of a coin of the chain in the asset. */
  readonly assetPerNative: number;
  /** Of the asset, a second of one worker of the median node, and how nodes differ: deviation of the logarithm. */
  readonly costPerSecond: number;
  readonly costSpread: number;
  /** The same of how fast they are. */
  readonly speedSpread: number;
  readonly workers: number;
  readonly offer: {
    readonly rampSeconds: number;
    readonly bidWindow: number;
    readonly proveSeconds: number;
    readonly jobSeconds: number;
    readonly minUndercutBps: number;
    /** The ramp's end, in multiples of what the median node asks. */
    readonly highest: number;
  };
  /**
   * Seconds until a transaction that waits for its block is seen by others. Nodes then spread their looks over a block's time, and
   * bid on what the pending block will be; undefined: all look at the block that was, at once.
   */
  readonly pendingSeenAfter: number | undefined;
  /** Whether nodes take turns, as real ones do; else each bids and claims as soon as it pays. */
  readonly turns: boolean;
  readonly aggregator: { readonly maxBatch: number; readonly maxAgeSeconds: number };
}

/** A rollup, and what nodes and aggregators do unless they are told otherwise. */
export const ROLLUP: Omit<Setting, 'seed' | 'nodes' | 'slicesADay' | 'seconds'> = {
  blockSeconds: 2,
  blockGas: 60_000_000,
  gasPrice: 10_000_000n,
  assetPerNative: 3_000,
  costPerSecond: 0.000_05,
  costSpread: 0.3,
  speedSpread: 0.3,
  workers: 4,
  offer: {
    rampSeconds: 30,
    bidWindow: 10,
    proveSeconds: 120,
    jobSeconds: 900,
    minUndercutBps: 200,
    highest: 3,
  },
  pendingSeenAfter: undefined,
  turns: true,
  aggregator: { maxBatch: 64, maxAgeSeconds: 30 },
};

/** A network as jobs name it. Its slices are reckoned alike. */
export interface Network {
  readonly name: string;
  readonly slices: number;
  /** Of each slice. */
  readonly constraints: number;
}

/** Of a real run, in percent. */
export interface RealRun {
  readonly date: string;
  /** Of all transactions, those in vain; of bids the same. */
  readonly all: number;
  readonly bids: number;
}

export interface Measured {
  readonly realRun: RealRun;
  readonly networks: readonly Network[];
  /** Seconds of one worker for a slice of so many constraints, on the machine of the bench. */
  proveSeconds(constraints: number): number;
  readonly gas: {
    readonly post: number;
    /** A claim with its trace. */
    readonly claim: number;
    readonly bid: number;
    /** Of a call that comes too late, 21,000 and what it reads until it ends: assumed, no snapshot has it. */
    readonly inVain: number;
    readonly finalize: number;
    /** A settlement of proofs of so many jobs. */
    settle(proofs: number, jobs: number): number;
  };
}

/** What the bench and the snapshots of gas say. */
export function readMeasured(): Measured {
  const benches = z
    .record(
      z.string(),
      z.object({ date: z.string(), rows: z.array(z.array(z.union([z.string(), z.number()]))) }),
    )
    .parse(JSON.parse(readFileSync(path.join(root, 'bench', 'results.json'), 'utf8')));
  const gas = { ...snapshot('gas'), ...snapshot('gas-life') };
  const of = (name: string): number => {
    if (gas[name] === undefined) {
      throw new SliceproofError('SIMULATE_NOT_MEASURED', `no snapshot of gas has ${name}`);
    }
    return gas[name];
  };
  // Domain, constraints, backend, CPU s.
  const sizes = benches.proving.rows
    .filter(([, , backend]) => backend === 'native-js')
    .map(([, constraints, , seconds]) => ({ constraints: Number(constraints), seconds: Number(seconds) }));
  const networks = benches.networks.rows.map(([name, , slices, constraints]) => ({
    name: String(name),
    slices: Number(slices),
    constraints: Number(constraints) / Number(slices),
  }));
  const share = (kind: string): number =>
    Number(benches.crowd.rows.find(([transactions]) => transactions === kind)?.[3]);
  const one = of('1 slices, bits: settle');
  const many = of('64 slices, bits: settle');
  const each = (many - one) / 63;
  // Fifty proofs of ten jobs, beside fifty of one.
  const eachJob = (50 * of('settle, ten jobs of five circuits, each slice') - (one + 49 * each)) / 9;
  return {
    realRun: { date: benches.crowd.date, all: share('all'), bids: share('bid') },
    networks,
    proveSeconds: (constraints) => secondsOf(sizes, constraints),
    gas: {
      post: of('post'),
      claim: of('claimExecution with commitTrace, 6 tensors'),
      bid: of('1 slices, bits: bid'),
      inVain: 40_000,
      finalize: of('finalize'),
      settle: (proofs, jobs) => one + (proofs - 1) * each + (jobs - 1) * eachJob,
    },
  };
}

/** Between the sizes that were measured as they go, beyond them in proportion. */
function secondsOf(
  sizes: readonly { readonly constraints: number; readonly seconds: number }[],
  constraints: number,
): number {
  const above = sizes.findIndex((size) => size.constraints >= constraints);
  if (above <= 0) {
    const end = above === 0 ? sizes[0] : sizes[sizes.length - 1];
    return (end.seconds * constraints) / end.constraints;
  }
  const [low, high] = [sizes[above - 1], sizes[above]];
  const part = (constraints - low.constraints) / (high.constraints - low.constraints);
  return low.seconds + part * (high.seconds - low.seconds);
}

function snapshot(name: string): Readonly<Record<string, number>> {
  const file = path.join(root, 'snapshots', `${name}.json`);
  return z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(file, 'utf8')));
}
