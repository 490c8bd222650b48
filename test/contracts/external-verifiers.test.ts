import { expect } from 'chai';
import { AbiCoder, concat, dataSlice, toBeHex } from 'ethers';
import { aggregate, argumentsOf, bytesOf, whole } from './support/batch.ts';
import type { Batch, Proved } from './support/batch.ts';
import { ethers, networkHelpers } from './support/chain.ts';
import { committedCircuit, proveCommittedSum, sumCircuit, sumWitness } from './support/circuits.ts';
import { g1 } from './support/curve.ts';
import { R } from './support/field.ts';
import { pointsOf, prove, setup } from './support/groth16.ts';
import type { ScalarProof } from './support/groth16.ts';
import { packSliceSpec, packTensorSpec } from '../../protocol/contracts/words.ts';
import { Skip, SliceState, TRACE, world, NO_BID } from './support/world.ts';

const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };
/** What another system was set up with. */
const FOREIGN = { tau: 5_555n, alpha: 6_666n, beta: 7_777n };
const DIGEST = ethers.id('setup');
const GAS = 400_000;

/** A proof as {@link SingleGroth16Verifier} takes it. */
function foreignProof(proof: ScalarProof): string {
  const { a, b } = pointsOf(proof);
  const c = g1(proof.c);
  return AbiCoder.defaultAbiCoder().encode(
    ['uint256[2]', 'uint256[2][2]', 'uint256[2]'],
    [
      [a.x, a.y],
      [b.x, b.y],
      [c.x, c.y],
    ],
  );
}

async function deployed() {
  const [settler] = await ethers.getSigners();
  const registry = await ethers.deployContract('CircuitRegistry');
  const verifier = await ethers.deployContract('Groth16BatchVerifier', [await registry.getAddress()]);
  const keys = [setup(sumCircuit(3), PHASE1, 1001n), setup(committedCircuit(2), PHASE1, 1002n, 2002n)];
  for (const { vk } of keys) await registry.registerCircuit(vk, DIGEST);
  const foreignKey = setup(sumCircuit(4), FOREIGN, 1003n);
  const foreign = await ethers.deployContract('SingleGroth16Verifier', [foreignKey.vk]);
  const hostile = await ethers.deployContract('HostileVerifier');
  // Circuits 3 and 4.
  await registry.registerExternal(await foreign.getAddress(), 4, GAS, DIGEST);
  await registry.registerExternal(await hostile.getAddress(), 2, GAS, DIGEST);
  const { chainId } = await ethers.provider.getNetwork();
  const submission = { chainId, market: settler.address, settler: settler.address };

  const plain = (salt: bigint): Proved => {
    const signals = [salt, salt + 1n, salt + 2n];
    return { circuit: 1n, signals, proof: prove(keys[0], sumWitness(signals), salt) };
  };
  const lookups = (salt: bigint): Proved => {
    const signals = [salt, salt + 1n];
    return { circuit: 2n, signals, proof: proveCommittedSum(keys[1], signals, salt) };
  };
  /** A statement of an external circuit and the bytes that prove it. */
  const external = (salt: bigint, proof?: string): { circuit: bigint; signals: bigint[]; proof: string } => {
    const signals = [salt, salt + 1n, salt + 2n, salt + 3n];
    return { circuit: 3n, signals, proof: proof ?? foreignProof(prove(foreignKey, sumWitness(signals))) };
  };
  const hostileItem = (way: string) => ({ circuit: 4n, signals: [1n, 2n], proof: way });
  type Item = Proved | ReturnType<typeof external>;
  /** A batch of both, in the order given. */
  const build = (items: readonly Item[]): Batch => {
    const isExternal = (item: Item): item is ReturnType<typeof external> => typeof item.proof === 'string';
    const proved = items.filter((item): item is Proved => !isExternal(item));
    const empty = { proofs: [], circuits: [], c: [], commitments: [], k: { x: 0n, y: 0n } };
    return {
      ...(proved.length === 0 ? empty : aggregate(proved, submission)),
      statements: items.flatMap(({ circuit, signals }) => [circuit, ...signals]),
      externals: items.filter(isExternal).map(({ proof }) => proof),
    };
  };
  const verify = (batch: Batch, gasLimit?: number) =>
    verifier.verify(settler.address, ...argumentsOf(batch), gasLimit === undefined ? {} : { gasLimit });
  return {
    settler,
    registry,
    verifier,
    foreign,
    hostile,
    plain,
    lookups,
    external,
    hostileItem,
    build,
    verify,
  };
}

