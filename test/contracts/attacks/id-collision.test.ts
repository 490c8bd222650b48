import { expect } from 'chai';
import { ethers } from '../support/chain.ts';
import { unchanged } from '../support/wealth.ts';
import { OUTPUTS, TRACE, TRACE_DIGEST, world } from '../support/world.ts';

describe('attack: one job as another', () => {
  it('no job takes the place of another: an id binds chain, market, requester, nonce and every field', async () => {
    const w = await world();
    const request = w.request({ nonce: 1n });
    await w.market.connect(w.requester).post(request, '0x');
    const id = await w.market.jobIdOf(request);
    await unchanged(w, () =>
      expect(w.market.connect(w.requester).post(request, '0x'))
        .to.be.revertedWithCustomError(w.market, 'JobAlreadyPosted')
        .withArgs(id),
    );
    const ids = new Set([id]);
    const others = [
      { nonce: 2n },
      { requester: w.alice.address },
      { inputs: [TRACE[1]] },
      { audits: 1 },
      { admission: { hook: w.addresses.market, data: ethers.ZeroHash } },
      { admission: { hook: w.addresses.market, data: ethers.id('other') } },
      { contestable: 8n },
      { outputCommitmentOnly: true },
    ];
    for (const change of others) ids.add(await w.market.jobIdOf({ ...request, ...change }));
    expect(ids.size).to.equal(others.length + 1);
    // A trace for one is none for another: the inputs are the job's, whichever request is said to be its.
    const jobId = await w.post({ inputs: [TRACE[1]] });
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    for (const named of [await w.requestId(jobId), await w.requestId(id), jobId, ethers.ZeroHash]) {
      await unchanged(w, () =>
        expect(w.market.connect(w.executor).commitTrace(jobId, named, TRACE, TRACE_DIGEST, OUTPUTS))
          .to.be.revertedWithCustomError(w.market, 'TraceInputsMismatch')
          .withArgs(jobId),
      );
    }
    // Nor do the right inputs go with the id of another request.
    const own = await w.post();
    await w.market.connect(w.executor).claimExecution(w.executor, own);
    for (const named of [await w.requestId(jobId), await w.requestId(id), own]) {
      await unchanged(w, () =>
        expect(w.market.connect(w.executor).commitTrace(own, named, TRACE, TRACE_DIGEST, OUTPUTS))
          .to.be.revertedWithCustomError(w.market, 'TraceInputsMismatch')
          .withArgs(own),
      );
    }
  });
});
