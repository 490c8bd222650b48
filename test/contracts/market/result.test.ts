import { expect } from 'chai';
import { commitTensor, packValues } from '../../../protocol/commitment/commit.ts';
import {
  DigitLedger__factory,
  FickleConsumer__factory,
} from '../../../protocol/contracts/generated/index.ts';
import { SCALAR_FIELD } from '../../../protocol/field.ts';
import { aggregate, bytesOf } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { sumWitness } from '../support/circuits.ts';
import { prove } from '../support/groth16.ts';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import {
  CHALLENGE_SECONDS,
  JobState,
  OUTPUT_DIGEST,
  OUTPUT_VALUES,
  outputDigest,
  OUTPUTS,
  PROVABLE,
  TENSOR,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  world,
} from '../support/world.ts';
import type { World } from '../support/world.ts';

/** What FickleConsumer can be told. */
const Mood = { Takes: 0, Refuses: 1, BurnsGas: 2, ReturnsBomb: 3, RevertsBomb: 4, CallsBack: 5 } as const;

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
    await w.market.connect(w.executor).claimExecution(jobId);
    return jobId;
  }
  const commit = (w: World, jobId: string, outputs: typeof OUTPUTS, trace = TRACE) =>
    w.market.connect(w.executor).commitTrace(jobId, trace, TRACE_DIGEST, outputs);

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

    // Both of the others are drawn, one of which was challenged: it is told as both, and as required no more.
    const drawn = await w.postExecuted({ required: 1n, audits: 2 });
    await w.market.connect(w.alice).challenge(drawn, 3);
    expect([...(await w.market.coverageOf(drawn))].slice(0, 3)).to.deep.equal([1n, 0n, 0b1000n]);
    await networkHelpers.mine(1);
    await w.market.draw(drawn);
    expect([...(await w.market.coverageOf(drawn))]).to.deep.equal([
      1n,
      0b1010n,
      0b1000n,
      0n,
      0b1111n,
      0b0100n,
      false,
    ]);
  });
});

