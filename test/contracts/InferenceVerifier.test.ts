import { expect } from 'chai';
import { packSliceSpec, packTensorSpec, type SliceSpec } from '../../protocol/contracts/words.ts';
import { deskTag } from '../../desk/tag.ts';
import { ethers, networkHelpers } from './support/chain.ts';
import { committedCircuit, proveCommittedSum, sumWitness } from './support/circuits.ts';
import { g1 } from './support/curve.ts';
import { R } from './support/field.ts';
import { keyDigestOf, pointsOf, prove, setup } from './support/groth16.ts';
import type { ScalarProof } from './support/groth16.ts';
import { expectSnapshot } from './support/snapshot.ts';
import { createWorld, OUTPUTS, SETUP_DIGEST, TENSOR, TRACE } from './support/world.ts';

const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };
const MANIFEST = ethers.id('manifest of the desk');
const NO_POINT = { x: 0n, y: 0n };

/** Circuit 1 is a sum, circuit 3 has committed wires. */
const SLICES = [
  { circuit: 1, weight: 3, inputs: [0], outputs: [1] },
  { circuit: 3, weight: 5, inputs: [1], outputs: [2] },
  { circuit: 1, weight: 3, inputs: [2], outputs: [3] },
  { circuit: 3, weight: 7, inputs: [3], outputs: [4] },
];

function words({ a, b, c, d, k }: ScalarProof) {
  const point = (scalar: bigint | undefined) => (scalar === undefined ? NO_POINT : g1(scalar));
  const { a: one, b: two } = pointsOf({ a, b, c });
  return { a: one, b: two, c: point(c), d: point(d), k: point(k) };
}

/** From IInferenceVerifier's description alone. Every tensor of these models is of one kind. */
function contentDigestOf(
  slices: readonly SliceSpec[],
  output: number,
  keyDigest: (circuit: number) => string,
): string {
  return ethers.keccak256(
    ethers.AbiCoder.defaultAbiCoder().encode(
      ['bytes32', 'uint16', 'uint16[]', 'uint64[]', 'uint256[]', 'bytes32[]'],
      [
        MANIFEST,
        1,
        [output],
        Array.from({ length: output + 1 }, () => packTensorSpec(TENSOR)),
        slices.map((slice) => packSliceSpec({ ...slice, circuit: 0 })),
        slices.map(({ circuit }) => (circuit === 0 ? ethers.ZeroHash : keyDigest(circuit))),
      ],
    ),
  );
}

async function deployed() {
  const w = await createWorld();
  const lookups = setup(committedCircuit(3), PHASE1, 1003n, 2003n);
  await w.circuits.registerCircuit(lookups.vk, SETUP_DIGEST);
  const tensors = Array.from({ length: 5 }, () => packTensorSpec(TENSOR));
  const slices = SLICES.map(packSliceSpec);
  const modelId = await w.models.registerModel.staticCall(MANIFEST, tensors, 1, [4], slices);
  await w.models.registerModel(MANIFEST, tensors, 1, [4], slices);
  const contentDigest = contentDigestOf(SLICES, 4, (circuit) =>
    keyDigestOf(circuit === 3 ? lookups : w.keys[0]),
  );
  const places = [
    await w.models.getAddress(),
    await w.verifier.getAddress(),
    await w.market.tensorHasher(),
  ] as const;
  const deploy = (id: string, content: string, [registry, verifier, hasher] = places) =>
    ethers.deployContract('InferenceVerifier', [registry, verifier, hasher, id, content]);
  const verifier = await deploy(modelId, contentDigest);

  /** A real proof of a slice of the inference with this trace. */
  const proofOf = (slice: number, trace: readonly string[] = TRACE) => {
    const { circuit, inputs: read, outputs: written } = SLICES[slice];
    const tag = deskTag({ manifestDigest: MANIFEST, trace, slice });
    const signals = [...[...read, ...written].map((tensor) => BigInt(trace[tensor])), tag];
    const salt = BigInt(slice) + 17n;
    const proof =
      circuit === 3
        ? proveCommittedSum(lookups, signals, salt)
        : prove(w.keys[0], sumWitness(signals), salt, salt + 1n);
    return { slice, ...words(proof) };
  };
  return { ...w, batch: w.verifier, verifier, deploy, modelId, contentDigest, places, proofOf };
}

