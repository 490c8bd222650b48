import { expect } from 'chai';
import { networkHelpers } from '../support/chain.ts';
import { OFFER, OUTPUTS, TRACE, TRACE_DIGEST, TRACE_HASH, UNIT, world } from '../support/world.ts';
import type { World } from '../support/world.ts';

const { proveSeconds, settleTip, maxUnitPrice } = OFFER;

type Accounts = readonly { readonly address: string }[];

/** All that some accounts have in the market. */
async function wealthOf(w: World, accounts: Accounts): Promise<bigint> {
  const parts = await Promise.all(accounts.map((account) => w.market.accountOf(account.address)));
  return parts.reduce((sum, [balance, reserved]) => sum + balance + reserved, 0n);
}

describe('attack: farming slashes', () => {
  it('a prover that lapses on purpose and proves with a second account pays half of the collateral for it', async () => {
    const w = await world();
    const hand = [w.alice, w.bob, w.settler];
    const before = await wealthOf(w, hand);
    const jobId = await w.postTraced({ required: 0b1000n });
    await w.market.connect(w.alice).bid(jobId, TRACE_HASH, 0b1000n, UNIT);
    const { lockEnd, collateral } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.bob }]);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    const price = 7n * UNIT;
    const honest = price - (price * 200n) / 10_000n + settleTip;
    // The raise (40%) and the caller's tenth come back, half is burned: less than nothing, at any price it could have had.
    expect((await wealthOf(w, hand)) - before).to.equal(honest - collateral / 2n);
    expect(collateral / 2n).to.be.at.least(7n * maxUnitPrice);
  });

  it('a requester that takes the raise by itself gets 50% of what another lost, and pays price and fee like anyone', async () => {
    const w = await world();
    const hand = [w.requester, w.settler];
    const before = await wealthOf(w, hand);
    const victim = await wealthOf(w, [w.alice]);
    const jobId = await w.postTraced({ required: 0b1000n });
    await w.market.connect(w.alice).bid(jobId, TRACE_HASH, 0b1000n, UNIT);
    const { lockEnd, collateral } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.requester }]);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    await w.market.finalize(jobId);
    const fee = (7n * UNIT * 200n) / 10_000n;
    // Why a prover bids only on what it has checked: whoever defaults pays, whoever proves has the raise.
    expect((await wealthOf(w, hand)) - before).to.equal(collateral / 2n - fee);
    expect(victim - (await wealthOf(w, [w.alice]))).to.equal(collateral);
  });

  it("a requester that withholds nothing can't make an executor default: it proves the slice by itself, and is paid", async () => {
    const w = await world();
    // A friend of the requester's locks the one slice and lets it lapse in the last moment.
    const jobId = await w.postExecuted({ required: 0b1000n });
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline - BigInt(OFFER.bidWindow + proveSeconds));
    await w.market.connect(w.alice).bid(jobId, TRACE_HASH, 0b1000n, UNIT);
    const before = await wealthOf(w, [w.executor]);
    const { lockEnd, collateral } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.executor }]);
    await w.at(lockEnd + BigInt(proveSeconds));
    await w.market.connect(w.settler).settle(...args);
    await w.market.finalize(jobId);
    const raise = collateral - collateral / 2n - collateral / 10n;
    const { executionPrice } = await w.market.jobOf(jobId);
    const price = 7n * UNIT;
    expect((await wealthOf(w, [w.executor])) - before).to.equal(
      price - (price * 200n) / 10_000n + raise + executionPrice,
    );
  });

  it('a challenger that is the requester too gains 30% of the rest of a bond, and only from one that cannot prove', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n });
    await w.market.connect(w.alice).challenge(jobId, 3);
    const before = await wealthOf(w, [w.alice, w.outsider]);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.executor }]);
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline);
    await w.market.connect(w.settler).settle(...args);
    // An executor that can prove is paid by the challenger, the dearer the later.
    expect(before - (await wealthOf(w, [w.alice, w.outsider]))).to.equal(7n * maxUnitPrice + settleTip);
  });
});

