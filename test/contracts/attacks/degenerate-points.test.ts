import { expect } from 'chai';
import { Groth16BatchVerifier__factory } from '../../../protocol/contracts/generated/index.ts';
import { aggregate, argumentsOf, bytesOf } from '../support/batch.ts';
import { ethers } from '../support/chain.ts';
import { sumWitness } from '../support/circuits.ts';
import { g1, g2 } from '../support/curve.ts';
import type { G1, G2 } from '../support/curve.ts';
import { Q, R } from '../support/field.ts';
import { prove } from '../support/groth16.ts';
import { world } from '../support/world.ts';

const NOTHING: G1 = { x: 0n, y: 0n };
const NOTHING_2: G2 = { x: [0n, 0n], y: [0n, 0n] };
const WORD = 1n << 256n;

async function verified() {
  const w = await world();
  const settler = w.settler.address;
  const submission = { chainId: w.chainId, market: settler, settler };
  const verifier = Groth16BatchVerifier__factory.connect(w.addresses.verifier, w.settler);
  const item = (signals: bigint[], salt: bigint) => ({
    circuit: BigInt(signals.length - 2),
    signals,
    proof: prove(w.keys[signals.length - 3], sumWitness(signals), salt, salt + 1n),
  });
  return { w, settler, submission, verifier, item };
}

describe('attack: points and words that were chosen instead of proved', () => {
  it('points at infinity, generators and the points of the key itself, in every combination, prove nothing', async () => {
    const { w, settler, verifier } = await verified();
    const { vk } = w.keys[0];
    const firsts = [NOTHING, g1(1n), vk.alpha, vk.ic[0]];
    const seconds = [NOTHING_2, g2(1n), vk.beta, vk.delta];
    for (const count of [1, 2]) {
      for (const a of firsts) {
        for (const b of seconds) {
          for (const c of [NOTHING, g1(1n), vk.ic[0], vk.alpha]) {
            const statements = Array.from({ length: count }, () => [1n, 0n, 0n, 0n]).flat();
            const bytes = bytesOf({
              proofs: Array.from({ length: count }, () => ({ a, b })),
              circuits: [1n],
              c: [c],
              commitments: [],
              k: NOTHING,
              externals: [],
            });
            await expect(
              verifier.verify.staticCall(settler, statements, bytes),
            ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
          }
        }
      }
    }
  });

  it('no word of a good batch has another form: r, q or a high bit more', async () => {
    const { settler, submission, verifier, item } = await verified();
    const batch = aggregate(
      [item([1n, 2n, 3n], 5n), item([4n, 5n, 6n], 7n), item([7n, 8n, 9n, 10n], 3n)],
      submission,
    );
    const [statements, bytes] = argumentsOf(batch);
    await verifier.verify.staticCall(settler, statements, bytes);
    const size = ethers.dataLength(bytes) / 32;
    for (const more of [Q, R, 1n << 255n]) {
      for (let at = 0; at < size; at++) {
        const word = BigInt(ethers.dataSlice(bytes, 32 * at, 32 * at + 32));
        const changed = ethers.concat([
          ethers.dataSlice(bytes, 0, 32 * at),
          ethers.toBeHex((word + more) % WORD, 32),
          ethers.dataSlice(bytes, 32 * at + 32),
        ]);
        await expect(
          verifier.verify.staticCall(settler, statements, changed),
          `word ${at} of the bytes`,
        ).to.be.revert(ethers);
      }
      for (const [at, word] of statements.entries()) {
        const changed = statements.with(at, (word + more) % WORD);
        await expect(verifier.verify.staticCall(settler, changed, bytes), `word ${at}`).to.be.revert(ethers);
      }
    }
  });

  it('statements that end early are not completed from the points behind them', async () => {
    const { settler, submission, verifier, item } = await verified();
    const batch = aggregate([item([1n, 2n, 3n], 5n), item([1n, 2n, 3n], 5n)], submission);
    // What lies behind the statements in memory reads as the next words of one.
    const first = { a: { x: 1n, y: 2n }, b: batch.proofs[0].b };
    const bytes = bytesOf({ ...batch, proofs: [first, batch.proofs[1]] });
    for (let cut = 1; cut < batch.statements.length; cut++) {
      const words = batch.statements.slice(0, -cut);
      await expect(verifier.verify.staticCall(settler, words, bytes))
        .to.be.revertedWithCustomError(verifier, 'StatementLengthMismatch')
        .withArgs(words.length, 2);
    }
  });
});