describe('SliceMarket: deliver', () => {
  async function consumed(w: World, gas = 300_000) {
    const consumer = await new FickleConsumer__factory(w.owner).deploy();
    const address = await consumer.getAddress();
    return { consumer, address, overrides: { consumer: address, consumerGas: gas } };
  }

  it('calls the consumer with result and outputs, once', async () => {
    const w = await world();
    const { consumer, address, overrides } = await consumed(w);
    const jobId = await w.postExecuted(overrides);
    await w.settle(
      jobId,
      [0, 1, 3].map((slice) => ({ slice, prover: w.bob })),
    );
    const { tracedAt } = await w.market.jobOf(jobId);
    await w.at(tracedAt + BigInt(CHALLENGE_SECONDS) + 1n);
    const sent = w.market.connect(w.outsider).finalizeAndDeliver(jobId, OUTPUTS);
    await expect(sent).to.emit(w.market, 'JobFinalized');
    await expect(sent).to.emit(w.market, 'ResultDelivered').withArgs(jobId, address);
    expect([await consumer.taken(), await consumer.outputCount()]).to.deep.equal([1n, 1n]);
    const last = await consumer.last();
    expect([last.jobId, last.executor, last.proved, last.fullyProved, last.outputDigest]).to.deep.equal([
      jobId,
      w.executor.address,
      PROVABLE,
      false,
      OUTPUT_DIGEST,
    ]);
    await expect(w.market.deliver(jobId, OUTPUTS))
      .to.be.revertedWithCustomError(w.market, 'AlreadyDelivered')
      .withArgs(jobId);
  });

  it('is refused without a result or a consumer, and with outputs that are not the revealed ones', async () => {
    const w = await world();
    const { consumer, overrides } = await consumed(w);
    const running = await w.postTraced(overrides);
    await expect(w.market.deliver(running, []))
      .to.be.revertedWithCustomError(w.market, 'NoResult')
      .withArgs(running, JobState.Traced);
    const without = await finalized(w);
    await expect(w.market.deliver(without, []))
      .to.be.revertedWithCustomError(w.market, 'NoConsumer')
      .withArgs(without);
    const jobId = await finalized(w, overrides);
    await expect(w.market.deliver(jobId, OUTPUTS))
      .to.be.revertedWithCustomError(w.market, 'OutputDigestMismatch')
      .withArgs(jobId, ethers.ZeroHash);
    await w.market.revealOutput(jobId, TRACE, OUTPUTS);
    const other = [{ salt: OUTPUTS[0].salt, words: [5n] }];
    expect(outputDigest(other)).not.to.equal(OUTPUT_DIGEST);
    for (const outputs of [[], other]) {
      await expect(w.market.deliver(jobId, outputs))
        .to.be.revertedWithCustomError(w.market, 'OutputDigestMismatch')
        .withArgs(jobId, OUTPUT_DIGEST);
    }
    expect(await consumer.taken()).to.equal(0);
    await w.market.deliver(jobId, OUTPUTS);
    expect(await consumer.taken()).to.equal(1);
  });

  it('logs a failure, and can be called again until it succeeds', async () => {
    const w = await world();
    const { consumer, address, overrides } = await consumed(w);
    const jobId = await finalized(w, overrides);
    await consumer.set(Mood.Refuses, '0x');
    const reason = consumer.interface.encodeErrorResult('Refused', [jobId]);
    for (let i = 0; i < 2; i++) {
      await expect(w.market.deliver(jobId, []))
        .to.emit(w.market, 'DeliveryFailed')
        .withArgs(jobId, address, reason);
    }
    expect((await w.market.jobOf(jobId)).delivered).to.equal(false);
    await consumer.set(Mood.Takes, '0x');
    await expect(w.market.deliver(jobId, [])).to.emit(w.market, 'ResultDelivered');
    expect((await w.market.jobOf(jobId)).delivered).to.equal(true);
  });

  it('counts an account without code as a failure', async () => {
    const w = await world();
    const jobId = await finalized(w, { consumer: w.alice.address, consumerGas: 100_000 });
    await expect(w.market.deliver(jobId, []))
      .to.emit(w.market, 'DeliveryFailed')
      .withArgs(jobId, w.alice.address, '0x');
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

  it('writes down the digit of a fully proved job, and takes nothing else', async () => {
    const w = await world();
    const { modelId, ledger, trace } = await prepare(w);
    const consumer = { consumer: await ledger.getAddress(), consumerGas: 200_000 };
    const jobs: string[] = [];
    for (const required of [0n, 1n]) {
      const request = w.request({
        modelId,
        required,
        ...consumer,
        execution: { minPrice: 0n, maxPrice: 0n, rampSeconds: 0, commitSeconds: 0 },
      });
      await w.market.connect(w.requester).postWithTrace(request, trace, TRACE_DIGEST);
      const jobId = await w.market.jobIdOf(request);
      jobs.push(jobId);
      const slices = required === 0n ? [0, 1] : [0];
      const proved = [];
      for (const slice of slices) {
        const signals = [...(await w.market.signalsOf(jobId, slice, w.bob.address, trace))];
        proved.push({ circuit: 1n, signals, proof: prove(w.keys[0], sumWitness(signals), 5n, 7n) });
      }
      const batch = aggregate(proved, {
        chainId: w.chainId,
        market: w.addresses.market,
        settler: w.settler.address,
      });
      const claims = slices.map((slice) => (BigInt(slice) << 160n) | BigInt(w.bob.address));
      await w.market.connect(w.settler).settle([{ jobId, trace, claims }], bytesOf(batch));
      await w.market.finalize(jobId);
    }
    const [whole, part] = jobs;
    const digit = OUTPUT_VALUES.indexOf(Math.max(...OUTPUT_VALUES));
    await expect(w.market.deliver(whole, [])).to.emit(w.market, 'DeliveryFailed');
    await w.market.revealOutput(whole, trace, OUTPUTS);
    const sent = w.market.deliver(whole, OUTPUTS);
    await expect(sent).to.emit(ledger, 'DigitSeen').withArgs(whole, w.requester.address, digit);
    expect(await ledger.digits(whole)).to.equal(digit + 1);
    expect((await w.market.resultOf(whole)).fullyProved).to.equal(true);
    expect((await w.market.coverageOf(whole)).fullyProved).to.equal(true);
    expect((await w.market.coverageOf(part)).fullyProved).to.equal(false);

    await w.market.revealOutput(part, trace, OUTPUTS);
    await expect(w.market.deliver(part, OUTPUTS))
      .to.emit(w.market, 'DeliveryFailed')
      .withArgs(part, consumer.consumer, ledger.interface.encodeErrorResult('NotFullyProved', [1n]));
    const other = await finalized(w, consumer);
    await expect(w.market.deliver(other, []))
      .to.emit(w.market, 'DeliveryFailed')
      .withArgs(other, consumer.consumer, ledger.interface.encodeErrorResult('WrongModel', [w.modelId]));
    const { modelId: model, requester, executor, traceHash, proved } = await w.market.resultOf(whole);
    const forged = { jobId: whole, modelId: model, requester, executor, traceHash, proved };
    await expect(
      ledger
        .connect(w.requester)
        .onInferenceResult({ ...forged, outputDigest: OUTPUT_DIGEST, fullyProved: true }, OUTPUTS),
    )
      .to.be.revertedWithCustomError(ledger, 'NotTheMarket')
      .withArgs(w.requester.address);
    expect(await ledger.market()).to.equal(w.addresses.market);
  });
});
