import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { ContractTransactionResponse } from 'ethers';
import { FunctionFragment } from 'ethers';
import { MarketLedger__factory, SliceMarket__factory } from '../../protocol/contracts/generated/index.ts';
import { networkHelpers } from './support/chain.ts';
import { signedBid } from './support/signing.ts';
import {
  EXECUTION,
  JOB_SECONDS,
  OFFER,
  OUTPUTS,
  SLICES,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  world,
  type World,
} from './support/world.ts';

const JOBS = ['[*]', 'Posted', 'Claimed', 'Traced', 'Finalized', 'Closed'];
const SLICE_NAMES = ['Open', 'Held', 'Lapsed', 'Settled'];
const PAGE = path.join(import.meta.dirname, '../../docs/protocol.md');
const OUTSIDE = new Set([
  // Of accounts and of the market, not of a job.
  ...['deposit', 'depositWithPermit', 'depositWithPermit2', 'withdraw', 'pushBurned'],
  ...['setOperator', 'cancelNonce', 'multicall'],
  ...['setFee', 'setTreasury', 'announceSunset', 'transferOwnership', 'acceptOwnership', 'renounceOwnership'],
]);

type Call = (w: World, jobId: string) => Promise<ContractTransactionResponse>;
type Scene = (w: World) => Promise<string>;

/** Every entry point of a job, called by who may, with what it is for. */
const CALLS: Readonly<Record<string, Call>> = {
  claimExecution: (w, jobId) => w.market.connect(w.bob).claimExecution(w.bob, jobId),
  commitTrace: async (w, jobId) =>
    w.market.connect(w.executor).commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS),
  raiseOffer: (w, jobId) => w.market.connect(w.requester).raiseOffer(jobId, 5n * OFFER.maxUnitPrice),
  draw: (w, jobId) => w.market.draw(jobId),
  challenge: (w, jobId) => w.market.connect(w.outsider).challenge(jobId, 1n),
  bid: (w, jobId) => w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 0b1011n, UNIT / 2n),
  bidSigned: async (w, jobId) =>
    w.market.bidSigned([await signedBid(w, w.bob, { jobId, slices: 0b1011n, unitPrice: UNIT / 2n })]),
  settle: async (w, jobId) => {
    const claims = [0, 1, 3].map((slice) => ({ jobId, slice, prover: w.bob }));
    return w.market.connect(w.settler).settle(...(await w.settlement(claims)));
  },
  slash: (w, jobId) => w.market.slash(jobId, 0b1011n),
  cancel: (w, jobId) => w.market.connect(w.requester).cancel(jobId),
  finalize: (w, jobId) => w.market.finalize(jobId),
  expire: (w, jobId) => w.market.expire(jobId),
  revealOutput: (w, jobId) => w.market.revealOutput(jobId, TRACE, OUTPUTS),
};

const POSTS: Readonly<Record<string, (w: World) => Promise<string>>> = {
  post: (w) => w.post(),
  postWithTrace: (w) => w.postTraced(),
};

const AUDITED = { required: 1n, audits: 1 };
const cheap = { ...OFFER, minUnitPrice: 1n };
const later = (seconds: number) => networkHelpers.time.increase(seconds);

/** Jobs as they come to be, of which at least one is in every state that time and calls bring about. */
const SCENES: readonly Scene[] = [
  (w) => w.post(),
  async (w) => {
    const jobId = await w.post();
    await later(EXECUTION.rampSeconds + 2 * EXECUTION.commitSeconds + 1);
    return jobId;
  },
  claimed,
  async (w) => {
    const jobId = await claimed(w);
    await later(EXECUTION.commitSeconds + 1);
    return jobId;
  },
  async (w) => {
    const jobId = await claimed(w);
    await later(EXECUTION.rampSeconds + 2 * EXECUTION.commitSeconds + 1);
    return jobId;
  },
  (w) => w.postTraced({ offer: cheap }),
  (w) => w.postExecuted({ offer: cheap, required: 1n, challengeSeconds: JOB_SECONDS }),
  async (w) => {
    const jobId = await w.postExecuted(AUDITED);
    await networkHelpers.mine(3);
    return jobId;
  },
  held,
  // Over: the window of its bids, their holders' time, all time.
  ...[OFFER.bidWindow, OFFER.bidWindow + OFFER.proveSeconds, 2 * JOB_SECONDS].map((seconds): Scene => {
    return async (w) => {
      const jobId = await held(w);
      await later(seconds + 1);
      return jobId;
    };
  }),
  async (w) => {
    const jobId = await w.postTraced();
    await w.settle(
      jobId,
      [0, 1, 3].map((slice) => ({ slice, prover: w.bob })),
    );
    return jobId;
  },
  async (w) => {
    const jobId = await w.postTraced();
    await w.settle(
      jobId,
      [0, 1, 3].map((slice) => ({ slice, prover: w.bob })),
    );
    await w.market.finalize(jobId);
    return jobId;
  },
  async (w) => {
    const jobId = await w.postTraced();
    await w.market.connect(w.requester).cancel(jobId);
    await later(JOB_SECONDS + 1);
    await w.market.expire(jobId);
    return jobId;
  },
];

