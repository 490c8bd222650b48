import { expect } from 'chai';
import { ethers } from '../support/chain.ts';
import { OFFER, PROVABLE, SliceState, TRACE_HASH, UNIT, world } from '../support/world.ts';
import type { World } from '../support/world.ts';

const { bidWindow, proveSeconds, maxUnitPrice } = OFFER;

/** Bids and returns the slices that were taken, as told and as seen in the events. */
async function bid(
  w: World,
  who: World['alice'],
  jobId: string,
  slices: bigint,
  unitPrice: bigint,
  time?: bigint,
): Promise<bigint> {
  const market = w.market.connect(who);
  if (time !== undefined) await w.at(time);
  const receipt = await (await market.bid(who, jobId, TRACE_HASH, slices, unitPrice)).wait();
  return (receipt?.logs ?? []).reduce((mask, log) => {
    const { slices } = w.market.interface.parseLog(log)?.args.toObject() as { slices: bigint };
    return mask | slices;
  }, 0n);
}

describe('SliceMarket: bid', () => {
  it('takes slices at one unit price, reserves collateral and opens the window', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { tracedAt } = await w.market.jobOf(jobId);
    const time = tracedAt + 10n;
    const windowEnd = time + BigInt(bidWindow);
    await w.at(time);
    const sent = w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b1001n, UNIT);
    await expect(sent)
      .to.emit(w.market, 'BidPlaced')
      .withArgs(
        jobId,
        w.alice.address,
        0,
        0b1001n,
        UNIT,
        2n * 10n * maxUnitPrice,
        windowEnd,
        windowEnd + BigInt(proveSeconds),
        ethers.ZeroAddress,
      );
    expect(await w.reservedOf(w.alice)).to.equal(20n * maxUnitPrice);
    const slice = await w.market.sliceOf(jobId, 3);
    expect([slice.state, slice.holder, slice.price, slice.windowEnd]).to.deep.equal([
      SliceState.Held,
      w.alice.address,
      7n * UNIT,
      windowEnd,
    ]);
  });

  it('tells which slices were taken', async () => {
    const w = await world();
    const jobId = await w.postTraced({ required: 0b11n });
    const taken = await w.market
      .connect(w.alice)
      .bid.staticCall(w.alice, jobId, TRACE_HASH, (1n << 256n) - 1n, UNIT);
    expect(taken).to.equal(0b11);
    await expect(w.market.bid(w.owner, jobId, TRACE_HASH, 0, UNIT)).to.be.revertedWithCustomError(
      w.market,
      'NothingNamed',
    );
  });

  it('rounds collateral up', async () => {
    const w = await world();
    const jobId = await w.postTraced({
      offer: { ...OFFER, minUnitPrice: 1, maxUnitPrice: 7, collateralBps: 20_001 },
    });
    await bid(w, w.alice, jobId, 1n, 1n);
    // 7 · 200.01% for each of three units of weight.
    expect(await w.reservedOf(w.alice)).to.equal(45);
  });

  it('skips everything under another trace hash, before the trace, and when the job has ended', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    expect(await w.market.bid.staticCall(w.owner, jobId, ethers.id('other'), PROVABLE, UNIT)).to.equal(0);
    const untraced = await w.post();
    expect(await w.market.bid.staticCall(w.owner, untraced, TRACE_HASH, PROVABLE, UNIT)).to.equal(0);
    // The hash that is kept in the trace's place before there is one.
    const inputsHash = ethers.keccak256(ethers.toBeHex(1000, 32));
    expect(await w.market.bid.staticCall(w.owner, untraced, inputsHash, PROVABLE, UNIT)).to.equal(0);
    const { closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await w.market.expire(jobId);
    expect(await w.market.bid.staticCall(w.owner, jobId, TRACE_HASH, PROVABLE, UNIT)).to.equal(0);
  });

  it('takes a first bid at the ramp, not one unit above it', async () => {
    const w = await world();
    for (const elapsed of [1n, 50n, 99n, 100n, 101n]) {
      const jobId = await w.postTraced();
      const { tracedAt } = await w.market.jobOf(jobId);
      const span = elapsed > 100n ? 100n : elapsed;
      const price = UNIT + (2n * UNIT * span) / 100n;
      expect(await bid(w, w.alice, jobId, 1n, price + 1n, tracedAt + elapsed)).to.equal(0);
      const other = await w.postTraced();
      const { tracedAt: start } = await w.market.jobOf(other);
      expect(await bid(w, w.alice, other, 1n, price, start + elapsed)).to.equal(1);
      expect(await w.market.unitPriceNow(other)).to.equal(price);
    }
  });

  it('replaces a bid within the window by one that undercuts enough, and frees the other', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const start = (await w.market.jobOf(jobId)).tracedAt + 1n;
    await bid(w, w.alice, jobId, 0b11n, UNIT, start);
    const before = await w.balanceOf(w.alice);
    const most = (UNIT * 9_500n) / 10_000n;
    expect(await bid(w, w.bob, jobId, 1n, most + 1n)).to.equal(0);
    expect(await bid(w, w.alice, jobId, 1n, most)).to.equal(0);
    expect(await bid(w, w.bob, jobId, 1n, most, start + BigInt(bidWindow))).to.equal(1);
    expect((await w.balanceOf(w.alice)) - before).to.equal(6n * maxUnitPrice);
    expect(await w.reservedOf(w.alice)).to.equal(10n * maxUnitPrice);
    expect(await w.reservedOf(w.bob)).to.equal(6n * maxUnitPrice);
    const slice = await w.market.sliceOf(jobId, 0);
    expect([slice.holder, slice.unitPrice, slice.windowEnd]).to.deep.equal([
      w.bob.address,
      most,
      start + BigInt(bidWindow),
    ]);
    expect(await bid(w, w.outsider, jobId, 0b11n, 1n, start + BigInt(bidWindow) + 1n)).to.equal(0);
  });

  it('asks for a lower bid where no undercut is asked, and none below nothing', async () => {
    const w = await world();
    const jobId = await w.postTraced({ offer: { ...OFFER, minUnitPrice: 2, minUndercutBps: 0 } });
    await bid(w, w.alice, jobId, 1n, 2n);
    expect(await bid(w, w.bob, jobId, 1n, 2n)).to.equal(0);
    expect(await bid(w, w.bob, jobId, 1n, 1n)).to.equal(1);
    expect(await bid(w, w.alice, jobId, 1n, 0n)).to.equal(1);
    expect(await bid(w, w.bob, jobId, 1n, 0n)).to.equal(0);
  });

  it('gives a slice at once when there is no window', async () => {
    const w = await world();
    const jobId = await w.postTraced({ offer: { ...OFFER, bidWindow: 0 } });
    await bid(w, w.alice, jobId, 1n, UNIT);
    expect(await bid(w, w.bob, jobId, 1n, 1n)).to.equal(0);
  });

  it('takes a first bid to the last second that leaves it all its time', async () => {
    const w = await world();
    for (const [late, taken] of [
      [-1n, 1n],
      [0n, 1n],
      [1n, 0n],
    ]) {
      const jobId = await w.postTraced();
      const { deadline } = await w.market.jobOf(jobId);
      const last = deadline - BigInt(bidWindow + proveSeconds);
      expect(await bid(w, w.alice, jobId, 1n, UNIT, last + late)).to.equal(taken);
    }
  });

  it('skips settled and lapsed slices, booked or not', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.settle(jobId, [{ slice: 1, prover: w.bob }]);
    await bid(w, w.alice, jobId, 0b1001n, UNIT);
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    expect(await bid(w, w.bob, jobId, PROVABLE, 1n, lockEnd + 1n)).to.equal(0);
    await w.market.slash(jobId, 1n);
    expect(await bid(w, w.bob, jobId, PROVABLE, 1n)).to.equal(0);
  });

  it('refuses a bid whose collateral is not there', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const needed = 30n * maxUnitPrice;
    const balance = await w.balanceOf(w.alice);
    await w.market.connect(w.alice).withdraw(balance - needed + 1n, w.alice.address, false);
    await expect(w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, PROVABLE, UNIT))
      .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
      .withArgs(w.alice.address, needed - 1n, needed);
    await w.market.connect(w.alice).deposit(w.alice, 1);
    expect(await bid(w, w.alice, jobId, PROVABLE, UNIT)).to.equal(PROVABLE);
  });
});

