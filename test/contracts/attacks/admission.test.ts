import { expect } from 'chai';
import { HostileAdmission__factory } from '../../../protocol/contracts/generated/index.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { BidRefusal, signedBid } from '../support/signing.ts';
import {
  EXECUTION,
  JOB_SECONDS,
  OFFER,
  OUTPUTS,
  PROVABLE,
  Skip,
  SliceState,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  world,
} from '../support/world.ts';
import type { World } from '../support/world.ts';

/** Ways of HostileAdmission that are no yes, as it numbers them; it begins with yes. */
const REFUSALS = {
  No: 1,
  Reverts: 2,
  RevertsYes: 3,
  BurnsAllGas: 4,
  Invalid: 5,
  Nothing: 6,
  ShortYes: 7,
  Two: 8,
  Bomb: 9,
  RevertBomb: 10,
  Writes: 11,
  Reenters: 12,
} as const;
const ASKS_FOR_GAS = 13;
const NO_CODE = 'no code';
/** What a market gives, the 64th that stays behind, and room around the call. */
const NEEDED = 100_000n + 100_000n / 63n + 15_000n;

async function hostile(w: World) {
  const hook = await new HostileAdmission__factory(w.requester).deploy();
  const address = await hook.getAddress();
  // So that it has something to take out.
  await w.market.connect(w.requester).deposit(address, 10n);
  const turn = async (way: number | typeof NO_CODE): Promise<void> => {
    if (way === NO_CODE) await networkHelpers.setCode(address, '0x');
    else await hook.turn(way);
  };
  return { turn, admission: { hook: address, data: ethers.ZeroHash } };
}

const ways = [...Object.entries(REFUSALS), [NO_CODE, NO_CODE]] as [string, number | typeof NO_CODE][];
const gasOf = async (sent: Promise<{ wait: () => Promise<{ gasUsed: bigint } | null> }>): Promise<bigint> =>
  (await (await sent).wait())?.gasUsed ?? 0n;

