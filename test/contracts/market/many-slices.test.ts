import { expect } from 'chai';
import type { ContractTransactionResponse } from 'ethers';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import { aggregate, bytesOf, whole, type Proved } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { sumWitness } from '../support/circuits.ts';
import { prove } from '../support/groth16.ts';
import {
  JOB_SECONDS,
  OFFER,
  slicesOf,
  TENSOR,
  TRACE_DIGEST,
  UNIT,
  world,
  type World,
} from '../support/world.ts';

/** More than the 24 whose bits are in a job's head. */
const SLICES = 27;
const LAST = 1n << 26n;
const REQUIRED = LAST - 1n;
const LOW = (1n << 24n) - 1n;
const trace = Array.from({ length: SLICES + 1 }, (_, i) => ethers.toBeHex(1000 + i, 32));

/** A job of which all slices but the last are required, executed by a node. */
async function executed(w: World): Promise<string> {
  const model = [
    ethers.id('many slices'),
    trace.map(() => packTensorSpec(TENSOR)),
    1,
    [SLICES],
    Array.from({ length: SLICES }, (_, i) =>
      packSliceSpec({ circuit: 1, weight: 1 + (i % 5), inputs: [i], outputs: [i + 1] }),
    ),
  ] as [string, bigint[], number, number[], bigint[]];
  const modelId = await w.models.registerModel.staticCall(...model);
  await w.models.registerModel(...model);
  const jobId = await w.post({
    modelId,
    required: REQUIRED,
    outputCommitmentOnly: true,
    challengeSeconds: JOB_SECONDS,
    offer: { ...OFFER, bidWindow: 0 },
  });
  const executor = w.market.connect(w.executor);
  await executor.claimExecution(w.executor, jobId);
  await executor.commitTrace(jobId, await w.requestId(jobId), trace, TRACE_DIGEST, []);
  return jobId;
}

/** Settles slices that alice proved. */
async function settle(w: World, jobId: string, slices: bigint): Promise<ContractTransactionResponse> {
  const proved: Proved[] = [];
  for (const slice of slicesOf(slices)) {
    const signals = [...(await w.market.signalsOf(jobId, slice, w.alice.address, trace))];
    const salt = BigInt(slice) + 3n;
    proved.push({ circuit: 1n, signals, proof: prove(w.keys[0], sumWitness(signals), salt, salt + 1n) });
  }
  const submission = { chainId: w.chainId, market: w.addresses.market, settler: w.settler.address };
  const groups = [{ prover: w.alice.address, bid: 0, slices }];
  const batches = [{ jobId, ...whole(trace), groups }];
  return w.market.connect(w.settler).settle(batches, bytesOf(aggregate(proved, submission)));
}

describe('SliceMarket: a job of more slices than its head has bits for', () => {
  for (const [what, pieces] of [
    ['at once', [REQUIRED]],
    ['the lower ones first', [LOW, REQUIRED & ~LOW]],
    ['the upper ones first', [REQUIRED & ~LOW, LOW]],
    ['across the bound', [REQUIRED & ~0b1010n & ~(1n << 24n), 0b1010n | (1n << 24n)]],
  ] as const) {
    it(`knows which are proved, settled ${what}, and still does when another becomes due`, async () => {
      const w = await world();
      const jobId = await executed(w);
      let proved = 0n;
      for (const piece of pieces) {
        await settle(w, jobId, piece);
        proved |= piece;
        expect((await w.market.coverageOf(jobId)).proved).to.equal(proved);
      }
      await w.market.connect(w.outsider).challenge(jobId, 26);
      const job = await w.market.jobOf(jobId);
      expect([job.due, job.settledCount, job.dueCount]).to.deep.equal([REQUIRED | LAST, 26n, 27n]);
      expect((await w.market.coverageOf(jobId)).proved).to.equal(REQUIRED);
      await expect(w.market.finalize(jobId))
        .to.be.revertedWithCustomError(w.market, 'SlicesUnproved')
        .withArgs(jobId, 26, 27);
      // None of them is paid again.
      await expect(settle(w, jobId, 0b1n)).to.not.emit(w.market, 'SlicesSettled');
      expect(
        await w.market.connect(w.bob).bid.staticCall(w.bob, jobId, job.traceHash, REQUIRED, UNIT),
      ).to.equal(0n);
      await settle(w, jobId, LAST);
      await networkHelpers.time.increase(JOB_SECONDS);
      await w.market.finalize(jobId);
      const result = await w.market.resultOf(jobId);
      expect([result.proved, result.fullyProved]).to.deep.equal([REQUIRED | LAST, true]);
    });
  }
});
