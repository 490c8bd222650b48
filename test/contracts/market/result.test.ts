import { expect } from 'chai';
import { commitTensor, packValues } from '../../../protocol/commitment/commit.ts';
import { DigitLedger__factory } from '../../../protocol/contracts/generated/index.ts';
import { SCALAR_FIELD } from '../../../protocol/field.ts';
import { aggregate, bytesOf, whole, type Proved } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { sumWitness } from '../support/circuits.ts';
import { prove } from '../support/groth16.ts';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import {
  CHALLENGE_SECONDS,
  JobState,
  NO_EXECUTION,
  OUTPUT_DIGEST,
  OUTPUT_VALUES,
  OUTPUTS,
  PROVABLE,
  TENSOR,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  world,
  NO_BID,
} from '../support/world.ts';
import type { World } from '../support/world.ts';

async function finalized(w: World, overrides: Parameters<World['postTraced']>[0] = {}): Promise<string> {
  const jobId = await w.postTraced(overrides);
  await w.settle(
    jobId,
    [0, 1, 3].map((slice) => ({ slice, prover: w.bob })),
  );
  await w.market.finalize(jobId);
  return jobId;
}

describe("SliceMarket: a trace's output", () => {
  async function claimed(w: World, overrides: Parameters<World['post']>[0] = {}): Promise<string> {
    const jobId = await w.post(overrides);
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    return jobId;
  }
  const commit = async (w: World, jobId: string, outputs: typeof OUTPUTS, trace = TRACE) =>
    w.market.connect(w.executor).commitTrace(jobId, await w.requestId(jobId), trace, TRACE_DIGEST, outputs);

  it('comes with a trace, is checked, emitted, and kept by its digest', async () => {
    const w = await world();
    const jobId = await claimed(w);
    await expect(commit(w, jobId, OUTPUTS))
      .to.emit(w.market, 'OutputRevealed')
      .withArgs(jobId, OUTPUT_DIGEST, [[OUTPUTS[0].salt, OUTPUTS[0].words]]);
    expect((await w.market.jobOf(jobId)).outputDigest).to.equal(OUTPUT_DIGEST);
  });

  it('is refused when it is not what the trace commits to: another count, range, salt or value', async () => {
    const w = await world();
    const jobId = await claimed(w);
    const [{ salt, words }] = OUTPUTS;
    const bad: [typeof OUTPUTS, string, unknown[]][] = [
      [[], 'OutputCountMismatch', [0, 1]],
      [[...OUTPUTS, ...OUTPUTS], 'OutputCountMismatch', [2, 1]],
      [[{ salt, words: [...words, 0n] }], 'OutputLengthMismatch', [0, 2, 1]],
      [[{ salt, words: [] }], 'OutputLengthMismatch', [0, 0, 1]],
      // Ten values of eight bits: an eleventh, or bits above them.
      [[{ salt, words: [words[0] | (1n << 80n)] }], 'OutputWordOutOfRange', [0, 0, words[0] | (1n << 80n)]],
      [[{ salt, words: [words[0] | (1n << 255n)] }], 'OutputWordOutOfRange', [0, 0, words[0] | (1n << 255n)]],
      [[{ salt: SCALAR_FIELD, words }], 'SaltOutOfRange', [0, SCALAR_FIELD]],
      [[{ salt: salt + SCALAR_FIELD, words }], 'SaltOutOfRange', [0, salt + SCALAR_FIELD]],
    ];
    for (const [outputs, name, args] of bad) {
      await expect(commit(w, jobId, outputs), name)
        .to.be.revertedWithCustomError(w.market, name)
        .withArgs(...args);
    }
    for (const [changed, otherSalt] of [
      [OUTPUT_VALUES.with(0, -127), salt],
      [OUTPUT_VALUES, salt + 1n],
    ] as const) {
      const opened = ethers.toBeHex(commitTensor(TENSOR, changed, otherSalt), 32);
      await expect(commit(w, jobId, [{ salt: otherSalt, words: packValues(TENSOR, changed) }]))
        .to.be.revertedWithCustomError(w.market, 'OutputMismatch')
        .withArgs(0, TRACE[4], opened);
    }
    await commit(w, jobId, OUTPUTS);
  });

  it('stays away when the request wants a commitment only', async () => {
    const w = await world();
    const jobId = await claimed(w, { outputCommitmentOnly: true });
    await expect(commit(w, jobId, OUTPUTS))
      .to.be.revertedWithCustomError(w.market, 'OutputNotWanted')
      .withArgs(jobId);
    await commit(w, jobId, []);
    expect((await w.market.jobOf(jobId)).outputDigest).to.equal(ethers.ZeroHash);
  });
});