describe('attack: an admission contract that does not behave', () => {
  for (const [name, way] of ways) {
    it(`refuses whoever comes, and nobody else, with: ${name}`, async () => {
      const w = await world();
      const { market } = w;
      const { turn, admission } = await hostile(w);
      const posted = await w.post({ admission });
      const traced = await w.postTraced({ admission });
      const other = await w.postTraced();
      await turn(way);

      expect(await market.admits(posted, w.executor.address)).to.equal(false);
      await expect(market.connect(w.executor).claimExecution(w.executor, posted))
        .to.be.revertedWithCustomError(market, 'NotAdmitted')
        .withArgs(posted, w.executor.address);
      await expect(market.connect(w.alice).bid(w.alice, traced, TRACE_HASH, 1n, UNIT))
        .to.be.revertedWithCustomError(market, 'NotAdmitted')
        .withArgs(traced, w.alice.address);

      // Bids and proofs beside those count.
      const refused = await signedBid(w, w.alice, { jobId: traced, slices: 1n });
      const counts = await signedBid(w, w.alice, { jobId: other, slices: 1n, nonce: 1n });
      const brought = market.connect(w.bob).bidSigned([refused, counts]);
      await expect(brought)
        .to.emit(market, 'SignedBidRefused')
        .withArgs(traced, w.alice.address, w.alice.address, 0, BidRefusal.NotAdmitted);
      await expect(brought).to.emit(market, 'BidPlaced');
      expect(await market.isNonceUsed(w.alice.address, 0)).to.equal(false);
      const claims = [
        { jobId: traced, slice: 0, prover: w.alice },
        { jobId: traced, slice: 3, prover: w.bob },
        { jobId: other, slice: 1, prover: w.alice },
      ];
      const settled = market.connect(w.settler).settle(...(await w.settlement(claims)));
      await expect(settled)
        .to.emit(market, 'SlicesSkipped')
        .withArgs(traced, w.alice.address, 1n, Skip.NotAdmitted)
        .and.to.emit(market, 'SlicesSkipped')
        .withArgs(traced, w.bob.address, 8n, Skip.NotAdmitted);
      expect((await market.sliceOf(other, 1)).state).to.equal(SliceState.Settled);
      // No more than two answers were paid for, whatever they cost.
      expect(await gasOf(settled)).to.be.lessThan(600_000n + 2n * NEEDED);
      expect((await market.accountOf(admission.hook))[0]).to.equal(10);

      // Both requesters have all back that nobody earned.
      const before = await w.balanceOf(w.requester);
      await market.connect(w.requester).cancel(posted);
      expect((await w.balanceOf(w.requester)) - before).to.equal(
        15n * OFFER.maxUnitPrice + 3n * OFFER.settleTip + EXECUTION.maxPrice,
      );
      await networkHelpers.time.increase(2 * JOB_SECONDS);
      const escrow = 15n * OFFER.maxUnitPrice + 3n * OFFER.settleTip;
      await expect(market.connect(w.outsider).expire(traced)).to.emit(market, 'JobClosed');
      expect((await w.balanceOf(w.requester)) - before).to.equal(2n * escrow + EXECUTION.maxPrice);
    });
  }

  for (const [name, way] of ways) {
    it(`takes no slice from who holds it by changing its mind to: ${name}`, async () => {
      const w = await world();
      const { market } = w;
      const { turn, admission } = await hostile(w);
      const jobId = await w.postTraced({ admission });
      await market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, PROVABLE, UNIT);
      await turn(way);
      await expect(market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 1n, UNIT / 2n))
        .to.be.revertedWithCustomError(market, 'NotAdmitted')
        .withArgs(jobId, w.bob.address);
      await networkHelpers.time.increase(OFFER.bidWindow + 1);
      // Whether the place of the bid is named, or has to be looked for.
      await w.settle(jobId, [{ slice: 0, prover: w.alice, bid: 0 }]);
      await w.settle(jobId, [
        { slice: 1, prover: w.alice },
        { slice: 3, prover: w.alice },
      ]);
      expect(await w.reservedOf(w.alice)).to.equal(0);
      await expect(market.finalize(jobId)).to.emit(market, 'JobFinalized');
    });

    it(`takes no bond from an executor by then letting nobody prove, with: ${name}`, async () => {
      const w = await world();
      const { market } = w;
      const { turn, admission } = await hostile(w);
      const jobId = await w.post({ admission, required: 0b1001n, challengeSeconds: 60 });
      const own = market.connect(w.executor);
      await own.claimExecution(w.executor, jobId);
      await turn(way);
      await own.commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
      // By a challenger that hopes for its share.
      await market.connect(w.bob).challenge(jobId, 1);
      await expect(market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT))
        .to.be.revertedWithCustomError(market, 'NotAdmitted')
        .withArgs(jobId, w.alice.address);
      expect(await market.admits(jobId, w.executor.address)).to.equal(true);
      await own.bid(w.executor, jobId, TRACE_HASH, 1n, UNIT);
      await networkHelpers.time.increase(OFFER.bidWindow + 1);
      await w.settle(jobId, [
        { slice: 0, prover: w.executor },
        { slice: 1, prover: w.executor },
        { slice: 3, prover: w.executor },
      ]);
      await networkHelpers.time.increase(60);
      await expect(market.finalize(jobId)).to.emit(market, 'JobFinalized');
      expect(await w.reservedOf(w.executor)).to.equal(0);
    });
  }

  it('lets nobody but the executor have a slice that lapsed meanwhile, and keeps no lapse from being booked', async () => {
    const w = await world();
    const { market } = w;
    const { turn, admission } = await hostile(w);
    const jobId = await w.post({ admission, challengeSeconds: 0 });
    await market.connect(w.executor).claimExecution(w.executor, jobId);
    await market
      .connect(w.executor)
      .commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
    await market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b1n, UNIT);
    await market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 0b10n, UNIT);
    await turn(REFUSALS.BurnsAllGas);
    await w.at((await market.sliceOf(jobId, 1)).lockEnd + 1n);
    // A stranger brings proofs of two lapsed slices and an open one: it is asked about once.
    const tried = w.settle(jobId, [
      { slice: 0, prover: w.outsider },
      { slice: 1, prover: w.outsider },
      { slice: 3, prover: w.outsider },
    ]);
    await expect(tried)
      .to.emit(market, 'SlicesLapsed')
      .and.to.emit(market, 'SlicesSkipped')
      .withArgs(jobId, w.outsider.address, 0b1n, Skip.NotAdmitted);
    expect([await w.reservedOf(w.alice), await w.reservedOf(w.bob)]).to.deep.equal([0n, 0n]);
    await w.settle(jobId, [
      { slice: 0, prover: w.executor },
      { slice: 1, prover: w.executor },
      { slice: 3, prover: w.executor },
    ]);
    await expect(market.finalize(jobId)).to.emit(market, 'JobFinalized');
  });

  it('is asked once a group of a prover, however many slices lapsed', async () => {
    const w = await world();
    const { market } = w;
    const { turn, admission } = await hostile(w);
    const jobId = await w.postTraced({ admission });
    for (const [i, holder] of [w.alice, w.bob, w.executor].entries()) {
      await market.connect(holder).bid(holder, jobId, TRACE_HASH, 1n << BigInt([0, 1, 3][i]), UNIT);
    }
    await turn(REFUSALS.BurnsAllGas);
    await networkHelpers.time.increase(OFFER.bidWindow + OFFER.proveSeconds + 1);
    await market.slash(jobId, PROVABLE);
    const [batches, proofs] = await w.settlement(
      [0, 1, 3].map((slice) => ({ jobId, slice, prover: w.outsider })),
    );
    batches[0].groups = [{ ...batches[0].groups[0], slices: PROVABLE }];
    const sent = market.connect(w.settler).settle(batches, proofs);
    await expect(sent)
      .to.emit(market, 'SlicesSkipped')
      .withArgs(jobId, w.outsider.address, 8n, Skip.NotAdmitted);
    expect(await gasOf(sent)).to.be.lessThan(600_000n + NEEDED);
  });

  it('has the gas it was promised: whoever brings less is refused, and no yes is made a no', async () => {
    const w = await world();
    const { market } = w;
    const { turn, admission } = await hostile(w);
    // A yes, if it has nearly all that the market gives.
    const picky = { ...admission, data: ethers.toBeHex(96_000, 32) };
    const posted = await w.post({ admission: picky });
    const traced = await w.postTraced({ admission: picky });
    await turn(ASKS_FOR_GAS);
    expect(await market.admits(posted, w.alice.address)).to.equal(true);
    await expect(market.connect(w.alice).claimExecution.staticCall(w.alice, posted, { gasLimit: 140_000 }))
      .to.be.revertedWithCustomError(market, 'TooLittleGas')
      .withArgs(NEEDED);
    const bid = await signedBid(w, w.alice, { jobId: traced, slices: 1n });
    const args = await w.settlement([{ jobId: traced, slice: 0, prover: w.alice }]);
    const tries = {
      claim: (gasLimit: number) => market.connect(w.alice).claimExecution(w.alice, posted, { gasLimit }),
      bid: (gasLimit: number) =>
        market.connect(w.alice).bid(w.alice, traced, TRACE_HASH, 1n, UNIT, { gasLimit }),
      bidSigned: (gasLimit: number) => market.bidSigned([bid], { gasLimit }),
      settle: (gasLimit: number) => market.connect(w.settler).settle(...args, { gasLimit }),
    };
    const before = await networkHelpers.takeSnapshot();
    for (const [name, attempt] of Object.entries(tries)) {
      const outcomes = new Set<string>();
      for (let gasLimit = 90_000; gasLimit <= 600_000; gasLimit += 6_000) {
        try {
          const receipt = await (await attempt(gasLimit)).wait();
          const names = (receipt?.logs ?? []).map((log) => market.interface.parseLog(log)?.name);
          outcomes.add(names.some((one) => /Skipped|Refused/.test(one ?? '')) ? 'refused' : 'done');
          await before.restore();
        } catch (error) {
          outcomes.add(/NotAdmitted/.test(String(error)) ? 'refused' : 'reverted');
        }
      }
      expect([...outcomes].sort(), name).to.deep.equal(['done', 'reverted']);
    }
  });
});
