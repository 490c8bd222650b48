import { expect } from 'chai';
import type { ContractTransactionResponse } from 'ethers';
import { listed } from '../support/lists.ts';
import {
  BURN,
  NO_EXECUTION,
  OFFER,
  Skip,
  SliceState,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  world,
  slicesOf,
} from '../support/world.ts';
import type { Claim, World } from '../support/world.ts';

type Claims = readonly (Claim & { readonly jobId: string })[];
type Account = World['alice'];

/** Balance, reserved part and record of an account. */
async function entryOf({ market }: World, account: string): Promise<[bigint, bigint, bigint]> {
  const [balance, reserved] = await market.accountOf(account);
  return [balance, reserved, await market.recordOf(account)];
}

/** What the events of a settlement move, by the table above the events. `released`: what its holders get back. */
async function movesOf({ market }: World, sent: ContractTransactionResponse, released: Map<string, bigint>) {
  const block = (await sent.wait())?.blockNumber;
  const moves = new Map<string, [bigint, bigint, bigint]>();
  const move = (account: string, balance: bigint, reserved = 0n, record = 0n): void => {
    const entry = moves.get(account) ?? [0n, 0n, 0n];
    moves.set(account, [entry[0] + balance, entry[1] + reserved, entry[2] + record]);
  };
  for (const { args } of await market.queryFilter(market.filters.SlicesLapsed(), block, block)) {
    for (const slice of slicesOf(args.slices)) released.delete(`${args.jobId} ${slice}`);
    move(args.holder, 0n, -(args.burned + args.raise + args.reward));
    move(args.caller, args.reward);
    move(BURN, args.burned);
  }
  for (const { args } of await market.queryFilter(market.filters.SlicesSettled(), block, block)) {
    const slices = slicesOf(args.slices);
    const collateral = slices.reduce(
      (sum, slice) => sum + (released.get(`${args.jobId} ${slice}`) ?? 0n),
      0n,
    );
    expect(args.released).to.equal(collateral);
    move(args.prover, args.price - args.fee + args.raise + collateral, -collateral, BigInt(slices.length));
    move(await market.treasury(), args.fee);
    move(args.settler, args.tip);
  }
  for (const { args } of await market.queryFilter(market.filters.ChallengeProved(), block, block)) {
    const { executor, requester } = await market.jobOf(args[0]);
    move(args.challenger, args.returned, -args.bond);
    move(executor, args.delay / 2n);
    move(requester, args.delay - args.delay / 2n);
  }
  return moves;
}

/** Settles, expects of every account just what the events say, and returns how many slices were paid. */
async function settleByEvents(w: World, claims: Claims, settler: Account): Promise<bigint> {
  const args = await w.settlement(claims, settler);
  const released = new Map<string, bigint>();
  for (const { jobId, slice } of claims) {
    const { holder, collateral } = await w.market.sliceOf(jobId, slice);
    if (BigInt(holder) !== 0n) released.set(`${jobId} ${slice}`, collateral);
  }
  const accounts = [...w.everyone.map(({ address }) => address), await w.market.treasury(), BURN];
  const before = await Promise.all(accounts.map((account) => entryOf(w, account)));
  const moves = await movesOf(w, await w.market.connect(settler).settle(...args), released);
  let paid = 0n;
  for (const [i, account] of accounts.entries()) {
    const [balance, reserved, record] = moves.get(account) ?? [0n, 0n, 0n];
    const expected = [before[i][0] + balance, before[i][1] + reserved, before[i][2] + record];
    expect(await entryOf(w, account), account).to.deep.equal(expected);
    if (accounts.indexOf(account) === i) paid += record;
  }
  return paid;
}

const bid = (w: World, jobId: string, slices: bigint, by: Account) =>
  w.market.connect(by).bid(by, jobId, TRACE_HASH, slices, UNIT);

/** A job that ran, of somebody who is a prover too. */
async function postedBy(w: World, requester: Account): Promise<string> {
  const request = w.request({ requester: requester.address, execution: { ...NO_EXECUTION } });
  await w.market.connect(requester).postWithTrace(request, TRACE, TRACE_DIGEST);
  return w.market.jobIdOf(request);
}

