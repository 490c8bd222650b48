import { expect } from 'chai';
import { createWorld, OFFER, TRACE_HASH, UNIT } from '../support/world.ts';

const LONGEST = 2 ** 23 - 1;

describe('attack: spans as long as they may be', () => {
  it('are cut nowhere: a challenge, a hold and a cancel at the end of the longest job are as long as any', async () => {
    const w = await createWorld({ minProveSeconds: 1, maxJobSeconds: LONGEST });
    const proveSeconds = Math.floor(LONGEST / 2);
    const jobId = await w.postExecuted({
      required: 1n,
      jobSeconds: LONGEST,
      challengeSeconds: LONGEST,
      offer: { ...OFFER, rampSeconds: 0, bidWindow: 0, proveSeconds },
    });
    const { tracedAt } = await w.market.jobOf(jobId);
    await w.at(tracedAt + BigInt(LONGEST));
    await w.market.connect(w.bob).challenge(jobId, 3);
    const { deadline } = await w.market.jobOf(jobId);
    expect(deadline - tracedAt).to.equal(BigInt(LONGEST + 2 * proveSeconds));
    // The last second in which it can be held.
    await w.at(deadline - BigInt(proveSeconds));
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 8n, UNIT);
    const { windowEnd, lockEnd } = await w.market.sliceOf(jobId, 3);
    expect([windowEnd, lockEnd]).to.deep.equal([deadline - BigInt(proveSeconds), deadline]);
    await w.at(deadline - 1n);
    await w.market.connect(w.requester).cancel(jobId);
    expect((await w.market.jobOf(jobId)).cancelEnd).to.equal(deadline);
    // And the lapse's end is beyond it.
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).slash(jobId, 8n);
    expect((await w.market.jobOf(jobId)).closing).to.equal(lockEnd + BigInt(proveSeconds));
  });
});
