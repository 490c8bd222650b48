import { expect } from 'chai';
import fc from 'fast-check';
import { networkHelpers } from '../support/chain.ts';
import { fuzzed } from '../support/fuzz.ts';
import { OFFER, SLICES, TRACE_HASH, world } from '../support/world.ts';
import type { World } from '../support/world.ts';

const { minUnitPrice, maxUnitPrice } = OFFER;
const RAISED = 2n * maxUnitPrice;
const RUNS = fuzzed(12);
const JOB = { required: 1n, audits: 1, jobSeconds: 10_000 };

/** docs/protocol.md's ramp: linear from the lowest to the highest price over `span` seconds, rounded down. */
function ramp(high: bigint, elapsed: bigint, span: bigint): bigint {
  return elapsed >= span ? high : minUnitPrice + ((high - minUnitPrice) * elapsed) / span;
}

/** How a slice came to be due, whose ramp starts then and ends at this price. */
interface Ramp {
  readonly jobId: string;
  readonly slice: number;
  readonly start: bigint;
  readonly high: bigint;
}

const offer = (span: bigint) => ({ ...OFFER, rampSeconds: span });

const KINDS: Record<string, (w: World, span: bigint) => Promise<Ramp>> = {
  required: async (w, span) => {
    const jobId = await w.postExecuted({ ...JOB, offer: offer(span) });
    const { tracedAt } = await w.market.jobOf(jobId);
    return { jobId, slice: 0, start: tracedAt, high: maxUnitPrice };
  },
  'required, raised': async (w, span) => {
    const made = await KINDS['required'](w, span);
    await w.market.connect(w.requester).raiseOffer(made.jobId, RAISED);
    return { ...made, high: RAISED };
  },
  drawn: async (w, span) => {
    const { jobId } = await KINDS['required'](w, span);
    await networkHelpers.mine(1, { interval: 7 });
    await w.market.draw(jobId);
    const { audited, drawnAt } = await w.market.jobOf(jobId);
    return { jobId, slice: audited === 0b10n ? 1 : 3, start: drawnAt, high: maxUnitPrice };
  },
  'drawn, raised': async (w, span) => {
    const made = await KINDS['drawn'](w, span);
    await w.market.connect(w.requester).raiseOffer(made.jobId, RAISED);
    return { ...made, high: RAISED };
  },
  // Its challenger pays by the first offer, whatever the requester adds.
  'challenged, raised': async (w, span) => {
    const { jobId } = await KINDS['required'](w, span);
    await networkHelpers.time.increase(5);
    await w.market.draw(jobId);
    const slice = (await w.market.jobOf(jobId)).audited === 0b10n ? 3 : 1;
    await w.market.connect(w.alice).challenge(jobId, slice);
    const start = BigInt(await networkHelpers.time.latest());
    await w.market.connect(w.requester).raiseOffer(jobId, RAISED);
    return { jobId, slice, start, high: maxUnitPrice };
  },
};

describe('prices of slices that nobody holds follow the ramp', () => {
  for (const [kind, make] of Object.entries(KINDS)) {
    it(kind, async () => {
      const w = await world();
      const check = async ({ jobId, slice, start, high }: Ramp, span: bigint, elapsed: bigint) => {
        const before = await networkHelpers.takeSnapshot();
        const unitPrice = ramp(high, elapsed, span);
        const mask = 1n << BigInt(slice);
        const bid = (price: bigint) => w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, mask, price);
        // One unit more is no bid; the price itself is, in the same second of another history.
        await w.at(start + elapsed);
        await bid(unitPrice + 1n);
        const seen = await w.market.sliceOf(jobId, slice);
        expect(seen.holder).to.equal(`0x${'0'.repeat(40)}`);
        expect(seen.price).to.equal(unitPrice * BigInt(SLICES[slice].weight));
        await before.restore();
        const again = await networkHelpers.takeSnapshot();
        await w.at(start + elapsed);
        await bid(unitPrice);
        expect((await w.market.sliceOf(jobId, slice)).holder).to.equal(w.bob.address);
        await again.restore();
      };
      const span = fc.bigInt({ min: 0n, max: 600n });
      await fc.assert(
        fc.asyncProperty(span, fc.bigInt({ min: 12n, max: 700n }), async (length, elapsed) => {
          const fresh = await networkHelpers.takeSnapshot();
          const made = await make(w, length);
          const ends = [length - 1n, length, length + 1n].filter((time) => time >= 12n);
          for (const time of [elapsed, ...ends]) await check(made, length, time);
          await fresh.restore();
        }),
        { numRuns: RUNS },
      );
    });
  }
});

describe('raising an offer', () => {
  /** What it is raised by, a unit of weight. */
  const ADDED = RAISED - maxUnitPrice;
  const weightOf = (...slices: readonly number[]): bigint =>
    slices.reduce((sum, slice) => sum + BigInt(SLICES[slice].weight), 0n);

  /** A job executed for its first slice, one more to be drawn, and how it is raised. */
  async function open() {
    const w = await world();
    const jobId = await w.postExecuted(JOB);
    const raise = () => w.market.connect(w.requester).raiseOffer(jobId, RAISED);
    const costs = (weight: bigint) =>
      expect(raise())
        .to.emit(w.market, 'OfferRaised')
        .withArgs(jobId, RAISED, weight * ADDED);
    return { w, jobId, costs };
  }

  it('costs what open slices and the heaviest that may be drawn can come to cost more', async () => {
    const { costs } = await open();
    await costs(weightOf(0, 3));
  });

  it('does not count a slice that has to be proved anyway among those that may be drawn', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ ...JOB, required: 0b1000n });
    await expect(w.market.connect(w.requester).raiseOffer(jobId, RAISED))
      .to.emit(w.market, 'OfferRaised')
      .withArgs(jobId, RAISED, weightOf(3, 1) * ADDED);
  });

  it('costs for what was drawn, and not for what its challenger pays', async () => {
    const { w, jobId, costs } = await open();
    await networkHelpers.mine(1);
    await w.market.draw(jobId);
    const { audited } = await w.market.jobOf(jobId);
    const [drawn, other] = audited === 0b10n ? [1, 3] : [3, 1];
    await w.market.connect(w.alice).challenge(jobId, other);
    await costs(weightOf(0, drawn));
  });

  it('costs nothing for held slices, whose bids stand', async () => {
    const { w, jobId, costs } = await open();
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, minUnitPrice);
    await costs(weightOf(3));
  });
});
