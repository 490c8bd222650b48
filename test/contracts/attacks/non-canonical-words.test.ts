import { expect } from 'chai';
import { ethers } from '../support/chain.ts';
import { Q, R } from '../support/field.ts';
import { unchanged } from '../support/wealth.ts';
import { NO_EXECUTION, TRACE, TRACE_DIGEST, world } from '../support/world.ts';

describe('attack: words that are not canonical', () => {
  it('a commitment that stands for the same signal modulo r does not enter a trace', async () => {
    const w = await world();
    const request = w.request({ execution: { ...NO_EXECUTION } });
    const alias = ethers.toBeHex(BigInt(TRACE[4]) + R, 32);
    await unchanged(w, () =>
      expect(w.market.connect(w.requester).postWithTrace(request, TRACE.with(4, alias), TRACE_DIGEST))
        .to.be.revertedWithCustomError(w.market, 'CommitmentOutOfRange')
        .withArgs(4, alias),
    );
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
      await unchanged(w, () =>
        expect(w.market.connect(w.settler).settle(batches, again)).to.be.revert(ethers),
      );
    }
  });
});
