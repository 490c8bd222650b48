import { keccak256 } from 'ethers';
import type { TestChain } from '../../support/anvil.ts';
import type { Market } from './market.ts';

/** Jobs that together make every event of the market. */
export async function playEverything(
  chain: TestChain,
  market: Market,
): Promise<{ readonly jobs: readonly string[] }> {
  const as = (...args: Parameters<Market['as']>) => market.as(...args).market;
  const done = async (sent: Promise<{ wait(): Promise<unknown> }>): Promise<void> =>
    void (await (await sent).wait());

  // Finalized: outbid, paid by the holder, by anyone after a lapse, and without a bid.
  const finalized = await market.post();
  await market.claim(finalized);
  await market.commitTrace(finalized);
  await market.bid(finalized, 'alice', [0, 1]);
  await market.bid(finalized, 'bob', [0], 900n);
  await chain.pass(11);
  await market.settle([{ jobId: finalized, slice: 0, prover: 'bob' }]);
  // Skipped: alice holds slice 1.
  await market.settle([
    { jobId: finalized, slice: 1, prover: 'bob' },
    { jobId: finalized, slice: 0, prover: 'bob' },
  ]);
  await chain.pass(61);
  await done(as('settler').slash(finalized, 0b10));
  await market.settle([
    { jobId: finalized, slice: 1, prover: 'bob' },
    { jobId: finalized, slice: 2, prover: 'alice' },
  ]);
  await done(as('bob').finalize(finalized));

  // Expired: a hold lapses, the executor's bond is forfeited, raises are burned.
  const expired = await market.post();
  await market.claim(expired);
  await market.commitTrace(expired);
  await market.bid(expired, 'alice', [0, 2]);
  await chain.pass(11);
  await market.settle([{ jobId: expired, slice: 2, prover: 'alice' }]);
  await chain.pass(2_000);
  await done(as('bob').expire(expired));

  // Cancelled after the trace.
  const cancelled = await market.post();
  await market.claim(cancelled);
  await market.commitTrace(cancelled);
  await done(as('requester').cancel(cancelled));
  await chain.pass(61);
  await done(as('settler').expire(cancelled));

  // Closed before any trace; a claim that lapsed, then claimed by another.
  const dropped = await market.post();
  await done(as('requester').cancel(dropped));
  const lapsed = await market.post();
  await market.claim(lapsed);
  await chain.pass(121);
  await done(as('alice').slash(lapsed, 0));

  // Raised and drawn, in part: what else may be drawn or challenged is named.
  const audited = await market.post({ required: 1, audits: 1, contestable: 0b10, challengeSeconds: 300 });
  await done(as('requester').raiseOffer(audited, 6_000));
  await market.claim(audited);
  await market.commitTrace(audited);
  await market.settle([{ jobId: audited, slice: 0, prover: 'bob' }]);
  await done(as('settler').draw(audited));
  await market.settle([{ jobId: audited, slice: 1, prover: 'alice' }]);
  await chain.pass(301);
  await done(as('settler').finalize(audited));

  // Challenged: one slice is proved at its challenger's cost, the other is left and costs the bond; drawn by nobody.
  const challenged = await market.post({ required: 1, challengeSeconds: 300 });
  await market.claim(challenged);
  await market.commitTrace(challenged);
  await done(as('alice').challenge(challenged, 1));
  await done(as('bob').challenge(challenged, 2));
  await done(as('requester').cancel(challenged));
  await market.settle([{ jobId: challenged, slice: 1, prover: 'alice' }]);
  await chain.pass(2_000);
  await done(as('settler').expire(challenged));

  // With the requester's own trace, and left running.
  const own = {
    minPrice: 0,
    maxPrice: 0,
    rampSeconds: 0,
    commitSeconds: 0,
  };
  const open = await postWithTrace(market, { execution: own });
  await market.bid(open, 'bob', [0]);

  // Two operators, one of whom is dismissed; a circuit that another contract verifies (any contract, nobody proves it).
  await done(as('alice').setOperator(market.address.settler, 10n ** 18n, 2n * 10n ** 18n));
  await done(as('alice').setOperator(market.address.bob, 1, 1));
  await done(as('alice').setOperator(market.address.bob, 1, 0));
  const { circuits, deployment } = market.as('owner');
  await done(circuits.registerExternal(deployment.addresses.asset, 3, 250_000, keccak256('0x05')));

  await done(as('owner').setFee(100));
  await done(as('owner').setTreasury(market.address.settler));
  await done(as('alice').withdraw(1_234n, market.address.bob, false));
  await done(as('alice').pushBurned());
  return { jobs: [finalized, expired, cancelled, dropped, lapsed, audited, challenged, open] };
}

async function postWithTrace(market: Market, overrides: Parameters<Market['post']>[0]): Promise<string> {
  const request = await market.request(overrides);
  const contract = market.as('requester').market;
  const jobId = await contract.jobIdOf(request);
  await (await contract.postWithTrace(request, [...market.traceOf(jobId)], keccak256('0x04'))).wait();
  return jobId;
}
