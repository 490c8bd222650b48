import { expect } from 'chai';
import type { Result } from 'ethers';
import { ethers } from '../support/chain.ts';
import { R } from '../support/field.ts';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import {
  createWorld,
  EXECUTION,
  JOB_SECONDS,
  JobState,
  mutable,
  NO_EXECUTION,
  OFFER,
  PROOFS_ESCROW,
  PROVABLE,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  world,
  OUTPUTS,
} from '../support/world.ts';
import { jobIdOf, requestIdOf } from '../../../protocol/contracts/job-id.ts';
import { unchanged } from '../support/wealth.ts';
import type { World } from '../support/world.ts';

type Request = ReturnType<World['request']>;

describe('SliceMarket: post', () => {
  it('escrows the most that the job can cost and emits the whole request', async () => {
    const w = await world();
    const request = w.request();
    const before = await w.balanceOf(w.requester);
    const escrow = PROOFS_ESCROW + EXECUTION.maxPrice;
    const jobId = await w.market.jobIdOf(request);
    const sent = w.market.connect(w.requester).post(request, '0x');
    const time = await w.timeOf(sent);
    const commitBy = time + EXECUTION.rampSeconds + 2 * EXECUTION.commitSeconds;
    await expect(sent)
      .to.emit(w.market, 'JobPosted')
      .withArgs(
        jobId,
        w.requester.address,
        w.modelId,
        (emitted: Request) => emitted.nonce === request.nonce && emitted.inputs[0] === TRACE[0],
        PROVABLE,
        escrow,
        200,
        commitBy,
      );
    expect(before - (await w.balanceOf(w.requester))).to.equal(escrow);
    const job = await w.market.jobOf(jobId);
    expect(job.state).to.equal(JobState.Posted);
    expect([job.due, job.dueCount, job.settledCount]).to.deep.equal([PROVABLE, 3n, 0n]);
    expect([job.initialEscrow, job.escrow, job.raises]).to.deep.equal([escrow, escrow, 0n]);
    expect([job.postedAt, job.commitBy, job.tracedAt]).to.deep.equal([BigInt(time), BigInt(commitBy), 0n]);
    expect(job.traceHash).to.equal(ethers.ZeroHash);
    expect(job.executor).to.equal(ethers.ZeroAddress);
    expect((job.offer as unknown as Result).toObject()).to.deep.equal(
      Object.fromEntries(Object.entries(OFFER).map(([name, value]) => [name, BigInt(value)])),
    );
    expect((job.execution as unknown as Result).toObject()).to.deep.equal(
      Object.fromEntries(Object.entries(EXECUTION).map(([name, value]) => [name, BigInt(value)])),
    );
  });

  it('binds the id to chain, market, requester, nonce and every word of the request', async () => {
    const w = await world();
    const request = w.request();
    const coder = ethers.AbiCoder.defaultAbiCoder();
    const requestType = w.market.interface.getFunction('post').inputs[0];
    const requestHash = ethers.keccak256(coder.encode([requestType], [request]));
    const requestId = ethers.keccak256(
      coder.encode(
        ['uint256', 'address', 'address', 'uint256', 'bytes32'],
        [w.chainId, w.addresses.market, w.requester.address, request.nonce, requestHash],
      ),
    );
    const jobId = ethers.keccak256(ethers.concat([requestId, ethers.keccak256(TRACE[0])]));
    const posting = { chainId: Number(w.chainId), addresses: w.addresses };
    expect([requestIdOf(posting, request), jobIdOf(posting, request)]).to.deep.equal([requestId, jobId]);
    expect(await w.market.jobIdOf(request)).to.equal(jobId);
    expect(await w.market.connect(w.requester).post.staticCall(request, '0x')).to.equal(jobId);
    expect(await w.market.jobIdOf({ ...request, outputCommitmentOnly: true })).not.to.equal(jobId);
  });

  it('takes no request of somebody else, with or without a trace', async () => {
    const w = await world();
    const request = w.request();
    const own = w.request({ execution: { ...NO_EXECUTION } });
    const market = w.market.connect(w.alice);
    await unchanged(w, async () => {
      await expect(market.post(request, '0x'))
        .to.be.revertedWithCustomError(w.market, 'InvalidSignature')
        .withArgs(w.requester.address);
      await expect(market.postWithTrace(own, TRACE, TRACE_DIGEST))
        .to.be.revertedWithCustomError(w.market, 'NotRequester')
        .withArgs(w.alice.address, w.requester.address);
    });
  });

  it('takes a trace of the requester itself, without an execution to pay', async () => {
    const w = await world();
    const request = w.request({ execution: { ...NO_EXECUTION }, required: 0b1000n });
    const jobId = await w.market.jobIdOf(request);
    const escrow = 7n * OFFER.maxUnitPrice + OFFER.settleTip;
    const sent = w.market.connect(w.requester).postWithTrace(request, TRACE, TRACE_DIGEST);
    const deadline = (await w.timeOf(sent)) + JOB_SECONDS;
    await expect(sent)
      .to.emit(w.market, 'TraceCommitted')
      .withArgs(jobId, w.requester.address, TRACE_HASH, TRACE_DIGEST, deadline, TRACE);
    await expect(sent)
      .to.emit(w.market, 'JobPosted')
      .withArgs(jobId, w.requester.address, w.modelId, () => true, 0b1000n, escrow, 200, 0);
    const job = await w.market.jobOf(jobId);
    expect([job.state, job.deadline, job.closing, job.commitBy]).to.deep.equal([
      JobState.Traced,
      BigInt(deadline),
      BigInt(deadline),
      0n,
    ]);
    expect([job.executor, job.bond, job.traceHash]).to.deep.equal([w.requester.address, 0n, TRACE_HASH]);
  });

  it('accepts offers at every bound and refuses them one past it', async () => {
    const w = await world();
    const { market } = w;
    const offer = (change: Partial<Request['offer']>) => ({ offer: { ...OFFER, ...change } });
    const least = OFFER.rampSeconds + OFFER.bidWindow + 2 * OFFER.proveSeconds;
    for (const good of [
      offer({ minUnitPrice: 1 }),
      offer({ minUnitPrice: OFFER.maxUnitPrice }),
      offer({ collateralBps: 60_000 }),
      offer({ minUndercutBps: 5_000 }),
      offer({ proveSeconds: 30 }),
      { jobSeconds: least },
      { jobSeconds: 100_000 },
      { challengeSeconds: JOB_SECONDS },
      { maxFeeBps: 200 },
      { outputCommitmentOnly: true },
      { required: 1n, audits: 2 },
      { admission: { hook: w.addresses.admissionLists, data: ethers.ZeroHash } },
      { admission: { hook: w.addresses.admissionLists, data: ethers.id('any') } },
    ]) {
      await w.post(good);
    }
    type Bad = readonly [Partial<Request>, string, readonly unknown[]];
    const bad: readonly Bad[] = [
      [offer({ minUnitPrice: 0 }), 'InvalidUnitPrices', [0, OFFER.maxUnitPrice]],
      [
        offer({ minUnitPrice: OFFER.maxUnitPrice + 1n }),
        'InvalidUnitPrices',
        [OFFER.maxUnitPrice + 1n, OFFER.maxUnitPrice],
      ],
      [offer({ collateralBps: 19_999 }), 'CollateralOutOfRange', [19_999, 20_000, 60_000]],
      [offer({ collateralBps: 60_001 }), 'CollateralOutOfRange', [60_001, 20_000, 60_000]],
      [offer({ minUndercutBps: 5_001 }), 'UndercutOutOfRange', [5_001, 5_000]],
      [offer({ proveSeconds: 29 }), 'ProveSecondsTooShort', [29, 30]],
      [{ jobSeconds: least - 1 }, 'JobSecondsOutOfRange', [least - 1, least, 100_000]],
      [{ jobSeconds: 100_001 }, 'JobSecondsOutOfRange', [100_001, least, 100_000]],
      [{ challengeSeconds: JOB_SECONDS + 1 }, 'ChallengeSecondsTooLong', [JOB_SECONDS + 1, JOB_SECONDS]],
      [{ maxFeeBps: 199 }, 'FeeAboveLimit', [200, 199]],
      [{ audits: 1 }, 'AuditsOutOfRange', [1, 0]],
      [{ required: 1n, audits: 2, contestable: 0b1000n }, 'AuditsOutOfRange', [2, 1]],
      [{ required: 1n, contestable: 0b1100n }, 'SliceNotProvable', [2]],
      [{ required: 1n, audits: 3 }, 'AuditsOutOfRange', [3, 2]],
      // Nobody to ask, and what nobody is told.
      ...[w.outsider.address, ethers.toBeHex(4, 20)].map((hook): Bad => [
        { admission: { hook, data: ethers.ZeroHash } },
        'InvalidAdmission',
        [hook, ethers.ZeroHash],
      ]),
      [
        { admission: { hook: ethers.ZeroAddress, data: ethers.id('any') } },
        'InvalidAdmission',
        [ethers.ZeroAddress, ethers.id('any')],
      ],
      [{ modelId: ethers.id('none') }, 'UnknownModel', [ethers.id('none')]],
      [{ required: 0b111n }, 'SliceNotProvable', [2]],
      [{ required: 1n << 255n }, 'SliceNotProvable', [255]],
      [{ inputs: [] }, 'InputCountMismatch', [0, 1]],
      [{ inputs: [TRACE[0], TRACE[1]] }, 'InputCountMismatch', [2, 1]],
      [{ inputs: [ethers.toBeHex(R, 32)] }, 'CommitmentOutOfRange', [0, ethers.toBeHex(R, 32)]],
      [{ requester: w.alice.address }, 'InvalidSignature', [w.alice.address]],
    ];
    for (const [change, error, args] of bad) {
      await expect(market.connect(w.requester).post(w.request(change), '0x'), `${error} ${args.join()}`)
        .to.be.revertedWithCustomError(market, error)
        .withArgs(...args);
    }
  });

  it('checks the offer for the execution', async () => {
    const w = await world();
    const execution = (change: Partial<Request['execution']>) => ({ execution: { ...EXECUTION, ...change } });
    for (const good of [
      execution({ minPrice: 0, maxPrice: 0 }),
      execution({ minPrice: EXECUTION.maxPrice }),
      execution({ rampSeconds: 0, commitSeconds: 1 }),
      execution({ rampSeconds: 100_000, commitSeconds: 100_000 }),
    ]) {
      await w.post(good);
    }
    for (const change of [
      execution({ minPrice: EXECUTION.maxPrice + 1n }),
      execution({ commitSeconds: 100_001 }),
      execution({ rampSeconds: 100_001 }),
    ]) {
      const request = w.request(change);
      await expect(w.market.connect(w.requester).post(request, '0x'))
        .to.be.revertedWithCustomError(w.market, 'InvalidExecutionOffer')
        .withArgs(Object.values(request.execution));
    }
    for (const part of ['minPrice', 'maxPrice', 'rampSeconds', 'commitSeconds']) {
      const request = w.request({ execution: { ...NO_EXECUTION, [part]: 1 } });
      await expect(
        w.market.connect(w.requester).postWithTrace(request, TRACE, TRACE_DIGEST),
      ).to.be.revertedWithCustomError(w.market, 'ExecutionNotWanted');
    }
  });

  it('refuses times in which the job can’t be done, to the second', async () => {
    const w = await createWorld({ minCommitSeconds: 30, minJobSeconds: 245 });
    const { rampSeconds, bidWindow, proveSeconds } = OFFER;
    const least = rampSeconds + bidWindow + 2 * proveSeconds;
    const post = (change: Parameters<typeof w.request>[0]) =>
      w.market.connect(w.requester).post.staticCall(w.request({ required: 1n, ...change }), '0x');
    await post({ execution: { ...EXECUTION, commitSeconds: 30 } });
    await expect(post({ execution: { ...EXECUTION, commitSeconds: 29 } }))
      .to.be.revertedWithCustomError(w.market, 'CommitSecondsTooShort')
      .withArgs(29, 30);
    expect(least).to.be.lessThan(245);
    await post({ jobSeconds: 245 });
    await expect(post({ jobSeconds: 244 }))
      .to.be.revertedWithCustomError(w.market, 'JobSecondsOutOfRange')
      .withArgs(244, 245, 100_000);
    // A draw takes a transaction, and starts the ramp anew.
    await post({ audits: 1, jobSeconds: least + 30 });
    await expect(post({ audits: 1, jobSeconds: least + 29 }))
      .to.be.revertedWithCustomError(w.market, 'JobSecondsOutOfRange')
      .withArgs(least + 29, least + 30, 100_000);
  });

  it('refuses outputs that no transaction could bring, unless they stay a commitment', async () => {
    const w = await world();
    // Values of 8 bits are 31 a word.
    const registered = async (count: number, outputs: readonly number[] = [1, 2]): Promise<string> => {
      const tensors = [{ count: 1 }, { count: 31 }, { count }].map((shape) =>
        packTensorSpec({ bits: 8, signed: true, ...shape }),
      );
      const slices = [
        { circuit: 1, weight: 3, inputs: [0], outputs: [1] },
        { circuit: 1, weight: 3, inputs: [1], outputs: [2] },
      ];
      const model = [ethers.id('wide'), tensors, 1, outputs, slices.map(packSliceSpec)] as const;
      const modelId = await w.models.registerModel.staticCall(...mutable(model));
      await w.models.registerModel(...mutable(model));
      return modelId;
    };
    const market = w.market.connect(w.requester);
    const fits = await registered(479 * 31);
    await market.post.staticCall(w.request({ modelId: fits }), '0x');
    const modelId = await registered(479 * 31 + 1);
    await expect(market.post.staticCall(w.request({ modelId }), '0x'))
      .to.be.revertedWithCustomError(w.market, 'OutputsTooLarge')
      .withArgs(481, 480);
    await market.post.staticCall(w.request({ modelId, outputCommitmentOnly: true }), '0x');
    // An output that the model names twice has to be brought twice.
    await expect(market.post.staticCall(w.request({ modelId: await registered(240 * 31, [2, 2, 1]) }), '0x'))
      .to.be.revertedWithCustomError(w.market, 'OutputsTooLarge')
      .withArgs(481, 480);
    // A requester's own trace brings no values.
    const trace = [TRACE[0], TRACE[1], TRACE[2]];
    await market.postWithTrace.staticCall(
      w.request({ modelId, execution: { ...NO_EXECUTION } }),
      trace,
      TRACE_DIGEST,
    );
  });

  it('takes a request to the last second of its validity', async () => {
    const w = await world();
    const now = await w.timeOf(w.market.connect(w.alice).deposit(w.alice, 1));
    const validUntil = now + 10;
    for (const time of [validUntil - 1, validUntil]) {
      await w.at(time);
      await w.market.connect(w.requester).post(w.request({ validUntil }), '0x');
    }
    await w.at(validUntil + 1);
    await expect(w.market.connect(w.requester).post(w.request({ validUntil }), '0x'))
      .to.be.revertedWithCustomError(w.market, 'RequestOutdated')
      .withArgs(validUntil, validUntil + 1);
  });

  it('posts one request once, whatever became of it', async () => {
    const w = await world();
    const request = w.request();
    const jobId = await w.market.jobIdOf(request);
    await w.market.connect(w.requester).post(request, '0x');
    await expect(w.market.connect(w.requester).post(request, '0x'))
      .to.be.revertedWithCustomError(w.market, 'JobAlreadyPosted')
      .withArgs(jobId);
    await w.market.connect(w.requester).cancel(jobId);
    await expect(w.market.connect(w.requester).post(request, '0x'))
      .to.be.revertedWithCustomError(w.market, 'JobAlreadyPosted')
      .withArgs(jobId);
  });

  it('refuses a job that the balance does not cover', async () => {
    const w = await world();
    const balance = await w.balanceOf(w.requester);
    const needed = PROOFS_ESCROW + EXECUTION.maxPrice;
    await w.market.connect(w.requester).withdraw(balance - needed + 1n, w.requester.address, false);
    await expect(w.market.connect(w.requester).post(w.request(), '0x'))
      .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
      .withArgs(w.requester.address, needed - 1n, needed);
    await w.market.connect(w.requester).deposit(w.requester, 1);
    await w.post();
  });

  it('escrows for the heaviest slices that may be drawn, wherever in the model they are', async () => {
    const w = await world();
    const weights = [9, 2, 11, 5];
    const model = [
      ethers.id('heavy first'),
      Array.from({ length: 5 }, () => packTensorSpec({ count: 1, bits: 8, signed: false })),
      1,
      [4],
      weights.map((weight, i) => packSliceSpec({ circuit: 1, weight, inputs: [i], outputs: [i + 1] })),
    ] as const;
    const modelId = await w.models.registerModel.staticCall(...mutable(model));
    await w.models.registerModel(...mutable(model));
    for (const [audits, drawn] of [
      [1, 11n],
      [2, 20n],
      [3, 25n],
    ] as const) {
      const jobId = await w.post({ modelId, required: 0b10n, audits });
      const proofs = (2n + drawn) * OFFER.maxUnitPrice + BigInt(1 + audits) * OFFER.settleTip;
      expect((await w.market.jobOf(jobId)).initialEscrow).to.equal(EXECUTION.maxPrice + proofs);
    }
  });

  it('refuses a model in which nothing can be proved', async () => {
    const w = await world();
    const model = [
      ethers.id('executed only'),
      [0, 1].map(() => packTensorSpec({ count: 1, bits: 8, signed: false })),
      1,
      [1],
      [packSliceSpec({ circuit: 0, weight: 0, inputs: [0], outputs: [1] })],
    ] as const;
    const modelId = await w.models.registerModel.staticCall(...mutable(model));
    await w.models.registerModel(...mutable(model));
    await expect(w.market.connect(w.requester).post(w.request({ modelId }), '0x'))
      .to.be.revertedWithCustomError(w.market, 'NothingToProve')
      .withArgs(modelId);
  });

  it('refuses traces that do not fit the model, the job or the field', async () => {
    const w = await world();
    const request = w.request({ execution: { ...NO_EXECUTION } });
    const jobId = await w.market.jobIdOf(request);
    const postWith = (trace: string[]) =>
      w.market.connect(w.requester).postWithTrace(request, trace, TRACE_DIGEST);
    for (const trace of [TRACE.slice(0, 4), [...TRACE, TRACE[0]]]) {
      await expect(postWith(trace))
        .to.be.revertedWithCustomError(w.market, 'TraceLengthMismatch')
        .withArgs(trace.length, 5);
    }
    await expect(postWith(TRACE.with(0, TRACE[1])))
      .to.be.revertedWithCustomError(w.market, 'TraceInputsMismatch')
      .withArgs(jobId);
    for (const position of [1, 4]) {
      await expect(postWith(TRACE.with(position, ethers.toBeHex(R, 32))))
        .to.be.revertedWithCustomError(w.market, 'CommitmentOutOfRange')
        .withArgs(position, ethers.toBeHex(R, 32));
    }
    await postWith(TRACE.with(4, ethers.toBeHex(R - 1n, 32)));
  });

  it('knows no job that was not posted', async () => {
    const w = await world();
    const none = ethers.id('none');
    const { market } = w;
    for (const call of [
      () => market.jobOf(none),
      () => market.sliceOf(none, 0),
      () => market.unitPriceNow(none),
      () => market.executionPriceNow(none),
      () => market.signalsOf(none, 0, w.bob.address, TRACE),
      () => market.claimExecution(w.owner, none),
      () => market.commitTrace(none, ethers.ZeroHash, TRACE, TRACE_DIGEST, OUTPUTS),
      () => market.bid(w.owner, none, TRACE_HASH, 1, 1),
      () => market.slash(none, 1),
      () => market.cancel(none),
      () => market.finalize(none),
      () => market.expire(none),
    ]) {
      await expect(call()).to.be.revertedWithCustomError(market, 'UnknownJob').withArgs(none);
    }
    const jobId = await w.postTraced();
    await expect(market.sliceOf(jobId, 4))
      .to.be.revertedWithCustomError(market, 'UnknownSlice')
      .withArgs(jobId, 4);
  });
});