describe('attack: locks that nobody means to honour', () => {
  it('cost, for each slice and the only time, twice what the slice could have cost, and delay it by one hold', async () => {
    const w = await world();
    const jobId = await w.postTraced({ jobSeconds: 2_000 });
    const before = await wealthOf(w, [w.alice, w.bob]);
    // Two accounts of one griefer: the second can't lock what the first let lapse.
    await w.market.connect(w.alice).bid(jobId, TRACE_HASH, 0b1011n, UNIT);
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.bob).bid(jobId, TRACE_HASH, 0b1011n, UNIT);
    await w.market.connect(w.outsider).slash(jobId, 0b1011n);
    await w.market.connect(w.bob).bid(jobId, TRACE_HASH, 0b1011n, UNIT);
    expect(before - (await wealthOf(w, [w.alice, w.bob]))).to.equal(2n * 15n * maxUnitPrice);
    // Whoever comes first is paid, and well.
    const honest = await wealthOf(w, [w.executor]);
    await w.settle(
      jobId,
      [0, 1, 3].map((slice) => ({ slice, prover: w.executor })),
    );
    expect((await wealthOf(w, [w.executor])) - honest).to.be.greaterThan(15n * UNIT);
  });

  it("on a claim, cost 90% of a bond that is as large as the job's escrow, each time, and the requester nothing", async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.post();
    const griefers = [w.alice, w.bob];
    const wealth = await wealthOf(w, griefers);
    const { commitBy } = await w.market.jobOf(jobId);
    let claims = 0n;
    let bond = 0n;
    for (;;) {
      const claimed = await w.market
        .connect(griefers[Number(claims % 2n)])
        .claimExecution(jobId)
        .catch((error: unknown) => String(error));
      if (typeof claimed === 'string') {
        expect(claimed).to.include('ClaimTooLate');
        break;
      }
      claims++;
      const job = await w.market.jobOf(jobId);
      ({ bond } = job);
      await w.at(job.claimEnd + 1n);
    }
    // The ramp of 80 seconds and two claims of 50 have room for three.
    expect(claims).to.equal(3);
    await w.at(commitBy + 1n);
    await w.market.connect(w.outsider).expire(jobId);
    // They had the tenths of those that they booked themselves, and outsiders that of the last.
    expect(wealth - (await wealthOf(w, griefers))).to.equal(claims * bond - ((claims - 1n) * bond) / 10n);
    expect(await w.balanceOf(w.requester)).to.equal(before);
  });
});

describe('attack: withholding', () => {
  it("of a trace's data, to be the only one who can prove, costs the executor what nobody proves in time", async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.postExecuted();
    const { closing, bond } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await expect(w.market.connect(w.outsider).expire(jobId))
      .to.emit(w.market, 'BondForfeited')
      .withArgs(jobId, w.executor.address, 0, bond / 10n, bond - bond / 10n, w.outsider.address);
    expect(await w.balanceOf(w.requester)).to.equal(before);
  });

  it('of the draw costs the executor its bond, and makes the requester whole', async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.postExecuted({ required: 1n, audits: 1 });
    await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
    const { closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await w.market.connect(w.outsider).expire(jobId);
    expect(await w.balanceOf(w.requester)).to.equal(before);
    expect(await w.reservedOf(w.executor)).to.equal(0);
  });

  it('by a requester who cancels to have a drawn slice refunded instead of proved, does not work', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n, audits: 1, challengeSeconds: 0 });
    await networkHelpers.mine(1);
    await w.market.draw(jobId);
    const slice = (await w.market.jobOf(jobId)).audited === 0b10n ? 1 : 3;
    await w.market.connect(w.requester).cancel(jobId);
    const { cancelEnd } = await w.market.jobOf(jobId);
    const args = await w.settlement([
      { jobId, slice, prover: w.bob },
      { jobId, slice: 0, prover: w.bob },
    ]);
    await w.at(cancelEnd + 1n);
    const sent = w.market.connect(w.settler).settle(...args);
    await expect(sent).to.emit(w.market, 'SliceSettled');
    await expect(sent).to.emit(w.market, 'SliceSkipped').withArgs(jobId, 0, w.bob.address, 4);
    const before = await wealthOf(w, [w.executor]);
    await w.market.expire(jobId);
    const { executionPrice } = await w.market.jobOf(jobId);
    expect((await wealthOf(w, [w.executor])) - before).to.equal(executionPrice);
  });
});

