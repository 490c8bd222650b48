import { readFileSync } from 'node:fs';
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types';

interface Point2 {
  readonly x: [string, string];
  readonly y: [string, string];
}

/** `model/model.json`: what the registries are told. */
interface Model {
  readonly verifier: string;
  readonly consumer: string;
  readonly manifestDigest: string;
  readonly setupDigest: string;
  readonly tensors: string[];
  readonly inputCount: number;
  readonly outputs: number[];
  readonly slices: string[];
  readonly keyOf: (number | null)[];
  readonly keys: {
    readonly alpha: { readonly x: string; readonly y: string };
    readonly beta: Point2;
    readonly gamma: Point2;
    readonly delta: Point2;
    readonly sigma: Point2;
    readonly ic: { readonly x: string; readonly y: string }[];
  }[];
  readonly poseidonTables: string[];
}

const file = new URL('../model/model.json', import.meta.url);

/** Deploys the verifier of this model, all that it stands on, and the consumer, one contract after the other. */
export async function deploy(ethers: HardhatEthers) {
  const model = JSON.parse(readFileSync(file, 'utf8')) as Model;
  const [signer] = await ethers.getSigners();

  const circuits = await ethers.deployContract('CircuitRegistry');
  const numbers: bigint[] = [];
  for (const key of model.keys) {
    numbers.push(await circuits.registerCircuit.staticCall(key, model.setupDigest));
    await (await circuits.registerCircuit(key, model.setupDigest)).wait();
  }

  const models = await ethers.deployContract('ModelRegistry', [await circuits.getAddress()]);
  const slices = model.slices.map((slice, i) => {
    const key = model.keyOf[i];
    return BigInt(slice) | (key === null ? 0n : numbers[key]);
  });
  const { manifestDigest, tensors, inputCount, outputs } = model;
  const modelId: string = await models.registerModel.staticCall(
    manifestDigest,
    tensors,
    inputCount,
    outputs,
    slices,
  );
  await (await models.registerModel(manifestDigest, tensors, inputCount, outputs, slices)).wait();

  const batchVerifier = await ethers.deployContract('Groth16BatchVerifier', [await circuits.getAddress()]);
  const tables: string[] = [];
  for (const data of model.poseidonTables) {
    const receipt = await (await signer.sendTransaction({ data })).wait();
    tables.push(String(receipt?.contractAddress));
  }
  const hasher = await ethers.deployContract('TensorHasher', [tables]);

  const verifier = await ethers.deployContract(model.verifier, [
    await models.getAddress(),
    await batchVerifier.getAddress(),
    await hasher.getAddress(),
    modelId,
  ]);
  const consumer = await ethers.deployContract(model.consumer, [await verifier.getAddress()]);
  await consumer.waitForDeployment();
  return { verifier, consumer, slices };
}