describe('SliceMarket: one account in several roles', () => {
  it('is requester, prover, settler and treasury: every movement is booked', async () => {
    const w = await world();
    await w.market.connect(w.owner).setTreasury(w.alice.address);
    const jobId = await postedBy(w, w.alice);
    await bid(w, jobId, 0b1001n, w.alice);
    await w.at((await w.market.sliceOf(jobId, 0)).windowEnd + 1n);
    const claims = [0, 1, 3].map((slice) => ({ jobId, slice, prover: w.alice }));
    expect(await settleByEvents(w, claims, w.alice)).to.equal(3n);
    expect(await w.reservedOf(w.alice)).to.equal(0n);
    // All that it paid came back to it, in the end.
    await w.market.finalize(jobId);
    expect(await w.balanceOf(w.alice)).to.equal(100n * 10n ** 18n);
  });

  it('is prover and challenger: its bond pays itself, between slices that the escrow pays', async () => {
    for (const settler of ['alice', 'settler'] as const) {
      const w = await world();
      const jobId = await w.postExecuted({ required: 0b11n });
      await w.market.connect(w.alice).challenge(jobId, 3);
      const claims = [0, 3, 1].map((slice) => ({ jobId, slice, prover: w.alice }));
      expect(await settleByEvents(w, claims, w[settler])).to.equal(3n);
      expect(await w.reservedOf(w.alice)).to.equal(0n);
      const { escrow, initialEscrow } = await w.market.jobOf(jobId);
      const paid = await w.market.queryFilter(w.market.filters.SlicesSettled(jobId));
      const spent = paid.filter(({ args }) => args.slices !== 8n).map(({ args }) => args.price + args.tip);
      expect(initialEscrow - escrow).to.equal(spent[0] + spent[1]);
    }
  });

  it('is prover, settler and the holder that lapsed in between', async () => {
    const w = await world();
    const late = await w.postTraced();
    await bid(w, late, 0b1n, w.alice);
    await w.at((await w.market.sliceOf(late, 0)).lockEnd + 1n);
    const first = await w.postTraced({ offer: { ...OFFER, bidWindow: 0 } });
    await bid(w, first, 0b1011n, w.alice);
    const second = await w.postTraced({ offer: { ...OFFER, bidWindow: 0 } });
    await bid(w, second, 0b1n, w.alice);
    const claims = [
      { jobId: first, slice: 0, prover: w.alice },
      { jobId: first, slice: 1, prover: w.alice },
      { jobId: late, slice: 0, prover: w.alice },
      { jobId: second, slice: 0, prover: w.alice },
    ];
    expect(await settleByEvents(w, claims, w.alice)).to.equal(4n);
    expect((await w.market.sliceOf(first, 3)).collateral).to.equal(await w.reservedOf(w.alice));
  });

  it('is the account that holds what was burned, named as a prover beside a lapse', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await bid(w, jobId, 0b1n, w.alice);
    await w.at((await w.market.sliceOf(jobId, 0)).lockEnd + 1n);
    const burn = { address: BURN };
    const claims = [1, 0, 3].map((slice) => ({ jobId, slice, prover: burn }));
    expect(await settleByEvents(w, claims, w.settler)).to.equal(3n);
  });

  it('takes turns with another prover over several jobs', async () => {
    const w = await world();
    const jobs = [await w.postTraced(), await w.postTraced()];
    for (const jobId of jobs) await bid(w, jobId, 0b1n, w.alice);
    for (const jobId of jobs) await bid(w, jobId, 0b10n, w.bob);
    await w.at((await w.market.sliceOf(jobs[1], 1)).windowEnd + 1n);
    const provers = [w.alice, w.bob, w.alice];
    const claims = jobs.flatMap((jobId) =>
      [0, 1, 3].map((slice, i) => ({ jobId, slice, prover: provers[i] })),
    );
    expect(await settleByEvents(w, claims, w.bob)).to.equal(6n);
    expect([await w.reservedOf(w.alice), await w.reservedOf(w.bob)]).to.deep.equal([0n, 0n]);
  });

  it('has the slices that were paid just before, in the same settlement, in the record it is admitted by', async () => {
    const w = await world();
    for (const [minRecord, admitted] of [
      [3, true],
      [4, false],
    ] as const) {
      const earlier = await w.postTraced();
      const jobId = await w.postTraced({ admission: await listed(w, [], { minRecord }) });
      const prover = admitted ? w.alice : w.bob;
      const claims = [0, 1, 3].map((slice) => ({ jobId: earlier, slice, prover }));
      const paid = await settleByEvents(w, [...claims, { jobId, slice: 0, prover }], w.settler);
      expect(paid).to.equal(admitted ? 4n : 3n);
      const { state } = await w.market.sliceOf(jobId, 0);
      expect(state).to.equal(admitted ? SliceState.Settled : SliceState.Open);
      if (admitted) continue;
      const [skipped] = await w.market.queryFilter(w.market.filters.SlicesSkipped(jobId));
      expect(skipped.args.reason).to.equal(Skip.NotAdmitted);
    }
  });
});