describe('SliceMarket: revealOutput', () => {
  it('takes the output of a finalized job from anyone, once', async () => {
    const w = await world();
    const jobId = await finalized(w);
    await expect(w.market.connect(w.outsider).revealOutput(jobId, TRACE, OUTPUTS))
      .to.emit(w.market, 'OutputRevealed')
      .withArgs(jobId, OUTPUT_DIGEST, [[OUTPUTS[0].salt, OUTPUTS[0].words]]);
    expect((await w.market.resultOf(jobId)).outputDigest).to.equal(OUTPUT_DIGEST);
    await expect(w.market.revealOutput(jobId, TRACE, OUTPUTS))
      .to.be.revertedWithCustomError(w.market, 'OutputAlreadyRevealed')
      .withArgs(jobId);
  });

  it('takes none of a job without a result, nor with another trace or other values', async () => {
    const w = await world();
    const running = await w.postTraced();
    await expect(w.market.revealOutput(running, TRACE, OUTPUTS))
      .to.be.revertedWithCustomError(w.market, 'NoResult')
      .withArgs(running, JobState.Traced);
    const jobId = await finalized(w);
    await expect(w.market.revealOutput(jobId, TRACE.with(4, TRACE[3]), OUTPUTS))
      .to.be.revertedWithCustomError(w.market, 'TraceMismatch')
      .withArgs(jobId);
    await expect(
      w.market.revealOutput(jobId, TRACE, [{ ...OUTPUTS[0], salt: OUTPUTS[0].salt + 1n }]),
    ).to.be.revertedWithCustomError(w.market, 'OutputMismatch');
  });
});

describe('SliceMarket: resultOf and coverageOf', () => {
  it('say what a finalized job is worth, and nothing of any other', async () => {
    const w = await world();
    const jobId = await finalized(w);
    expect([...(await w.market.resultOf(jobId))]).to.deep.equal([
      jobId,
      w.modelId,
      w.requester.address,
      w.requester.address,
      TRACE_HASH,
      ethers.ZeroHash,
      PROVABLE,
      false,
    ]);
    for (const other of [await w.post(), await w.postTraced()]) {
      await expect(w.market.resultOf(other)).to.be.revertedWithCustomError(w.market, 'NoResult');
    }
    await expect(w.market.resultOf(ethers.id('none'))).to.be.revertedWithCustomError(w.market, 'UnknownJob');
  });

  it('tell apart what was required, drawn, challenged, proved, and only executed', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n });
    await w.market.connect(w.alice).challenge(jobId, 3);
    await w.settle(jobId, [{ slice: 3, prover: w.bob }]);
    const coverage = await w.market.coverageOf(jobId);
    expect([...coverage]).to.deep.equal([1n, 0n, 0b1000n, 0b1000n, 0b0111n, 0b0100n, false]);

    // One of the others is drawn, one challenged.
    const both = await w.postExecuted({ required: 1n, audits: 1 });
    await networkHelpers.mine(1);
    await w.market.draw(both);
    const { audited } = await w.market.jobOf(both);
    await w.market.connect(w.alice).challenge(both, audited === 0b10n ? 3 : 1);
    const rest = 0b1010n & ~audited;
    expect([...(await w.market.coverageOf(both))]).to.deep.equal([
      1n,
      audited,
      rest,
      0n,
      0b1111n,
      0b0100n,
      false,
    ]);
  });
});