describe('SliceMarket: slash', () => {
  it('books bids that ran out, after their last second, each with all that it has unproved', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await bid(w, w.alice, jobId, 0b11n, UNIT);
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    await bid(w, w.alice, jobId, 0b1000n, UNIT);
    await w.at(lockEnd);
    await expect(w.market.slash(jobId, PROVABLE)).not.to.emit(w.market, 'SlicesLapsed');
    const before = await Promise.all([w.outsider, w.alice].map((account) => w.balanceOf(account)));
    await w.at(lockEnd + 1n);
    // Slice 0 is named, and slice 1 of the same bid lapses with it.
    const sent = w.market.connect(w.outsider).slash(jobId, 0b101n);
    const closing = (await w.market.jobOf(jobId)).deadline;
    const collateral = 2n * 8n * maxUnitPrice;
    await expect(sent)
      .to.emit(w.market, 'SlicesLapsed')
      .withArgs(
        jobId,
        w.alice.address,
        0,
        0b11n,
        collateral / 2n,
        (collateral * 4n) / 10n,
        collateral / 10n,
        w.outsider.address,
        closing,
      );
    const after = await Promise.all([w.outsider, w.alice].map((account) => w.balanceOf(account)));
    expect(after.map((value, i) => value - before[i])).to.deep.equal([(16n * maxUnitPrice) / 10n, 0n]);
    expect(await w.reservedOf(w.alice)).to.equal(14n * maxUnitPrice);
    const job = await w.market.jobOf(jobId);
    expect(job.raises).to.equal((16n * maxUnitPrice * 4n) / 10n);
    const slice = await w.market.sliceOf(jobId, 0);
    expect([slice.state, slice.booked, slice.price, slice.raise]).to.deep.equal([
      SliceState.Lapsed,
      true,
      3n * UNIT,
      (6n * maxUnitPrice * 4n) / 10n,
    ]);
    expect((await w.market.sliceOf(jobId, 1)).booked).to.equal(true);
    await w.market.connect(w.bob).deposit(w.bob, 1);
    const other = await w.market.sliceOf(jobId, 3);
    expect([other.state, other.booked]).to.deep.equal([SliceState.Lapsed, false]);
  });

  it('books a lapse once, and nothing of jobs without holds', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await bid(w, w.alice, jobId, 1n, UNIT);
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    await bid(w, w.alice, jobId, 0b1000n, UNIT);
    await w.at((await w.market.sliceOf(jobId, 3)).lockEnd + 1n);
    await w.market.connect(w.bob).deposit(w.bob, 1);
    expect(lockEnd).to.be.below((await w.market.sliceOf(jobId, 3)).lockEnd);
    expect(await w.market.slash.staticCall(jobId, PROVABLE)).to.equal(0b1001n);
    expect(await w.market.slash.staticCall(jobId, 0b1010n)).to.equal(0b1000n);
    await w.market.slash(jobId, 0b1001n);
    expect(await w.market.slash.staticCall(jobId, PROVABLE)).to.equal(0);
    await expect(w.market.slash(jobId, PROVABLE)).not.to.emit(w.market, 'SlicesLapsed');
    expect(await w.market.slash.staticCall(await w.post(), PROVABLE)).to.equal(0);
    await expect(w.market.slash(jobId, 0)).to.be.revertedWithCustomError(w.market, 'NothingNamed');
  });

  it('keeps a job open for proveSeconds after a late lapse, without moving its deadline', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { deadline } = await w.market.jobOf(jobId);
    await bid(w, w.alice, jobId, 1n, UNIT, deadline - BigInt(bidWindow + proveSeconds));
    await w.at(deadline + 1n);
    await w.market.slash(jobId, 1n);
    const job = await w.market.jobOf(jobId);
    expect([job.deadline, job.closing]).to.deep.equal([deadline, deadline + BigInt(proveSeconds)]);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.bob }]);
    await w.at(job.closing);
    await expect(w.market.connect(w.settler).settle(...args)).to.emit(w.market, 'SlicesSettled');
  });

  it('says that it took nothing once the window has passed', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await bid(w, w.alice, jobId, 1n, UNIT);
    const { windowEnd } = await w.market.sliceOf(jobId, 0);
    await w.at(windowEnd + 1n);
    await w.market.connect(w.bob).deposit(w.bob, 1);
    const call = w.market.connect(w.bob).bid;
    expect(await call.staticCall(w.bob, jobId, TRACE_HASH, 1n, UNIT / 2n)).to.equal(0);
    await bid(w, w.bob, jobId, 1n, UNIT / 2n);
    expect((await w.market.sliceOf(jobId, 0)).holder).to.equal(w.alice.address);
  });

  it('keeps a job open for the latest lapse, in whichever order they are booked', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { deadline } = await w.market.jobOf(jobId);
    const last = deadline - BigInt(bidWindow + proveSeconds);
    await bid(w, w.alice, jobId, 0b1000n, UNIT, last - 20n);
    await bid(w, w.alice, jobId, 1n, UNIT, last);
    await w.at(deadline + 1n);
    await w.market.slash(jobId, 1n);
    await w.market.slash(jobId, 0b1000n);
    expect((await w.market.jobOf(jobId)).closing).to.equal(deadline + BigInt(proveSeconds));
  });
});
