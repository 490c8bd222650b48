import { expect } from 'chai';
import { aggregate, bytesOf, whole } from '../support/batch.ts';
import { sumCircuit, sumWitness } from '../support/circuits.ts';
import { prove, setup } from '../support/groth16.ts';
import { unchanged } from '../support/wealth.ts';
import { NO_EXECUTION, TRACE, TRACE_DIGEST, world, NO_BID } from '../support/world.ts';

describe('attack: proofs that were made for somebody or something else', () => {
  it("a proof copied from the mempool does not pay the thief: the tag isn't its", async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { proof } = await w.proofFor(jobId, { slice: 0, prover: w.alice });
    // The thief names itself and brings the copied points.
    const stolen = await w.settlement([{ jobId, slice: 0, prover: w.bob }], w.bob, ([item]) => [
      { ...item, proof },
    ]);
    await unchanged(w, () =>
      expect(w.market.connect(w.bob).settle(...stolen)).to.be.revertedWithCustomError(
        w.verifier,
        'ProofCheckFailed',
      ),
    );
    // Settled by the thief in the victim's name, it pays the victim.
    const before = await w.balanceOf(w.alice);
    const copied = await w.settlement([{ jobId, slice: 0, prover: w.alice }], w.bob);
    await w.market.connect(w.bob).settle(...copied);
    expect(await w.balanceOf(w.alice)).to.be.greaterThan(before);
  });

  it("a whole settlement copied from the mempool fails: its aggregate is the settler's", async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const args = await w.settlement(
      [
        { jobId, slice: 0, prover: w.alice },
        { jobId, slice: 3, prover: w.alice },
      ],
      w.settler,
    );
    await unchanged(w, () =>
      expect(w.market.connect(w.bob).settle(...args)).to.be.revertedWithCustomError(
        w.verifier,
        'ProofCheckFailed',
      ),
    );
    await w.market.connect(w.settler).settle(...args);
  });

  it('a proof is not paid in another job', async () => {
    const w = await world();
    const [first, second] = [await w.postTraced(), await w.postTraced()];
    const { proof } = await w.proofFor(first, { slice: 0, prover: w.alice });
    const replayed = await w.settlement(
      [{ jobId: second, slice: 0, prover: w.alice }],
      w.settler,
      ([item]) => [{ ...item, proof }],
    );
    await unchanged(w, () =>
      expect(w.market.connect(w.settler).settle(...replayed)).to.be.revertedWithCustomError(
        w.verifier,
        'ProofCheckFailed',
      ),
    );
  });

  it('a proof is not paid in another slice of the same circuit', async () => {
    const w = await world();
    // Both slices of circuit 1 read and write the same values here, so that only the tag tells them apart.
    const trace = [TRACE[0], TRACE[4], TRACE[2], TRACE[0], TRACE[4]];
    const request = w.request({ execution: { ...NO_EXECUTION } });
    const jobId = await w.market.jobIdOf(request);
    await w.market.connect(w.requester).postWithTrace(request, trace, TRACE_DIGEST);
    const signals = [...(await w.market.signalsOf(jobId, 0, w.alice.address, trace))];
    const others = [...(await w.market.signalsOf(jobId, 3, w.alice.address, trace))];
    expect(others.slice(0, 2)).to.deep.equal(signals.slice(0, 2));
    const proof = prove(w.keys[0], sumWitness(signals));
    const batch = aggregate([{ circuit: 1n, signals: others, proof }], {
      chainId: w.chainId,
      market: w.addresses.market,
      settler: w.settler.address,
    });
    const groups = [{ prover: w.alice.address, bid: NO_BID, slices: 8n }];
    await unchanged(w, () =>
      expect(
        w.market.connect(w.settler).settle([{ jobId, ...whole(trace), groups }], bytesOf(batch)),
      ).to.be.revertedWithCustomError(w.verifier, 'ProofCheckFailed'),
    );
  });

  it("a proof under a key of the publisher's own for the same circuit is worth nothing", async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const foreign = setup(sumCircuit(3), { tau: 5n, alpha: 6n, beta: 7n }, 8n);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.alice }], w.settler, ([item]) => [
      { ...item, proof: prove(foreign, sumWitness(item.signals)) },
    ]);
    await expect(w.market.connect(w.settler).settle(...args)).to.be.revertedWithCustomError(
      w.verifier,
      'ProofCheckFailed',
    );
  });

  it('one bad proof among many pays nobody, and the others can be settled without it', async () => {
    const w = await world();
    const jobs = [await w.postTraced(), await w.postTraced()];
    const claims = jobs.flatMap((jobId) => [0, 1, 3].map((slice) => ({ jobId, slice, prover: w.alice })));
    const spoiled = await w.settlement(claims, w.settler, (proved) =>
      proved.map((item, i) => (i === 4 ? { ...item, proof: { ...item.proof, c: item.proof.c + 1n } } : item)),
    );
    await unchanged(w, () =>
      expect(w.market.connect(w.settler).settle(...spoiled)).to.be.revertedWithCustomError(
        w.verifier,
        'ProofCheckFailed',
      ),
    );
    const good = await w.settlement(claims.filter((_, i) => i !== 4));
    await w.market.connect(w.settler).settle(...good);
    expect((await w.market.jobOf(jobs[0])).settledCount).to.equal(3);
    expect((await w.market.jobOf(jobs[1])).settledCount).to.equal(2);
  });
});
