import { expect } from 'chai';
import { MarketLens__factory } from '../../protocol/contracts/generated/index.ts';
import { ethers } from './support/chain.ts';
import {
  EXECUTION,
  JobState,
  NO_EXECUTION,
  OFFER,
  SliceState,
  TRACE_HASH,
  UNIT,
  world,
} from './support/world.ts';
import type { World } from './support/world.ts';

const UNKNOWN = ethers.id('no job');

async function lensOf({ outsider }: World) {
  return new MarketLens__factory(outsider).deploy();
}

/** What a lens and the market's own view say is the same, member by member. */
function expectSame(seen: unknown, own: unknown): void {
  expect(JSON.stringify(seen, text)).to.equal(JSON.stringify(own, text));
}
const text = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

describe('MarketLens: jobs', () => {
  it('come in the order asked for, each as the market shows it, and unknown ones as such', async () => {
    const w = await world();
    const lens = await lensOf(w);
    const [posted, traced] = [await w.post(), await w.postTraced({ required: 0b1001n })];
    const [first, second, third, again] = await lens.jobs(w.addresses.market, [
      traced,
      UNKNOWN,
      posted,
      traced,
    ]);
    expect([first, second, third, again].map(({ known }) => known)).to.deep.equal([true, false, true, true]);
    expectSame(first.job, await w.market.jobOf(traced));
    expectSame(third.job, await w.market.jobOf(posted));
    expectSame(again, first);
    expect(second.job.state).to.equal(0n);
    expect([second.unitPriceNow, second.executionPriceNow, second.slices.length]).to.deep.equal([0n, 0n, 0]);
    expect(await lens.jobs(w.addresses.market, [])).to.deep.equal([]);
  });

  it('have their due slices from the trace on, ascending, and the price that goes with their state', async () => {
    const w = await world();
    const lens = await lensOf(w);
    const jobId = await w.post({ required: 0b1010n });
    const look = async () => (await lens.jobs(w.addresses.market, [jobId]))[0];

    const posted = await look();
    expect([posted.unitPriceNow, posted.slices.length, posted.views.length]).to.deep.equal([0n, 0, 0]);
    expect(posted.executionPriceNow).to.equal(await w.market.executionPriceNow(jobId));
    expect(posted.executionPriceNow).to.be.at.least(EXECUTION.minPrice);

    const traced = await w.postTraced({ required: 0b1010n });
    await w.market.connect(w.alice).bid(w.alice, traced, TRACE_HASH, 0b1000n, UNIT);
    const [seen] = await lens.jobs(w.addresses.market, [traced]);
    expect(seen.executionPriceNow).to.equal(0n);
    expect(seen.unitPriceNow).to.equal(await w.market.unitPriceNow(traced));
    expect(seen.unitPriceNow).to.be.within(OFFER.minUnitPrice, OFFER.maxUnitPrice);
    expect([...seen.slices]).to.deep.equal([1n, 3n]);
    for (const [i, slice] of [1, 3].entries())
      expectSame(seen.views[i], await w.market.sliceOf(traced, slice));
    expect(seen.views.map(({ state }) => state)).to.deep.equal([SliceState.Open, SliceState.Held]);
    expect(seen.views[1].holder).to.equal(w.alice.address);
  });

  it('keep their slices after their end, without a price', async () => {
    const w = await world();
    const lens = await lensOf(w);
    const jobId = await w.postTraced({ required: 1n });
    await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
    await w.market.finalize(jobId);
    const untraced = await w.post({ required: 1n });
    await w.market.connect(w.requester).cancel(untraced);
    const [ended, closed] = await lens.jobs(w.addresses.market, [jobId, untraced]);
    expect([ended.job.state, ended.unitPriceNow]).to.deep.equal([JobState.Finalized, 0n]);
    expect(ended.views.map(({ state }) => state)).to.deep.equal([SliceState.Settled]);
    expect([closed.known, closed.job.state, closed.slices.length]).to.deep.equal([true, JobState.Closed, 0]);
    expect(closed.executionPriceNow).to.equal(0n);
  });

  it('of an address that is no market are unknown', async () => {
    const w = await world();
    const lens = await lensOf(w);
    const [job] = await lens.jobs(w.addresses.verifier, [UNKNOWN]);
    expect(job.known).to.equal(false);
  });
});

describe('MarketLens: slices and accounts', () => {
  it('come in the order asked for, as often as asked for', async () => {
    const w = await world();
    const lens = await lensOf(w);
    const jobId = await w.postTraced({ execution: { ...NO_EXECUTION } });
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 1n, UNIT);
    const asked = [3, 0, 2, 0];
    const seen = await lens.slices(w.addresses.market, jobId, asked);
    expect(seen).to.have.length(asked.length);
    for (const [i, slice] of asked.entries()) expectSame(seen[i], await w.market.sliceOf(jobId, slice));
    expect(seen.map(({ holder }) => holder)).to.deep.equal([
      ethers.ZeroAddress,
      w.bob.address,
      ethers.ZeroAddress,
      w.bob.address,
    ]);
    await expect(lens.slices(w.addresses.market, UNKNOWN, [0]))
      .to.be.revertedWithCustomError(w.market, 'UnknownJob')
      .withArgs(UNKNOWN);
    for (const index of [4n, 255n, 256n, 2n ** 256n - 1n]) {
      await expect(lens.slices(w.addresses.market, jobId, [0, index]))
        .to.be.revertedWithCustomError(w.market, 'UnknownSlice')
        .withArgs(jobId, index);
    }
    expect(await lens.slices(w.addresses.market, jobId, [])).to.deep.equal([]);
    expect(await lens.accounts(w.addresses.market, [])).to.deep.equal([]);
  });

  it('of an address that is no market are refused, with code or without', async () => {
    const w = await world();
    const lens = await lensOf(w);
    for (const address of [w.addresses.verifier, w.outsider.address]) {
      await expect(lens.slices(address, UNKNOWN, [0])).to.be.revert(ethers);
      await expect(lens.accounts(address, [w.bob.address])).to.be.revert(ethers);
    }
  });

  it('show what accounts have free, reserved, and were paid for', async () => {
    const w = await world();
    const lens = await lensOf(w);
    const jobId = await w.postTraced({ required: 0b11n });
    await w.settle(jobId, [{ slice: 0, prover: w.alice }]);
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 2n, UNIT);
    const accounts = [w.bob, w.alice, w.outsider, w.owner];
    const seen = await lens.accounts(
      w.addresses.market,
      accounts.map(({ address }) => address),
    );
    expect(seen.map(({ record }) => record)).to.deep.equal([0n, 1n, 0n, 0n]);
    expect(seen[0].reserved).to.equal(5n * OFFER.maxUnitPrice * 2n);
    for (const [i, { address }] of accounts.entries()) {
      const [balance, reserved] = await w.market.accountOf(address);
      expect([seen[i].balance, seen[i].reserved]).to.deep.equal([balance, reserved]);
    }
  });

  it('show in one look what an account has, and jobs as they are shown alone', async () => {
    const w = await world();
    const lens = await lensOf(w);
    const { market } = w.addresses;
    const jobId = await w.postTraced({ required: 0b11n });
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 1n, UNIT);
    const asked = [jobId, UNKNOWN];
    const [account, jobs] = await lens.look(market, w.bob.address, asked);
    expect([account]).to.deep.equal(await lens.accounts(market, [w.bob.address]));
    expect(account.reserved).to.be.greaterThan(0n);
    expect(jobs).to.deep.equal(await lens.jobs(market, asked));
    expect(jobs.map(({ known }) => known)).to.deep.equal([true, false]);
  });
});