async function claimed(w: World): Promise<string> {
  const jobId = await w.post();
  await w.market.connect(w.executor).claimExecution(w.executor, jobId);
  return jobId;
}

async function held(w: World): Promise<string> {
  const jobId = await w.postTraced({ offer: { ...cheap, rampSeconds: 0 } });
  await w.market.connect(w.executor).bid(w.executor, jobId, TRACE_HASH, 0b1001n, UNIT);
  await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 0b0010n, UNIT);
  return jobId;
}

/** All that the market says of a job and its slices. */
async function seen(w: World, jobId: string) {
  const job = await w.market.jobOf(jobId);
  const slices = job.state < 3n ? [] : await Promise.all(SLICES.map((_, i) => w.market.sliceOf(jobId, i)));
  return {
    state: JOBS[Number(job.state)],
    slices: slices.map(({ state, due }) => (due ? SLICE_NAMES[Number(state)] : undefined)),
    // Prices follow the clock, by which they change without a call.
    all: String([job, slices.map((slice) => [...slice].filter((_, i) => ![11, 14].includes(i)))]),
  };
}

class Arrows {
  readonly #calls = new Map<string, Set<string>>();

  add(from: string, to: string, call: string): void {
    const arrow = `${from} --> ${to}`;
    this.#calls.set(arrow, (this.#calls.get(arrow) ?? new Set<string>()).add(call));
  }

  lines(): string[] {
    return [...this.#calls].map(([arrow, calls]) => `${arrow}: ${[...calls].sort().join(', ')}`).sort();
  }
}

describe('the states of jobs and slices', () => {
  it('are called by every entry point that is of a job', () => {
    const entries = [SliceMarket__factory, MarketLedger__factory].flatMap((factory) =>
      factory
        .createInterface()
        .fragments.flatMap((one) => (FunctionFragment.isFragment(one) && !one.constant ? [one.name] : [])),
    );
    expect(entries.filter((name) => !OUTSIDE.has(name)).sort()).to.deep.equal(
      [...Object.keys(CALLS), ...Object.keys(POSTS)].sort(),
    );
  });

  it('change by just those calls that the diagram in docs/protocol.md has', async () => {
    const w = await world();
    await w.market.connect(w.alice).setOperator(w.outsider.address, 2n ** 112n - 1n, 2n ** 112n - 1n);
    const jobs = new Arrows();
    const slices = new Arrows();
    const start = await networkHelpers.takeSnapshot();
    for (const [name, post] of Object.entries(POSTS)) {
      const { state, slices: first } = await seen(w, await post(w));
      jobs.add('[*]', state, name);
      for (const slice of first) if (slice !== undefined) expect(slice).to.equal('Open');
      await start.restore();
    }
    for (const scene of SCENES) {
      const jobId = await scene(w);
      const here = await networkHelpers.takeSnapshot();
      const before = await seen(w, jobId);
      for (const [name, call] of Object.entries(CALLS)) {
        const done = await call(w, jobId).then(
          () => true,
          () => false,
        );
        const after = await seen(w, jobId);
        if (done && after.all !== before.all) jobs.add(before.state, after.state, name);
        if (done && after.state === 'Traced') {
          after.slices.forEach((to, i) => {
            const from = before.slices[i];
            if (from !== undefined && to !== undefined && (to !== from || touches(name, from))) {
              slices.add(from, to, name);
            }
          });
        }
        await here.restore();
      }
      await start.restore();
    }
    // The only change that no call makes.
    slices.add('Held', 'Lapsed', 'time');
    expect(diagram()).to.deep.equal({ jobs: jobs.lines(), slices: slices.lines() });
  });
});

/** What a call does to slices whose state stays. */
function touches(name: string, state: string): boolean {
  return (state === 'Held' && name.startsWith('bid')) || (state === 'Lapsed' && name === 'slash');
}

/** The arrows of the page's one state diagram; those of slices are inside of the state in which they are. */
function diagram(): { readonly jobs: string[]; readonly slices: string[] } {
  const [, text] = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8')) ?? [];
  const lines = (text ?? '').split('\n').map((line) => line.trim());
  const open = lines.indexOf('state Traced {');
  const close = lines.indexOf('}');
  const arrows = (part: readonly string[]): string[] =>
    part.filter((line) => /^\S+ --> \S+: /.test(line)).sort();
  return {
    jobs: arrows([...lines.slice(0, open), ...lines.slice(close)]),
    slices: arrows(lines.slice(open, close)),
  };
}
