import { expect } from 'chai';
import { ethers } from '../support/chain.ts';
import { OFFER, Skip, SliceState, TRACE, TRACE_HASH, UNIT, world } from '../support/world.ts';
import type { World } from '../support/world.ts';

const { bidWindow, proveSeconds, settleTip } = OFFER;
/** Collateral of slice 0, of weight 3. */
const COLLATERAL = 2n * 3n * OFFER.maxUnitPrice;

async function withBid(w: World, slices = 1n) {
  const jobId = await w.postTraced();
  const time = await w.timeOf(w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, slices, UNIT));
  return { jobId, windowEnd: time + bidWindow, lockEnd: time + bidWindow + proveSeconds };
}

describe('SliceMarket: settle', () => {
  it('pays a holder its bid, releases its collateral, and gives fee and tip to whom they belong', async () => {
    const w = await world();
    const { jobId, windowEnd } = await withBid(w);
    expect(await w.reservedOf(w.alice)).to.equal(COLLATERAL);
    const accounts = [w.alice, w.settler, w.treasury];
    const before = await Promise.all(accounts.map((account) => w.balanceOf(account)));
    const price = 3n * UNIT;
    const fee = (price * 200n) / 10_000n;
    await w.at(windowEnd + 1);
    await expect(w.settle(jobId, [{ slice: 0, prover: w.alice }]))
      .to.emit(w.market, 'SlicesSettled')
      .withArgs(jobId, w.alice.address, 1n, UNIT, price, fee, 0, settleTip, COLLATERAL, w.settler.address);
    const after = await Promise.all(accounts.map((account) => w.balanceOf(account)));
    expect(after.map((value, i) => value - before[i])).to.deep.equal([
      COLLATERAL + price - fee,
      settleTip,
      fee,
    ]);
    expect(await w.reservedOf(w.alice)).to.equal(0);
    const slice = await w.market.sliceOf(jobId, 0);
    expect([slice.state, slice.holder, slice.unitPrice]).to.deep.equal([
      SliceState.Settled,
      w.alice.address,
      UNIT,
    ]);
  });

  it("pays whoever proves a slice without bids the ramp's price of that second", async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { tracedAt } = await w.market.jobOf(jobId);
    const args = await w.settlement([{ jobId, slice: 1, prover: w.bob }]);
    await w.at(tracedAt + 33n);
    const unit = UNIT + (2n * UNIT * 33n) / 100n;
    await expect(w.market.connect(w.settler).settle(...args))
      .to.emit(w.market, 'SlicesSettled')
      .withArgs(
        jobId,
        w.bob.address,
        2n,
        unit,
        5n * unit,
        (5n * unit * 2n) / 100n,
        0,
        settleTip,
        0,
        w.settler.address,
      );
  });

  it('settles slices of several jobs, circuits and provers in one check', async () => {
    const w = await world();
    const first = await w.postTraced();
    const second = await w.postTraced();
    const args = await w.settlement([
      { jobId: first, slice: 3, prover: w.alice },
      { jobId: first, slice: 1, prover: w.bob },
      { jobId: second, slice: 0, prover: w.bob },
      { jobId: first, slice: 0, prover: w.bob },
      { jobId: second, slice: 1, prover: w.alice },
    ]);
    await w.market.connect(w.settler).settle(...args);
    const counts = await Promise.all(
      [first, second].map(async (jobId) => (await w.market.jobOf(jobId)).settledCount),
    );
    expect(counts).to.deep.equal([3n, 2n]);
  });

  it('skips a slice while its bid window is open, to its last second', async () => {
    const w = await world();
    const { jobId, windowEnd } = await withBid(w);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    for (const [time, settled] of [
      [windowEnd - 1, false],
      [windowEnd, false],
      [windowEnd + 1, true],
    ] as const) {
      await w.at(time);
      const sent = w.market.connect(w.settler).settle(...args);
      if (settled) await expect(sent).to.emit(w.market, 'SlicesSettled');
      else {
        await expect(sent)
          .to.emit(w.market, 'SlicesSkipped')
          .withArgs(jobId, w.alice.address, 1n << BigInt(0), Skip.WindowOpen);
      }
    }
  });

  it('pays at once when there is no window', async () => {
    const w = await world();
    const jobId = await w.postTraced({ offer: { ...OFFER, bidWindow: 0 } });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    await expect(w.settle(jobId, [{ slice: 0, prover: w.alice }])).to.emit(w.market, 'SlicesSettled');
  });

  it("skips another's proof of a held slice to the lock's last second, and pays it after", async () => {
    const w = await world();
    const { jobId, lockEnd } = await withBid(w);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.bob }]);
    for (const time of [lockEnd - 1, lockEnd]) {
      await w.at(time);
      await expect(w.market.connect(w.settler).settle(...args))
        .to.emit(w.market, 'SlicesSkipped')
        .withArgs(jobId, w.bob.address, 1n << BigInt(0), Skip.HeldByOther);
    }
    await w.at(lockEnd + 1);
    await expect(w.market.connect(w.settler).settle(...args)).to.emit(w.market, 'SlicesSettled');
  });

  it("pays the holder in the lock's last second", async () => {
    const w = await world();
    const { jobId, lockEnd } = await withBid(w);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    await w.at(lockEnd);
    await expect(w.market.connect(w.settler).settle(...args)).to.emit(w.market, 'SlicesSettled');
    expect(await w.reservedOf(w.alice)).to.equal(0);
  });

  it("books a lapse on the way and pays the lapsed bid's price with the raise", async () => {
    const w = await world();
    const { jobId, lockEnd } = await withBid(w);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.bob }]);
    const before = await Promise.all([w.bob, w.settler, w.alice].map((account) => w.balanceOf(account)));
    const raise = (COLLATERAL * 4n) / 10n;
    const price = 3n * UNIT;
    const fee = (price * 2n) / 100n;
    await w.at(lockEnd + 1);
    const sent = w.market.connect(w.settler).settle(...args);
    await expect(sent)
      .to.emit(w.market, 'SlicesLapsed')
      .withArgs(
        jobId,
        w.alice.address,
        0,
        1n,
        COLLATERAL / 2n,
        raise,
        COLLATERAL / 10n,
        w.settler.address,
        (await w.market.jobOf(jobId)).deadline,
      );
    await expect(sent)
      .to.emit(w.market, 'SlicesSettled')
      .withArgs(jobId, w.bob.address, 1n, UNIT, price, fee, raise, settleTip, 0, w.settler.address);
    const after = await Promise.all([w.bob, w.settler, w.alice].map((account) => w.balanceOf(account)));
    expect(after.map((value, i) => value - before[i])).to.deep.equal([
      price - fee + raise,
      COLLATERAL / 10n + settleTip,
      0n,
    ]);
    expect((await w.market.jobOf(jobId)).raises).to.equal(0);
  });

  it('lets the one that lapsed prove it late, at the loss of its collateral', async () => {
    const w = await world();
    const before = await w.balanceOf(w.alice);
    const { jobId, lockEnd } = await withBid(w);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    await w.at(lockEnd + 1);
    await w.market.connect(w.settler).settle(...args);
    const paid = 3n * UNIT - (3n * UNIT * 2n) / 100n + (COLLATERAL * 4n) / 10n;
    expect((await w.balanceOf(w.alice)) - before).to.equal(paid - COLLATERAL);
    expect(paid).to.be.lessThan(COLLATERAL);
  });

  it('pays the rest of a batch when one slice cannot be paid', async () => {
    const w = await world();
    const jobId = await w.postTraced({ required: 0b11n });
    await w.settle(jobId, [{ slice: 0, prover: w.alice }]);
    const sent = w.settle(jobId, [
      { slice: 0, prover: w.bob },
      { slice: 1, prover: w.bob },
      { slice: 3, prover: w.bob },
    ]);
    await expect(sent)
      .to.emit(w.market, 'SlicesSkipped')
      .withArgs(jobId, w.bob.address, 1n << BigInt(0), Skip.AlreadySettled);
    await expect(sent)
      .to.emit(w.market, 'SlicesSkipped')
      .withArgs(jobId, w.bob.address, 1n << BigInt(3), Skip.NotDue);
    await expect(sent).to.emit(w.market, 'SlicesSettled');
    const { state, holder } = await w.market.sliceOf(jobId, 1);
    // Nobody bid on it: who was paid is in the event.
    expect([state, holder]).to.deep.equal([SliceState.Settled, ethers.ZeroAddress]);
  });

  it('pays a slice named twice in one settlement once', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const before = await w.balanceOf(w.bob);
    const sent = await w.settle(jobId, [
      { slice: 0, prover: w.alice },
      { slice: 0, prover: w.bob },
    ]);
    await expect(sent)
      .to.emit(w.market, 'SlicesSkipped')
      .withArgs(jobId, w.bob.address, 1n << BigInt(0), Skip.AlreadySettled);
    expect(await w.balanceOf(w.bob)).to.equal(before);
  });

  it('pays open slices to the last second of closing, and none after', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { closing } = await w.market.jobOf(jobId);
    const first = await w.settlement([{ jobId, slice: 0, prover: w.bob }]);
    const second = await w.settlement([{ jobId, slice: 1, prover: w.bob }]);
    await w.at(closing);
    await expect(w.market.connect(w.settler).settle(...first)).to.emit(w.market, 'SlicesSettled');
    await w.at(closing + 1n);
    await expect(w.market.connect(w.settler).settle(...second))
      .to.emit(w.market, 'SlicesSkipped')
      .withArgs(jobId, w.bob.address, 1n << BigInt(1), Skip.JobClosing);
  });

  it('skips slices of a job that has ended', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await w.market.expire(jobId);
    await expect(w.settle(jobId, [{ slice: 0, prover: w.bob }]))
      .to.emit(w.market, 'SlicesSkipped')
      .withArgs(jobId, w.bob.address, 1n << BigInt(0), Skip.JobEnded);
  });

  it('reverts for an unknown job, another trace, an unprovable slice, a zero prover, a missing proof', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const untraced = await w.post();
    const [batches, bytes] = await w.settlement([{ jobId, slice: 0, prover: w.bob }]);
    const settle = (change: object, proofs = bytes) =>
      w.market.connect(w.settler).settle([{ ...batches[0], ...change }], proofs);
    const { market } = w;
    await expect(settle({ jobId: ethers.id('nothing') }))
      .to.be.revertedWithCustomError(market, 'UnknownJob')
      .withArgs(ethers.id('nothing'));
    await expect(settle({ trace: [...TRACE.slice(0, 4), ethers.ZeroHash] }))
      .to.be.revertedWithCustomError(market, 'TraceMismatch')
      .withArgs(jobId);
    await expect(settle({ jobId: untraced }))
      .to.be.revertedWithCustomError(market, 'TraceMismatch')
      .withArgs(untraced);
    // Before the trace the hash of the inputs is kept in its place: it must not pass for one.
    await expect(settle({ jobId: untraced, trace: [TRACE[0]] }))
      .to.be.revertedWithCustomError(market, 'TraceMismatch')
      .withArgs(untraced);
    const named = (prover: string, ...slices: readonly bigint[]) =>
      settle({ groups: slices.map((mask) => ({ prover, bid: 0, slices: mask })) });
    for (const slice of [2n, 4n, 255n]) {
      await expect(named(w.bob.address, 1n << slice))
        .to.be.revertedWithCustomError(market, 'UnknownSlice')
        .withArgs(jobId, slice);
    }
    await expect(named(ethers.ZeroAddress, 8n))
      .to.be.revertedWithCustomError(market, 'ZeroProver')
      .withArgs(jobId, 3);
    await expect(settle({}, ethers.ZeroHash)).to.be.revertedWithCustomError(w.verifier, 'EmptyBatch');
    const [{ groups }] = batches;
    await expect(settle({ groups: [groups[0], groups[0]] }))
      .to.be.revertedWithCustomError(w.verifier, 'StatementLengthMismatch')
      .withArgs(8, 1);
    await expect(settle({ groups: [] })).to.be.revertedWithCustomError(market, 'NothingNamed');
    for (const empty of [named(w.bob.address, 0n), named(w.bob.address, 8n, 0n)]) {
      await expect(empty).to.be.revertedWithCustomError(market, 'NothingNamed');
    }
    await expect(named(w.bob.address, 2n)).to.be.revertedWithCustomError(w.verifier, 'CircuitNotListed');
    await expect(named(w.alice.address, 1n)).to.be.revertedWithCustomError(w.verifier, 'ProofCheckFailed');
  });

  it('builds the signals that signalsOf shows', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const tag =
      BigInt(
        ethers.keccak256(
          ethers.AbiCoder.defaultAbiCoder().encode(
            ['uint256', 'address', 'bytes32', 'uint256', 'address'],
            [w.chainId, w.addresses.market, jobId, 1, w.bob.address],
          ),
        ),
      ) % 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
    expect(await w.market.signalsOf(jobId, 1, w.bob.address, TRACE)).to.deep.equal([
      1000n,
      1001n,
      1002n,
      tag,
    ]);
    await expect(w.market.signalsOf(jobId, 1, ethers.ZeroAddress, TRACE))
      .to.be.revertedWithCustomError(w.market, 'ZeroProver')
      .withArgs(jobId, 1);
    await expect(w.market.signalsOf(jobId, 2, w.bob.address, TRACE))
      .to.be.revertedWithCustomError(w.market, 'UnknownSlice')
      .withArgs(jobId, 2);
    await expect(w.market.signalsOf(jobId, 1, w.bob.address, TRACE.slice(1)))
      .to.be.revertedWithCustomError(w.market, 'TraceMismatch')
      .withArgs(jobId);
  });
});