describe('InferenceVerifier', () => {
  const fixture = () => networkHelpers.loadFixture(deployed);
  /** Slices in the order of their circuits. */
  const ORDER = [0, 2, 1, 3];

  it('takes proofs of all slices, and says that all are proved', async () => {
    const { verifier, proofOf } = await fixture();
    expect(
      await verifier.verify(
        TRACE,
        ORDER.map((slice) => proofOf(slice)),
        OUTPUTS,
      ),
    ).to.deep.equal([0b1111n, true]);
  });

  it('costs what is committed', async () => {
    const { verifier, proofOf, outsider } = await fixture();
    const figures: Record<string, number> = {};
    for (const slices of [[], [0], [0, 2], ORDER]) {
      const proofs = slices.map((slice) => proofOf(slice));
      const data = verifier.interface.encodeFunctionData('verify', [TRACE, proofs, OUTPUTS]);
      const sent = await outsider.sendTransaction({ to: await verifier.getAddress(), data });
      figures[`verify, ${slices.length} of four slices, two of which with lookups`] = Number(
        (await sent.wait())?.gasUsed,
      );
    }
    expectSnapshot('gas-desk.json', figures);
  });

  it('takes proofs of any of them, none too, and says which', async () => {
    const { verifier, proofOf } = await fixture();
    for (const slices of [[], [0], [2, 0], [1], [3, 1], [2, 3]]) {
      const proved = slices.reduce((mask, slice) => mask | (1n << BigInt(slice)), 0n);
      expect(
        await verifier.verify(
          TRACE,
          slices.map((slice) => proofOf(slice)),
          OUTPUTS,
        ),
        `slices ${slices.join()}`,
      ).to.deep.equal([proved, false]);
    }
  });

  it('holds for whoever asks', async () => {
    const { verifier, proofOf, outsider, alice } = await fixture();
    const call = [TRACE, ORDER.map((slice) => proofOf(slice)), OUTPUTS] as const;
    for (const account of [outsider, alice]) {
      expect((await verifier.connect(account).verify(...call))[1]).to.equal(true);
    }
  });

  it('reckons the tag as programs do', async () => {
    const { verifier } = await fixture();
    for (const slice of [0, 3, 255]) {
      expect(await verifier.tagOf(TRACE, slice)).to.equal(
        deskTag({ manifestDigest: MANIFEST, trace: TRACE, slice }),
      );
    }
  });

  it('says what it verifies', async () => {
    const { verifier, modelId, contentDigest, places } = await fixture();
    expect([
      await verifier.modelRegistry(),
      await verifier.batchVerifier(),
      await verifier.tensorHasher(),
    ]).to.deep.equal(places);
    expect(await verifier.modelId()).to.equal(modelId);
    expect(await verifier.manifestDigest()).to.equal(MANIFEST);
    expect(await verifier.contentDigest()).to.equal(contentDigest);
    expect(await verifier.outputSpecs()).to.deep.equal([packTensorSpec(TENSOR)]);
  });

  it('is of one model: any other is refused at deployment', async () => {
    const { verifier, deploy, modelId, contentDigest, models, circuits } = await fixture();
    await expect(deploy(modelId, ethers.id('another')))
      .to.be.revertedWithCustomError(verifier, 'WrongModel')
      .withArgs(contentDigest, ethers.id('another'));
    // The same slices under another key, of the same circuit's shape.
    const other = setup(committedCircuit(3), PHASE1, 1004n, 2004n);
    await circuits.registerCircuit(other.vk, SETUP_DIGEST);
    const number = Number(await circuits.circuitCount());
    const slices = SLICES.map((slice) => (slice.circuit === 3 ? { ...slice, circuit: number } : slice));
    const tensors = Array.from({ length: 5 }, () => packTensorSpec(TENSOR));
    const packed = slices.map(packSliceSpec);
    const falseId = await models.registerModel.staticCall(MANIFEST, tensors, 1, [4], packed);
    await models.registerModel(MANIFEST, tensors, 1, [4], packed);
    await expect(deploy(falseId, contentDigest)).to.be.revertedWithCustomError(verifier, 'WrongModel');
  });

  it('is of one registry: numbers of another would be other keys', async () => {
    const { verifier, deploy, modelId, contentDigest, places, circuits } = await fixture();
    const strange = await ethers.deployContract('CircuitRegistry');
    const other = await ethers.deployContract('Groth16BatchVerifier', [await strange.getAddress()]);
    await expect(deploy(modelId, contentDigest, [places[0], await other.getAddress(), places[2]]))
      .to.be.revertedWithCustomError(verifier, 'WrongRegistry')
      .withArgs(await strange.getAddress(), await circuits.getAddress());
  });

  it('refuses what is no list of proofs of its slices', async () => {
    const { verifier, proofOf } = await fixture();
    const refused = (call: Promise<unknown>, error: string, ...args: unknown[]) =>
      expect(call)
        .to.be.revertedWithCustomError(verifier, error)
        .withArgs(...args);
    const [zero, one, two] = [0, 1, 2].map((slice) => proofOf(slice));
    await refused(verifier.verify(TRACE.slice(1), [], OUTPUTS), 'TraceLengthMismatch', 4, 5);
    await refused(verifier.verify(TRACE, [{ ...zero, slice: 4 }], OUTPUTS), 'UnknownSlice', 4, 4);
    await refused(verifier.verify(TRACE, [{ ...zero, slice: 256 }], OUTPUTS), 'UnknownSlice', 256, 4);
    await refused(verifier.verify(TRACE, [zero, two, zero], OUTPUTS), 'SliceProvedTwice', 0);
    await refused(verifier.verify(TRACE, [one, zero], OUTPUTS), 'ProofsNotInOrder', 1);
  });

  it('refuses a proof of a slice that has no circuit', async () => {
    const { verifier, deploy, models, keys, proofOf } = await fixture();
    const executed = [SLICES[0], { circuit: 0, weight: 0, inputs: [1], outputs: [2] }];
    const tensors = Array.from({ length: 3 }, () => packTensorSpec(TENSOR));
    const packed = executed.map(packSliceSpec);
    const id = await models.registerModel.staticCall(MANIFEST, tensors, 1, [2], packed);
    await models.registerModel(MANIFEST, tensors, 1, [2], packed);
    const content = contentDigestOf(executed, 2, () => keyDigestOf(keys[0]));
    const own = await deploy(id, content);
    const trace = [TRACE[0], TRACE[1], TRACE[4]];
    expect(await own.verify(trace, [proofOf(0, trace)], OUTPUTS)).to.deep.equal([1n, false]);
    await expect(own.verify(trace, [{ ...proofOf(0, trace), slice: 1 }], OUTPUTS))
      .to.be.revertedWithCustomError(verifier, 'SliceNotProvable')
      .withArgs(1);
  });

  it('refuses outputs that their commitments do not bind', async () => {
    const { verifier } = await fixture();
    const [{ salt, words: packed }] = OUTPUTS;
    const shown = (salts: bigint, values: bigint[]) =>
      verifier.verify(TRACE, [], [{ salt: salts, words: values }]);
    await expect(verifier.verify(TRACE, [], []))
      .to.be.revertedWithCustomError(verifier, 'OutputCountMismatch')
      .withArgs(0, 1);
    await expect(shown(salt + 1n, packed)).to.be.revertedWithCustomError(verifier, 'OutputMismatch');
    await expect(shown(salt, [packed[0] ^ 1n])).to.be.revertedWithCustomError(verifier, 'OutputMismatch');
    await expect(shown(R, packed)).to.be.revertedWithCustomError(verifier, 'SaltOutOfRange').withArgs(0, R);
    await expect(shown(salt, [...packed, 0n]))
      .to.be.revertedWithCustomError(verifier, 'OutputLengthMismatch')
      .withArgs(0, 2, 1);
    await expect(shown(salt, [packed[0] | (1n << 80n)]))
      .to.be.revertedWithCustomError(verifier, 'OutputWordOutOfRange')
      .withArgs(0, 0, packed[0] | (1n << 80n));
  });

  it('refuses an inference in which a commitment is another', async () => {
    const { verifier, batch, proofOf } = await fixture();
    const proofs = ORDER.map((slice) => proofOf(slice));
    // Each but the output's, whose opening would no longer fit.
    for (const tensor of [0, 1, 2, 3]) {
      const trace = TRACE.with(tensor, ethers.toBeHex(BigInt(TRACE[tensor]) + 1n, 32));
      await expect(verifier.verify(trace, proofs, OUTPUTS), `tensor ${tensor}`).to.be.revertedWithCustomError(
        batch,
        'ProofCheckFailed',
      );
      const beyond = TRACE.with(tensor, ethers.toBeHex(BigInt(TRACE[tensor]) + R, 32));
      await expect(verifier.verify(beyond, proofs, OUTPUTS)).to.be.revertedWithCustomError(
        batch,
        'SignalOutOfRange',
      );
    }
  });

  it('refuses proofs of other slices and points of other proofs', async () => {
    const { verifier, batch, proofOf, postTraced, proofFor, alice } = await fixture();
    const proofs = ORDER.map((slice) => proofOf(slice));
    const refused = (changed: typeof proofs, error: string) =>
      expect(verifier.verify(TRACE, changed, OUTPUTS)).to.be.revertedWithCustomError(batch, error);
    // One for the other, of the same circuit.
    await refused([{ ...proofs[0], slice: 2 }], 'ProofCheckFailed');
    for (const point of ['a', 'b', 'c'] as const) {
      await refused([{ ...proofs[0], [point]: proofs[1][point] }], 'ProofCheckFailed');
    }
    for (const point of ['a', 'b', 'c', 'd', 'k'] as const) {
      await refused([{ ...proofs[2], [point]: proofs[3][point] }], 'ProofCheckFailed');
    }
    await refused([{ ...proofs[2], d: NO_POINT, k: NO_POINT }], 'CommitmentCountMismatch');
    await refused([{ ...proofs[0], d: proofs[2].d, k: proofs[2].k }], 'CommitmentCountMismatch');
    await refused([{ ...proofs[2], k: NO_POINT }], 'ProofCheckFailed');
    // What a market pays for is tagged for it.
    const jobId = await postTraced();
    const { proof } = await proofFor(jobId, { slice: 0, prover: alice });
    await refused([{ slice: 0, ...words(proof) }], 'ProofCheckFailed');
  });

  it('refuses points that are none', async () => {
    const { verifier, batch, proofOf } = await fixture();
    const [zero, one] = [proofOf(0), proofOf(1)];
    const off = { x: 1n, y: 1n };
    await expect(verifier.verify(TRACE, [{ ...zero, c: off }], OUTPUTS))
      .to.be.revertedWithCustomError(verifier, 'PointNotOnCurve')
      .withArgs(0);
    await expect(verifier.verify(TRACE, [zero, { ...one, k: off }], OUTPUTS))
      .to.be.revertedWithCustomError(verifier, 'PointNotOnCurve')
      .withArgs(1);
    for (const changed of [
      [{ ...zero, a: off }, one],
      [zero, { ...one, d: off }],
    ]) {
      await expect(verifier.verify(TRACE, changed, OUTPUTS)).to.be.revertedWithCustomError(
        batch,
        'PointNotOnCurve',
      );
    }
  });
});
