import { expect } from 'chai';
import { mod } from '../support/field.ts';
import { unchanged, wealthOf } from '../support/wealth.ts';
import { Skip, world } from '../support/world.ts';

describe('attack: malleated proofs', () => {
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
    const before = await wealthOf(w, [w.alice]);
    await expect(w.market.connect(w.settler).settle(...same)).to.emit(w.market, 'SlicesSettled');
    const [{ args: paid }] = await w.market.queryFilter(w.market.filters.SlicesSettled(jobId));
    expect(paid.prover).to.equal(w.alice.address);
    expect(await wealthOf(w, [w.alice])).to.equal(before + paid.price - paid.fee);
    const again = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    await unchanged(w, () =>
      expect(w.market.connect(w.settler).settle(...again))
        .to.emit(w.market, 'SlicesSkipped')
        .withArgs(jobId, w.alice.address, 1n << BigInt(0), Skip.AlreadySettled),
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
      await unchanged(w, () =>
        expect(w.market.connect(w.settler).settle(...args)).to.be.revertedWithCustomError(
          w.verifier,
          'ProofCheckFailed',
        ),
      );
    }
  });
});