describe('DigitLedger', () => {
  /** A model of two slices, both provable, with the digits' ten values as output. */
  async function prepare(w: World) {
    const args = [
      ethers.id('fully provable'),
      Array.from({ length: 3 }, () => packTensorSpec(TENSOR)),
      1,
      [2],
      [0, 1].map((i) => packSliceSpec({ circuit: 1, weight: 4, inputs: [i], outputs: [i + 1] })),
    ] as [string, bigint[], number, number[], bigint[]];
    const modelId = await w.models.registerModel.staticCall(...args);
    await w.models.registerModel(...args);
    const ledger = await new DigitLedger__factory(w.owner).deploy(w.addresses.market, modelId);
    return { modelId, ledger, trace: [TRACE[0], TRACE[1], TRACE[4]] };
  }

  /** A job of the model, all of it proved or only what is required; finalized by nobody yet. */
  async function proved(w: World, modelId: string, trace: string[], required: bigint): Promise<string> {
    const execution = { ...NO_EXECUTION };
    const request = w.request({ modelId, required, execution });
    await w.market.connect(w.requester).postWithTrace(request, trace, TRACE_DIGEST);
    const jobId = await w.market.jobIdOf(request);
    const all: Proved[] = [];
    for (const slice of required === 0n ? [0, 1] : [0]) {
      const signals = [...(await w.market.signalsOf(jobId, slice, w.bob.address, trace))];
      all.push({ circuit: 1n, signals, proof: prove(w.keys[0], sumWitness(signals), 5n, 7n) });
    }
    const { chainId, settler } = w;
    const batch = aggregate(all, { chainId, market: w.addresses.market, settler: settler.address });
    const groups = [{ prover: w.bob.address, bid: NO_BID, slices: required === 0n ? 3n : 1n }];
    await w.market.connect(settler).settle([{ jobId, ...whole(trace), groups }], bytesOf(batch));
    return jobId;
  }

  it('writes down the digit of a fully proved job once, whoever brings it, and whoever finalized it', async () => {
    const w = await world();
    const { modelId, ledger, trace } = await prepare(w);
    const digit = OUTPUT_VALUES.indexOf(Math.max(...OUTPUT_VALUES));
    const brought = ledger.connect(w.outsider);
    for (const finalizedBefore of [false, true]) {
      const jobId = await proved(w, modelId, trace, 0n);
      if (finalizedBefore) await w.market.connect(w.alice).finalize(jobId);
      // Nobody has revealed the outputs: a stranger who brings nothing, or what they are, uses nothing up.
      for (const outputs of [[], OUTPUTS]) {
        await expect(brought.takeResult(jobId, outputs))
          .to.be.revertedWithCustomError(ledger, 'OutputsDiffer')
          .withArgs(jobId, ethers.ZeroHash);
      }
      if (!finalizedBefore) await w.market.connect(w.alice).finalize(jobId);
      await w.market.revealOutput(jobId, trace, OUTPUTS);
      const other = [{ salt: OUTPUTS[0].salt, words: [5n] }];
      for (const outputs of [[], other]) {
        await expect(brought.takeResult(jobId, outputs))
          .to.be.revertedWithCustomError(ledger, 'OutputsDiffer')
          .withArgs(jobId, OUTPUT_DIGEST);
      }
      expect(await ledger.taken(jobId)).to.equal(false);
      await expect(brought.takeResult(jobId, OUTPUTS))
        .to.emit(ledger, 'DigitSeen')
        .withArgs(jobId, w.requester.address, digit);
      expect([await ledger.digits(jobId), await ledger.taken(jobId)]).to.deep.equal([
        BigInt(digit) + 1n,
        true,
      ]);
      await expect(brought.takeResult(jobId, OUTPUTS))
        .to.be.revertedWithCustomError(ledger, 'ResultTaken')
        .withArgs(jobId);
    }
  });

  it('finalizes a job on the way, and takes none that is running', async () => {
    const w = await world();
    const { modelId, ledger, trace } = await prepare(w);
    const request = w.request({ modelId, inputs: [trace[0]] });
    await w.market.connect(w.requester).post(request, '0x');
    const jobId = await w.market.jobIdOf(request);
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    await w.market
      .connect(w.executor)
      .commitTrace(jobId, await w.requestId(jobId), trace, TRACE_DIGEST, OUTPUTS);
    await expect(ledger.takeResult(jobId, OUTPUTS))
      .to.be.revertedWithCustomError(w.market, 'NoResult')
      .withArgs(jobId, JobState.Traced);
    const all: Proved[] = [];
    for (const slice of [0, 1]) {
      const signals = [...(await w.market.signalsOf(jobId, slice, w.bob.address, trace))];
      all.push({ circuit: 1n, signals, proof: prove(w.keys[0], sumWitness(signals), 5n, 7n) });
    }
    const { chainId, settler } = w;
    const batch = aggregate(all, { chainId, market: w.addresses.market, settler: settler.address });
    const groups = [{ prover: w.bob.address, bid: NO_BID, slices: 3n }];
    await w.market.connect(settler).settle([{ jobId, ...whole(trace), groups }], bytesOf(batch));
    const { tracedAt } = await w.market.jobOf(jobId);
    await w.at(tracedAt + BigInt(CHALLENGE_SECONDS) + 1n);
    const sent = ledger.connect(w.outsider).takeResult(jobId, OUTPUTS);
    await expect(sent).to.emit(w.market, 'JobFinalized');
    await expect(sent).to.emit(ledger, 'DigitSeen');
  });

  it('takes nothing that is proved in part, or of another model', async () => {
    const w = await world();
    const { modelId, ledger, trace } = await prepare(w);
    const part = await proved(w, modelId, trace, 1n);
    await w.market.finalize(part);
    await w.market.revealOutput(part, trace, OUTPUTS);
    await expect(ledger.takeResult(part, OUTPUTS))
      .to.be.revertedWithCustomError(ledger, 'NotFullyProved')
      .withArgs(1);
    const other = await finalized(w);
    await expect(ledger.takeResult(other, OUTPUTS))
      .to.be.revertedWithCustomError(ledger, 'WrongModel')
      .withArgs(w.modelId);
    expect(await ledger.market()).to.equal(w.addresses.market);
  });
});
