import { expect } from 'chai';
import { ethers, networkHelpers } from './support/chain.ts';
import { sumCircuit } from './support/circuits.ts';
import { setup } from './support/groth16.ts';
import { packSliceSpec, packTensorSpec } from '../../protocol/contracts/words.ts';
import {
  CircuitRegistry__factory,
  ModelRegistry__factory,
} from '../../protocol/contracts/generated/index.ts';

const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };
const MANIFEST = ethers.id('manifest');
const TENSOR = packTensorSpec({ count: 10, bits: 8, signed: true });
const { vk: KEY3 } = setup(sumCircuit(3), PHASE1, 1001n);
const { vk: KEY4 } = setup(sumCircuit(4), PHASE1, 1002n);
const coder = ethers.AbiCoder.defaultAbiCoder();

interface Model {
  readonly tensors: readonly bigint[];
  readonly inputCount: number;
  readonly outputs: readonly number[];
  readonly slices: readonly bigint[];
}

/** t0, t1 → (executed) t2; t2, t1 → t3 by circuit 2; t3 → t4 by circuit 1. */
const MODEL: Model = {
  tensors: [TENSOR, TENSOR, packTensorSpec({ count: 3, bits: 252, signed: false }), TENSOR, TENSOR],
  inputCount: 2,
  outputs: [4, 2],
  slices: [
    packSliceSpec({ circuit: 0, weight: 0, inputs: [0, 1], outputs: [2] }),
    packSliceSpec({ circuit: 2, weight: 9, inputs: [2, 1], outputs: [3] }),
    packSliceSpec({ circuit: 1, weight: 1, inputs: [3], outputs: [4] }),
  ],
};

async function registries() {
  const [publisher, other] = await ethers.getSigners();
  const circuits = await new CircuitRegistry__factory(publisher).deploy();
  await circuits.registerCircuit(KEY3, ethers.id('setup'));
  await circuits.registerCircuit(KEY4, ethers.id('setup'));
  const models = await new ModelRegistry__factory(publisher).deploy(await circuits.getAddress());
  const register = (model: Partial<Model>, signer = publisher) => {
    const { tensors, inputCount, outputs, slices } = { ...MODEL, ...model };
    return models
      .connect(signer)
      .registerModel(MANIFEST, [...tensors], inputCount, [...outputs], [...slices]);
  };
  return { publisher, other, circuits, models, register };
}