describe('attack: dust', () => {
  it('bids at zero or a unit pay their collateral all the same, and undercuts of nothing are none', async () => {
    const w = await world();
    const jobId = await w.postTraced({ offer: { ...OFFER, minUnitPrice: 1, minUndercutBps: 0 } });
    await w.market.connect(w.alice).bid(jobId, TRACE_HASH, 1n, 1n);
    expect(await w.reservedOf(w.alice)).to.equal(6n * maxUnitPrice);
    expect(await w.market.connect(w.bob).bid.staticCall(jobId, TRACE_HASH, 1n, 1n)).to.equal(0);
    await w.market.connect(w.bob).bid(jobId, TRACE_HASH, 1n, 0n);
    expect(await w.market.connect(w.alice).bid.staticCall(jobId, TRACE_HASH, 1n, 0n)).to.equal(0);
    expect(await w.reservedOf(w.alice)).to.equal(0);
    expect(await w.reservedOf(w.bob)).to.equal(6n * maxUnitPrice);
  });

  it('prices of single units lose nothing in rounding: what is paid, kept and refunded is the escrow', async () => {
    const w = await world();
    const offer = { ...OFFER, minUnitPrice: 1, maxUnitPrice: 3, settleTip: 1, collateralBps: 20_001 };
    const before = await wealthOf(w, [...w.everyone, w.treasury]);
    const jobId = await w.postTraced({ offer, required: 0b1000n });
    await w.market.connect(w.alice).bid(jobId, TRACE_HASH, 0b1000n, 1n);
    // 21 · 200.01%, rounded up.
    expect(await w.reservedOf(w.alice)).to.equal(43);
    const { lockEnd } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.bob }]);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    await w.market.finalize(jobId);
    expect(before - (await wealthOf(w, [...w.everyone, w.treasury]))).to.equal(43n / 2n);
  });
});

describe('attack: draining between post and settle', () => {
  it('fails: what a job can cost was taken at post, and what a bid has at stake when it was made', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ challengeSeconds: 0 });
    await w.market.connect(w.alice).bid(jobId, TRACE_HASH, 1n, UNIT);
    for (const account of [w.requester, w.executor, w.alice]) {
      const balance = await w.balanceOf(account);
      await w.market.connect(account).withdraw(balance, account.address);
      await expect(w.market.connect(account).withdraw(1n, account.address))
        .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
        .withArgs(account.address, 0, 1);
    }
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    const args = await w.settlement([0, 1, 3].map((slice) => ({ jobId, slice, prover: w.bob })));
    const before = await w.balanceOf(w.bob);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    await w.market.finalize(jobId);
    expect((await w.balanceOf(w.bob)) - before).to.be.greaterThan(15n * UNIT);
    const { executionPrice } = await w.market.jobOf(jobId);
    // Its bond is free again, with the price on top.
    const [claimed] = await w.market.queryFilter(w.market.filters.ExecutionClaimed(jobId));
    expect(await w.balanceOf(w.executor)).to.equal(claimed.args.bond + executionPrice);
  });
});

describe('attack: paid twice, or as another job', () => {
  it('a slice is paid once, whoever brings it again, in one settlement or several', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const claims = [w.bob, w.alice, w.bob].map((prover) => ({ jobId, slice: 0, prover }));
    const before = await wealthOf(w, [w.alice]);
    await w.settle(jobId, claims);
    await w.settle(jobId, claims);
    expect(await w.market.queryFilter(w.market.filters.SliceSettled(jobId))).to.have.length(1);
    expect(await wealthOf(w, [w.alice])).to.equal(before);
  });

  it('no job takes the place of another: an id binds chain, market, requester, nonce and every field', async () => {
    const w = await world();
    const request = w.request({ nonce: 1n });
    await w.market.connect(w.requester).post(request);
    await expect(w.market.connect(w.requester).post(request)).to.be.revertedWithCustomError(
      w.market,
      'JobAlreadyPosted',
    );
    const ids = new Set([await w.market.jobIdOf(request)]);
    const others = [
      { nonce: 2n },
      { requester: w.alice.address },
      { inputs: [TRACE[1]] },
      { audits: 1 },
      { admission: { minRecord: 1, excluded: false, accounts: [] } },
      { consumer: w.alice.address },
      { outputCommitmentOnly: true },
    ];
    for (const change of others) ids.add(await w.market.jobIdOf({ ...request, ...change }));
    expect(ids.size).to.equal(others.length + 1);
    // A trace for one is none for another: the inputs are the job's.
    const jobId = await w.post({ inputs: [TRACE[1]] });
    await w.market.connect(w.executor).claimExecution(jobId);
    await expect(w.market.connect(w.executor).commitTrace(jobId, TRACE, TRACE_DIGEST, OUTPUTS))
      .to.be.revertedWithCustomError(w.market, 'TraceInputsMismatch')
      .withArgs(jobId);
  });
});