describe('external verifiers', () => {
  const fixture = () => networkHelpers.loadFixture(deployed);

  it('are registered with their code, and described', async () => {
    const { registry, foreign, settler } = await fixture();
    const address = await foreign.getAddress();
    const codeHash = ethers.keccak256(await ethers.provider.getCode(address));
    const keyDigest = ethers.keccak256(
      AbiCoder.defaultAbiCoder().encode(
        ['address', 'bytes32', 'uint16', 'uint32'],
        [address, codeHash, 4, GAS],
      ),
    );
    const from = await registry.getAddress();
    expect(await registry.circuitInfo(3)).to.deep.equal([
      ethers.getCreateAddress({ from, nonce: 3 }),
      keyDigest,
      ethers.ZeroHash,
      4n,
      3n,
      DIGEST,
      settler.address,
    ]);
    expect(await registry.externalVerifier(3)).to.deep.equal([address, BigInt(GAS), codeHash]);
    await expect(registry.verifyingKey(3))
      .to.be.revertedWithCustomError(registry, 'WrongCircuitKind')
      .withArgs(3, 3);
    await expect(registry.externalVerifier(1))
      .to.be.revertedWithCustomError(registry, 'WrongCircuitKind')
      .withArgs(1, 1);
    // The same again has the same number; another limit is another circuit.
    await expect(registry.registerExternal(address, 4, GAS, DIGEST)).not.to.emit(
      registry,
      'ExternalCircuitRegistered',
    );
    await expect(registry.registerExternal(address, 4, GAS + 1, DIGEST)).to.emit(
      registry,
      'ExternalCircuitRegistered',
    );
    expect(await registry.circuitCount()).to.equal(5);
  });

  it('are refused without code, signals, or a limit that a settler can bear', async () => {
    const { registry, foreign, settler } = await fixture();
    const address = await foreign.getAddress();
    await expect(registry.registerExternal(settler.address, 4, GAS, DIGEST))
      .to.be.revertedWithCustomError(registry, 'NotAContract')
      .withArgs(settler.address);
    // An account that delegates can change its mind at any time (EIP-7702).
    const delegating = ethers.Wallet.createRandom().address;
    await networkHelpers.setCode(delegating, concat(['0xef0100', address]));
    await expect(registry.registerExternal(delegating, 4, GAS, DIGEST)).to.be.revertedWithCustomError(
      registry,
      'NotAContract',
    );
    for (const signals of [0, 13]) {
      await expect(registry.registerExternal(address, signals, GAS, DIGEST))
        .to.be.revertedWithCustomError(registry, 'SignalCountOutOfRange')
        .withArgs(signals, 12);
    }
    for (const gas of [0, 3_000_001]) {
      await expect(registry.registerExternal(address, 4, gas, DIGEST))
        .to.be.revertedWithCustomError(registry, 'ExternalGasOutOfRange')
        .withArgs(gas, 3_000_000);
    }
    await registry.registerExternal(address, 12, 3_000_000, DIGEST);
    await registry.registerExternal(address, 1, 1, DIGEST);
  });

  it('are asked beside Groth16 proofs and lookups, in any order, and alone', async () => {
    const { plain, lookups, external, build, verify } = await fixture();
    for (const items of [
      [external(5n)],
      [external(5n), external(6n)],
      [plain(1n), external(5n)],
      [external(5n), plain(1n), lookups(2n), external(6n), plain(3n)],
    ]) {
      expect(await verify(build(items))).to.deep.equal([]);
    }
  });

  it('refuse what does not hold, named by its position, and nothing else is undone', async () => {
    const { plain, lookups, external, build, verify } = await fixture();
    const stolen = external(7n).proof;
    const wrong = external(6n, stolen);
    expect(await verify(build([wrong]))).to.deep.equal([0n]);
    expect(await verify(build([plain(1n), wrong, lookups(2n), external(5n), wrong]))).to.deep.equal([1n, 4n]);
    expect(await verify(build([external(6n, '0x')]))).to.deep.equal([0n]);
    expect(await verify(build([external(6n, dataSlice(stolen, 0, 100))]))).to.deep.equal([0n]);
  });

  it('cannot save a Groth16 proof that does not hold', async () => {
    const { verifier, plain, external, build, verify } = await fixture();
    const bad = plain(1n);
    const spoiled = { ...bad, proof: { ...bad.proof, c: bad.proof.c + 1n } };
    await expect(verify(build([external(5n), spoiled]))).to.be.revertedWithCustomError(
      verifier,
      'ProofCheckFailed',
    );
  });

  it('count as refusing whatever they do but answer the word one: reverts, wasted gas, bombs, other words', async () => {
    const { plain, hostileItem, build, verify } = await fixture();
    expect(await verify(build([hostileItem('0x00')]))).to.deep.equal([]);
    for (const way of ['0x01', '0x02', '0x03', '0x04', '0x05', '0x06', '0x07', '0x08', '0x09']) {
      expect(await verify(build([plain(1n), hostileItem(way), plain(2n)])), way).to.deep.equal([1n]);
    }
  });

  it('cost a settlement no more gas than they were registered with', async () => {
    const { verifier, plain, hostileItem, build, settler } = await fixture();
    const used = async (items: Parameters<typeof build>[0]): Promise<number> => {
      const data = verifier.interface.encodeFunctionData('verify', [
        settler.address,
        ...argumentsOf(build(items)),
      ]);
      const sent = await settler.sendTransaction({
        to: await verifier.getAddress(),
        data,
        gasLimit: 5_000_000,
      });
      return Number((await sent.wait())?.gasUsed);
    };
    const without = await used([plain(1n)]);
    for (const way of ['0x02', '0x03', '0x09']) {
      expect((await used([plain(1n), hostileItem(way)])) - without, way).to.be.lessThan(GAS + 20_000);
    }
  });

  it('are given all their gas, or the settlement is undone', async () => {
    const { verifier, external, build, verify } = await fixture();
    const batch = build([external(5n)]);
    // With too little, a good proof is never reported as refused.
    let refusals = 0;
    for (let gas = 30_000; gas <= 520_000; gas += 35_000) {
      const answer = await verify(batch, gas).then(
        (refused) => refused.length,
        () => 'undone',
      );
      expect(answer, String(gas)).to.be.oneOf([0, 'undone']);
      if (answer === 'undone') refusals++;
    }
    expect(refusals).to.be.greaterThan(5);
    await expect(verify(batch, 250_000)).to.be.revertedWithCustomError(verifier, 'InsufficientGas');
  });

  it('that need their gas to the last have it, whatever the settler brings', async () => {
    const { hostileItem, build, verify } = await fixture();
    // Says no if it is given 1,500 less than it was registered with.
    const greedy = build([hostileItem(concat(['0x0a', toBeHex(GAS - 1_500, 32)]))]);
    const answers: unknown[] = [];
    for (let gas = 400_000; gas <= 480_000; gas += 1_000) {
      answers.push(
        await verify(greedy, gas).then(
          (refused) => refused.length,
          () => 'undone',
        ),
      );
    }
    expect(answers[0]).to.equal('undone');
    expect(answers.at(-1)).to.equal(0);
    expect(new Set(answers)).to.deep.equal(new Set(['undone', 0]));
  });

  it('that changed their code are no longer asked', async () => {
    const { foreign, external, build, verify } = await fixture();
    const code = await ethers.provider.getCode(await foreign.getAddress());
    await networkHelpers.setCode(await foreign.getAddress(), `${code}00`);
    expect(await verify(build([external(5n)]))).to.deep.equal([0n]);
    await networkHelpers.setCode(await foreign.getAddress(), '0x');
    expect(await verify(build([external(5n)]))).to.deep.equal([0n]);
  });

  it('are named neither with a key nor without a proof, and see canonical signals only', async () => {
    const { verifier, plain, external, build, verify } = await fixture();
    const good = build([plain(1n), external(5n)]);
    await expect(verify({ ...good, circuits: [1n, 3n], c: [...good.c, g1(1n)] }))
      .to.be.revertedWithCustomError(verifier, 'CircuitWithoutKey')
      .withArgs(3);
    await expect(verify({ ...good, externals: [] }))
      .to.be.revertedWithCustomError(verifier, 'StatementLengthMismatch')
      .withArgs(9, 1);
    const two = build([external(5n), external(6n)]);
    await expect(verify({ ...two, commitments: [g1(1n)], k: g1(1n) }))
      .to.be.revertedWithCustomError(verifier, 'CommitmentCountMismatch')
      .withArgs(1);
    await expect(verify({ ...two, externals: two.externals.slice(0, 1) }))
      .to.be.revertedWithCustomError(verifier, 'ExternalCountMismatch')
      .withArgs(1, 2);
    await expect(verify({ ...good, externals: [...good.externals, '0x'] }))
      .to.be.revertedWithCustomError(verifier, 'ExternalCountMismatch')
      .withArgs(2, 1);
    // Bit 40 is none of a circuit's number.
    for (const circuit of [99n, 3n | (1n << 40n)]) {
      await expect(verify(build([external(5n), { ...external(6n), circuit }])))
        .to.be.revertedWithCustomError(verifier, 'CircuitNotListed')
        .withArgs(circuit);
    }
    await expect(verify({ ...good, statements: good.statements.slice(0, -1) }))
      .to.be.revertedWithCustomError(verifier, 'StatementLengthMismatch')
      .withArgs(8, 1);
    const last = good.statements.length - 1;
    await expect(verify({ ...good, statements: good.statements.with(last, R) }))
      .to.be.revertedWithCustomError(verifier, 'SignalOutOfRange')
      .withArgs(last, R);
    await expect(
      verify({ ...good, statements: good.statements.slice(4), proofs: [], circuits: [1n], c: good.c }),
    )
      .to.be.revertedWithCustomError(verifier, 'CircuitWithoutProof')
      .withArgs(1);
  });

  it('have their proofs read inside the bytes only', async () => {
    const { verifier, settler, external, build } = await fixture();
    const [statements, bytes] = argumentsOf(build([external(5n)]));
    const size = ethers.dataLength(bytes);
    const length = BigInt(dataSlice(bytes, 32, 64));
    const most = 2n ** 256n - 1n;
    for (const [proofs, got, expected] of [
      [dataSlice(bytes, 0, 31), 31, 32],
      [dataSlice(bytes, 0, 32), 32, 32],
      // The length's last byte is missing, then all that it counts, then one byte of it.
      [dataSlice(bytes, 0, 63), 31, (length >> 8n) << 8n],
      [dataSlice(bytes, 0, 64), 32, length],
      [dataSlice(bytes, 0, size - 1), size - 33, length],
      [concat([dataSlice(bytes, 0, 32), toBeHex(most, 32), dataSlice(bytes, 64)]), size - 32, most],
      [
        concat([toBeHex(BigInt(dataSlice(bytes, 0, 32)) | (1n << 128n), 32), dataSlice(bytes, 32)]),
        size,
        most,
      ],
    ] as const) {
      await expect(verifier.verify(settler.address, statements, proofs))
        .to.be.revertedWithCustomError(verifier, 'MalformedProofs')
        .withArgs(got, expected);
    }
    await expect(verifier.verify(settler.address, statements, concat([bytes, '0x00'])))
      .to.be.revertedWithCustomError(verifier, 'ExternalCountMismatch')
      .withArgs(1, 1);
    // A proof of no bytes at the very end is inside them: it is its verifier that refuses.
    const empty = concat([dataSlice(bytes, 0, 32), toBeHex(0, 32)]);
    expect(await verifier.verify(settler.address, statements, empty)).to.deep.equal([0n]);
  });

  it('decide in the market over their own slices alone: paid, or skipped as refused', async () => {
    const w = await world();
    const hostile = await ethers.deployContract('HostileVerifier');
    const circuit = Number(await w.circuits.circuitCount()) + 1;
    const address = await hostile.getAddress();
    const tensors = Array.from({ length: 5 }, () => packTensorSpec({ count: 10, bits: 8, signed: true }));
    const register = (slices: typeof SPECS) =>
      [ethers.id('mixed'), tensors, 1, [4], slices.map(packSliceSpec)] as [
        string,
        bigint[],
        number,
        number[],
        bigint[],
      ];
    const SPECS = [
      { circuit: 1, weight: 3, inputs: [0], outputs: [1] },
      { circuit, weight: 5, inputs: [1], outputs: [2] },
      { circuit: 0, weight: 0, inputs: [2], outputs: [3] },
      { circuit, weight: 7, inputs: [3], outputs: [4] },
    ];
    await w.circuits.registerExternal(address, 3, GAS, DIGEST);
    // The number of signals is known at registration, whatever verifies them.
    const wrong = SPECS.with(1, { circuit, weight: 5, inputs: [0, 1], outputs: [2] });
    await expect(w.models.registerModel(...register(wrong)))
      .to.be.revertedWithCustomError(w.models, 'SignalCountMismatch')
      .withArgs(1, circuit, 3, 4);
    const modelId = await w.models.registerModel.staticCall(...register(SPECS));
    await w.models.registerModel(...register(SPECS));

    const jobId = await w.postTraced({ modelId });
    const settle = async (slices: readonly number[], ways: readonly string[]) => {
      const own: Proved[] = [];
      for (const slice of slices.filter((slice) => slice === 0)) {
        const signals = [...(await w.market.signalsOf(jobId, slice, w.alice.address, TRACE))];
        own.push({ circuit: 1n, signals, proof: prove(w.keys[0], sumWitness(signals)) });
      }
      const empty = { statements: [], proofs: [], circuits: [], c: [], commitments: [], k: { x: 0n, y: 0n } };
      const batch =
        own.length === 0
          ? empty
          : aggregate(own, { chainId: w.chainId, market: w.addresses.market, settler: w.settler.address });
      const groups = slices.map((slice) => ({
        prover: w.alice.address,
        bid: NO_BID,
        slices: 1n << BigInt(slice),
      }));
      return w.market
        .connect(w.settler)
        .settle([{ jobId, ...whole(TRACE), groups }], bytesOf({ ...batch, externals: [...ways] }));
    };
    const first = settle([1, 0, 3], ['0x00', '0x01']);
    await expect(first).to.emit(w.market, 'SlicesSettled');
    await expect(first)
      .to.emit(w.market, 'SlicesSkipped')
      .withArgs(jobId, w.alice.address, 1n << BigInt(3), Skip.ProofRefused);
    const states = await Promise.all(
      [0, 1, 3].map(async (slice) => (await w.market.sliceOf(jobId, slice)).state),
    );
    expect(states).to.deep.equal([SliceState.Settled, SliceState.Settled, SliceState.Open]);
    await expect(settle([3], ['0x02']))
      .to.emit(w.market, 'SlicesSkipped')
      .withArgs(jobId, w.alice.address, 1n << BigInt(3), Skip.ProofRefused);
    // Where both of two claims are refused, both are skipped.
    const refused = await settle([3, 3], ['0x01', '0x02']);
    const skipped = await w.market.queryFilter(
      w.market.filters.SlicesSkipped(jobId),
      refused.blockNumber ?? 0,
    );
    expect(skipped.map(({ args }) => args.reason)).to.deep.equal([Skip.ProofRefused, Skip.ProofRefused]);
    await expect(settle([3], ['0x00'])).to.emit(w.market, 'SlicesSettled');
    expect((await w.market.jobOf(jobId)).settledCount).to.equal(3);
  });
});
