import { expect } from 'chai';
import { aggregate, bytesOf } from '../support/batch.ts';
import { mod, Q, R } from '../support/field.ts';
import { prove, setup } from '../support/groth16.ts';
import { ethers } from '../support/chain.ts';
import { sumCircuit, sumWitness } from '../support/circuits.ts';
import { NO_EXECUTION, OFFER, Skip, TRACE, TRACE_DIGEST, TRACE_HASH, UNIT, world } from '../support/world.ts';
import type { World } from '../support/world.ts';

/** Nobody's ledger entry changed. */
async function unchanged(w: World, work: () => Promise<unknown>): Promise<void> {
  const entries = () => Promise.all(w.everyone.map(({ address }) => w.market.accountOf(address)));
  const before = await entries();
  await work();
  expect(await entries()).to.deep.equal(before);
}

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
    const claims = [(3n << 160n) | BigInt(w.alice.address)];
    await unchanged(w, () =>
      expect(
        w.market.connect(w.settler).settle([{ jobId, trace, claims }], bytesOf(batch)),
      ).to.be.revertedWithCustomError(w.verifier, 'ProofCheckFailed'),
    );
  });

  it('a malleated proof (−A, −B, C) pays the prover it names, once', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const malleate = (c: (value: bigint) => bigint) =>
      w.settlement([{ jobId, slice: 0, prover: w.alice }], w.settler, ([item]) => [
        {
          ...item,
          proof: { a: mod(-item.proof.a), b: mod(-item.proof.b), c: c(item.proof.c) },
        },
      ]);
    // (−A)·(−B) = A·B: a proof of the same statement, as Groth16 allows.
    const same = await malleate((value) => value);
    await expect(w.market.connect(w.settler).settle(...same)).to.emit(w.market, 'SliceSettled');
    const again = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    await unchanged(w, () =>
      expect(w.market.connect(w.settler).settle(...again))
        .to.emit(w.market, 'SliceSkipped')
        .withArgs(jobId, 0, w.alice.address, Skip.AlreadySettled),
    );
  });

  it('half a malleation (−A, B, C), or (−A, −B, −C), proves nothing', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    for (const signs of [
      [-1n, 1n, 1n],
      [1n, -1n, 1n],
      [1n, 1n, -1n],
      [-1n, -1n, -1n],
    ]) {
      const args = await w.settlement([{ jobId, slice: 0, prover: w.alice }], w.settler, ([item]) => [
        {
          ...item,
          proof: {
            a: mod(signs[0] * item.proof.a),
            b: mod(signs[1] * item.proof.b),
            c: mod(signs[2] * item.proof.c),
          },
        },
      ]);
      await expect(w.market.connect(w.settler).settle(...args)).to.be.revertedWithCustomError(
        w.verifier,
        'ProofCheckFailed',
      );
    }
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

  it('a commitment that stands for the same signal modulo r does not enter a trace', async () => {
    const w = await world();
    const request = w.request({ execution: { ...NO_EXECUTION } });
    const alias = ethers.toBeHex(BigInt(TRACE[4]) + R, 32);
    await expect(w.market.connect(w.requester).postWithTrace(request, TRACE.with(4, alias), TRACE_DIGEST))
      .to.be.revertedWithCustomError(w.market, 'CommitmentOutOfRange')
      .withArgs(4, alias);
  });

  it('coordinates that are not canonical do not make a second proof', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const [batches, bytes] = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    const words = ethers.AbiCoder.defaultAbiCoder().decode(
      Array.from({ length: 10 }, () => 'uint256'),
      bytes,
    );
    // After the header, the circuit and C*: A, then B.
    for (const position of [4, 5, 6, 7, 8, 9]) {
      const again = ethers.concat(
        words.map((word: bigint, i) => ethers.toBeHex(i === position ? word + Q : word, 32)),
      );
      await expect(w.market.connect(w.settler).settle(batches, again)).to.be.revert(ethers);
    }
  });

  it('a lock griefer pays for every slice it locks, and never twice', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const before = await w.balanceOf(w.bob);
    await w.market.connect(w.bob).bid(jobId, TRACE_HASH, 1n, 1n);
    const { lockEnd, collateral } = await w.market.sliceOf(jobId, 0);
    await w.at(lockEnd + 1n);
    expect(await w.market.connect(w.bob).bid.staticCall(jobId, TRACE_HASH, 1n, 1n)).to.equal(0);
    // The griefer books its own lapse and proves the slice late with a second account: it gets back the caller's tenth
    // and the raise, and loses the half that is burned.
    await w.market.connect(w.bob).slash(jobId, 1n);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.bob }], w.bob);
    await w.market.connect(w.bob).settle(...args);
    const price = 3n * 1n;
    const most = price + OFFER.settleTip - collateral / 2n;
    expect((await w.balanceOf(w.bob)) - before).to.be.at.most(most);
    expect(most).to.be.lessThan(0n);
    expect(collateral).to.be.at.least(2n * 3n * UNIT);
  });
});
