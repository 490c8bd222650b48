import { expect } from 'chai';
import { unchanged } from '../support/wealth.ts';
import { OUTPUTS, TRACE, TRACE_DIGEST, world } from '../support/world.ts';

describe('attack: one job as another', () => {
  it('no job takes the place of another: an id binds chain, market, requester, nonce and every field', async () => {
    const w = await world();
    const request = w.request({ nonce: 1n });
    await w.market.connect(w.requester).post(request);
    const id = await w.market.jobIdOf(request);
    await unchanged(w, () =>
      expect(w.market.connect(w.requester).post(request))
        .to.be.revertedWithCustomError(w.market, 'JobAlreadyPosted')
        .withArgs(id),
    );
    const ids = new Set([id]);
    const others = [
      { nonce: 2n },
      { requester: w.alice.address },
      { inputs: [TRACE[1]] },
      { audits: 1 },
      { admission: { minRecord: 1, excluded: false, accounts: [] } },
      { contestable: 8n },
      { outputCommitmentOnly: true },
    ];
    for (const change of others) ids.add(await w.market.jobIdOf({ ...request, ...change }));
    expect(ids.size).to.equal(others.length + 1);
    // A trace for one is none for another: the inputs are the job's.
    const jobId = await w.post({ inputs: [TRACE[1]] });
    await w.market.connect(w.executor).claimExecution(jobId);
    await unchanged(w, () =>
      expect(w.market.connect(w.executor).commitTrace(jobId, TRACE, TRACE_DIGEST, OUTPUTS))
        .to.be.revertedWithCustomError(w.market, 'TraceInputsMismatch')
        .withArgs(jobId),
    );
  });
});