describe('ModelRegistry', () => {
  const fixture = () => networkHelpers.loadFixture(registries);

  async function expectedId(circuits: string[], publisher: string) {
    const { models } = await fixture();
    const { chainId } = await ethers.provider.getNetwork();
    return ethers.keccak256(
      coder.encode(
        [
          'uint256',
          'address',
          'address',
          'bytes32',
          'uint16',
          'uint16[]',
          'uint64[]',
          'uint256[]',
          'bytes32[]',
        ],
        [
          chainId,
          await models.getAddress(),
          publisher,
          MANIFEST,
          MODEL.inputCount,
          MODEL.outputs,
          MODEL.tensors,
          MODEL.slices,
          circuits,
        ],
      ),
    );
  }

  it('keeps a model and answers for all of it', async () => {
    const { models, circuits, publisher, register } = await fixture();
    const digests = await Promise.all([1, 2].map(async (n) => (await circuits.circuitInfo(n)).keyDigest));
    const modelId = await expectedId([ethers.ZeroHash, digests[1], digests[0]], publisher.address);
    const store = ethers.getCreateAddress({ from: await models.getAddress(), nonce: 1 });
    await expect(register({}))
      .to.emit(models, 'ModelRegistered')
      .withArgs(
        modelId,
        publisher.address,
        MANIFEST,
        store,
        2,
        MODEL.outputs,
        MODEL.tensors,
        MODEL.slices,
        0b110,
      );
    expect(await models.modelStore(modelId)).to.equal(store);
    expect(await models.modelInfo(modelId)).to.deep.equal([
      publisher.address,
      store,
      MANIFEST,
      2n,
      MODEL.outputs.map(BigInt),
      MODEL.tensors,
      MODEL.slices,
    ]);
    expect(await models.circuitRegistry()).to.equal(await circuits.getAddress());
  });

  it('gives one publisher one id a model, and another publisher another', async () => {
    const { models, other, register } = await fixture();
    await register({});
    await expect(register({})).not.to.emit(models, 'ModelRegistered');
    await expect(register({}, other)).to.emit(models, 'ModelRegistered');
  });

  it('knows no other ids', async () => {
    const { models } = await fixture();
    await expect(models.modelInfo(MANIFEST))
      .to.be.revertedWithCustomError(models, 'UnknownModel')
      .withArgs(MANIFEST);
    expect(await models.modelStore(MANIFEST)).to.equal(ethers.ZeroAddress);
  });

  it('takes 256 slices over 1,024 tensors and no more', async () => {
    const { models, register } = await fixture();
    const slices = Array.from({ length: 256 }, (_, i) =>
      packSliceSpec({ circuit: 1, weight: 1, inputs: [i], outputs: [i + 1] }),
    );
    const tensors = (count: number) => Array.from({ length: count }, () => TENSOR);
    await register({ tensors: tensors(257), inputCount: 1, outputs: [256], slices });
    await register({
      tensors: tensors(1024),
      inputCount: 1023,
      outputs: [1023],
      slices: [packSliceSpec({ circuit: 0, weight: 0, inputs: [0], outputs: [1023] })],
    });
    await expect(register({ slices: [...slices, slices[0]] }))
      .to.be.revertedWithCustomError(models, 'SliceCountOutOfRange')
      .withArgs(257, 256);
    await expect(register({ slices: [] }))
      .to.be.revertedWithCustomError(models, 'SliceCountOutOfRange')
      .withArgs(0, 256);
    await expect(register({ tensors: tensors(1025) }))
      .to.be.revertedWithCustomError(models, 'TensorCountOutOfRange')
      .withArgs(1025, 1024);
    await expect(register({ tensors: [] }))
      .to.be.revertedWithCustomError(models, 'TensorCountOutOfRange')
      .withArgs(0, 1024);
  });

  it('refuses counts of inputs and outputs that cannot be', async () => {
    const { models, register } = await fixture();
    for (const inputCount of [0, 6]) {
      await expect(register({ inputCount }))
        .to.be.revertedWithCustomError(models, 'InputCountOutOfRange')
        .withArgs(inputCount, 5);
    }
    for (const outputs of [[], [0, 1, 2, 3, 4, 0]]) {
      await expect(register({ outputs }))
        .to.be.revertedWithCustomError(models, 'OutputCountOutOfRange')
        .withArgs(outputs.length, 5);
    }
    // All of them may be outputs.
    await register({ outputs: [0, 1, 2, 3, 4] });
    for (const outputs of [[4, 5], [5]]) {
      await expect(register({ outputs }))
        .to.be.revertedWithCustomError(models, 'UnknownTensor')
        .withArgs(5, 5);
    }
  });

  it('refuses tensors without values or bits, of more than 252 bits, or with unused bits set', async () => {
    const { models, register } = await fixture();
    for (const spec of [
      packTensorSpec({ count: 0, bits: 8, signed: true }),
      packTensorSpec({ count: 1, bits: 0, signed: true }),
      packTensorSpec({ count: 1, bits: 253, signed: true }),
      TENSOR | (1n << 41n),
      TENSOR | (1n << 63n),
    ]) {
      for (const id of [0, 3, 4]) {
        await expect(register({ tensors: MODEL.tensors.with(id, spec) }))
          .to.be.revertedWithCustomError(models, 'InvalidTensorSpec')
          .withArgs(id, spec);
      }
    }
  });

  it('takes slices of eleven tensors, the most there is room for', async () => {
    const { models, register } = await fixture();
    const inputs = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
    const most = packSliceSpec({ circuit: 0, weight: 0, inputs, outputs: [2] });
    await expect(register({ slices: MODEL.slices.with(0, most) })).to.emit(models, 'ModelRegistered');
  });

  it('refuses malformed slices', async () => {
    const { models, register } = await fixture();
    const eleven = { circuit: 1, weight: 1, inputs: Array.from({ length: 11 }, () => 0), outputs: [] };
    for (const spec of [
      packSliceSpec({ circuit: 1, weight: 1, inputs: [], outputs: [4] }),
      packSliceSpec({ circuit: 1, weight: 1, inputs: [3], outputs: [] }),
      // A twelfth tensor has no place in the word: its count alone is there.
      packSliceSpec(eleven) | (1n << 76n),
      packSliceSpec({ circuit: 1, weight: 0, inputs: [3], outputs: [4] }),
      packSliceSpec({ circuit: 0, weight: 1, inputs: [3], outputs: [4] }),
      MODEL.slices[2] | (1n << 112n),
      MODEL.slices[2] | (1n << 255n),
    ]) {
      await expect(register({ slices: MODEL.slices.with(2, spec) }))
        .to.be.revertedWithCustomError(models, 'InvalidSliceSpec')
        .withArgs(2, spec);
    }
  });

  it("refuses a circuit whose signals aren't inputs + outputs + 1, and one that isn't registered", async () => {
    const { models, circuits, register } = await fixture();
    const wrong = packSliceSpec({ circuit: 2, weight: 1, inputs: [3], outputs: [4] });
    await expect(register({ slices: MODEL.slices.with(2, wrong) }))
      .to.be.revertedWithCustomError(models, 'SignalCountMismatch')
      .withArgs(2, 2, 4, 3);
    const unknown = packSliceSpec({ circuit: 3, weight: 1, inputs: [3], outputs: [4] });
    await expect(register({ slices: MODEL.slices.with(2, unknown) }))
      .to.be.revertedWithCustomError(circuits, 'UnknownCircuit')
      .withArgs(3);
  });

  it('refuses tensors from nowhere, with two producers, or of another model', async () => {
    const { models, register } = await fixture();
    const slice = (inputs: number[], outputs: number[]) =>
      packSliceSpec({ circuit: 0, weight: 0, inputs, outputs });
    const cases: [bigint[], string, unknown[]][] = [
      [MODEL.slices.with(1, slice([4], [3])), 'TensorNotAvailable', [1, 4]],
      [MODEL.slices.with(1, slice([3], [3])), 'TensorNotAvailable', [1, 3]],
      [MODEL.slices.with(1, slice([1], [2])), 'TensorHasProducer', [1, 2]],
      [MODEL.slices.with(1, slice([1], [0])), 'TensorHasProducer', [1, 0]],
      [MODEL.slices.with(1, slice([1], [3, 3])), 'TensorHasProducer', [1, 3]],
      [MODEL.slices.with(1, slice([1], [5])), 'UnknownTensor', [5, 5]],
      [MODEL.slices.with(1, slice([9], [3])), 'UnknownTensor', [9, 5]],
      [MODEL.slices.slice(0, 2), 'TensorWithoutProducer', [4]],
    ];
    for (const [slices, error, args] of cases) {
      await expect(register({ slices }))
        .to.be.revertedWithCustomError(models, error)
        .withArgs(...args);
    }
  });
});
