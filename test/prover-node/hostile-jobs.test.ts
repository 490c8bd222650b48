// Jobs whose requester wants a node's stakes, against a node's real services: on a chain with block times, which pass as the
// test has them pass, so that hundreds of hours of them fit into a test.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostileJob, type HostileJob } from './support/hostile/jobs.ts';
import { openHostileMarket, type HostileMarket } from './support/hostile/market.ts';
import { play, type Terms } from './support/hostile/play.ts';
import { Random } from '../../scripts/random.ts';

/**
 * How many random jobs, and which: `HOSTILE_JOBS=2000 HOSTILE_SEED=7 npm test -- test/prover-node/hostile-jobs.test.ts`. What a node
 * meets follows from the seed and its first job alone: `HOSTILE_FROM=540` begins there.
 */
const JOBS = Number(process.env.HOSTILE_JOBS ?? 16);
const SEED = Number(process.env.HOSTILE_SEED ?? 1);
const FROM = Number(process.env.HOSTILE_FROM ?? 0);
/** Jobs that one node meets before the next one, on other blocks and another machine, comes. */
const JOBS_A_NODE = 60;

let market: HostileMarket;
beforeAll(async () => {
  market = await openHostileMarket();
});
afterAll(() => market?.close());

const plain: HostileJob = {
  seed: 1,
  model: 'honest',
  required: [],
  audits: 0,
  offer: {
    minUnitPrice: 2_000n,
    maxUnitPrice: 20_000n,
    minExecutionPrice: 0n,
    maxExecutionPrice: 50_000_000n,
    rampSeconds: 20,
    bidWindow: 4,
    proveSeconds: 120,
    commitSeconds: 120,
    jobSeconds: 600,
    minUndercutBps: 0,
    collateralBps: 20_000,
    settleTip: 0n,
  },
  challengeShare: 0,
  outputCommitmentOnly: false,
  admission: 'all',
  input: 'there',
  ownTrace: 'none',
  cancel: undefined,
  challenges: [],
  rivalClaims: false,
  rivalBids: [],
};
const terms: Terms = {
  blockSeconds: 4,
  runSeconds: 1,
  proofSeconds: 10,
  workers: 1,
  atOnce: 6,
  draw: () => 0.5,
};

test('of the attacks that took whole deposits none gets a bond; an honest job beside them is executed, proved and paid', async () => {
  const hurried = { ...plain.offer, rampSeconds: 0, bidWindow: 0 };
  const attacks: readonly HostileJob[] = [
    { ...plain, offer: { ...plain.offer, commitSeconds: 1, rampSeconds: 300, jobSeconds: 900 } },
    { ...plain, offer: { ...hurried, proveSeconds: 5, jobSeconds: 10 } },
    { ...plain, model: 'trap', required: [0], challengeShare: 0.2, challenges: [{ slice: 1, share: 0.5 }] },
    { ...plain, model: 'trap', required: [0], audits: 1 },
  ];
  const tally = await play(market, 'careful', [plain, ...attacks], terms);
  expect(tally).toMatchObject({ jobs: 5, bonds: 1, collaterals: 2, paid: 2, losses: [] });
  expect(Object.fromEntries(tally.reasons)).toEqual({
    EXECUTION_HURRIED: 1,
    PROVING_HURRIED: 1,
    EXECUTION_UNPROVABLE: 2,
  });
  expect(tally.gained).toBeGreaterThan(0n);
});

test(`of ${JOBS} random hostile jobs none takes a bond or a collateral from a node that works as measured`, async () => {
  const jobs = fc.sample(hostileJob, { numRuns: JOBS, seed: SEED });
  let [met, bonds] = [0, 0];
  for (let from = FROM; from < jobs.length; from += JOBS_A_NODE) {
    const random = new Random(SEED + from);
    const own: Terms = {
      blockSeconds: random.of([3, 6, 12]),
      runSeconds: random.of([0.1, 2]),
      proofSeconds: random.of([1, 5, 20]),
      workers: random.of([1, 2]),
      atOnce: random.of([3, 8]),
      draw: () => random.next(),
      settings: random.of([{}, { bidding: 'eager' }, { maxStakeShare: 0.4 }]),
    };
    const tally = await play(market, `node-${from}`, jobs.slice(from, from + JOBS_A_NODE), own);
    met += tally.jobs;
    bonds += tally.bonds;
    if (process.env.HOSTILE_JOBS !== undefined) tell(own, tally);
    expect.soft(tally.losses).toEqual([]);
    expect.soft(tally.gained).toBeGreaterThanOrEqual(0n);
  }
  expect(met).toBe(JOBS - FROM);
  // Not because nothing is ever taken.
  expect(bonds).toBeGreaterThan((JOBS - FROM) / 20);
});

function tell(own: Terms, { losses, reasons, ...rest }: Awaited<ReturnType<typeof play>>): void {
  const line = { ...own, ...rest, losses: losses.length, reasons: Object.fromEntries(reasons) };
  process.stderr.write(
    `${JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`,
  );
}
