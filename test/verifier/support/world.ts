import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ZeroAddress, ZeroHash, type TransactionReceipt } from 'ethers';
import { commitTensor } from '../../../protocol/commitment/commit.ts';
import { traceSalt } from '../../../protocol/commitment/trace-salts.ts';
import type { JobRequestStruct } from '../../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import { TestToken__factory } from '../../../protocol/contracts/generated/index.ts';
import { deploymentSchema, type Deployment } from '../../../protocol/contracts/deployment.ts';
import { openContracts, type Contracts } from '../../../protocol/contracts/market.ts';
import { setupDigestOf } from '../../../protocol/contracts/setup-digest.ts';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import { encodeManifest, specOf, type Manifest } from '../../../protocol/manifest.ts';
import type { ProofSubmission } from '../../../protocol/proof-submission.ts';
import { proofFromSnarkjs } from '../../../protocol/settlement/points.ts';
import { buildSettlement } from '../../../protocol/settlement/settlement.ts';
import { settleCall } from '../../../protocol/settlement/settle-call.ts';
import { FolderStore } from '../../../protocol/store/folder-store.ts';
import { tagOf } from '../../../protocol/tag.ts';
import { fieldToHex } from '../../../protocol/tensor-bundle.ts';
import { sealTensors } from '../../../protocol/trace.ts';
import { hashTrace } from '../../../protocol/settlement/trace-hash.ts';
import { openDeployed } from '../../support/deployed.ts';
import { startChain, type TestChain } from './chain.ts';
import type { TensorValues } from '../../../slicer/integer/program.ts';
import { verifyingKeyToSolidity } from '../../../groth16/verify/solidity.ts';
import { commitRun, tinyModel, type TinyModel } from './tiny-model.ts';

export const ROLES = { deployer: 0, requester: 1, aggregator: 2, other: 3, provers: [4, 5, 6, 7] } as const;

/** A job that was posted with its trace, and what its proofs are made from. */
export interface PostedJob {
  readonly jobId: string;
  readonly values: readonly TensorValues[];
  readonly salts: readonly bigint[];
  readonly trace: readonly string[];
}

/** A chain with the contracts, a store, and a published tiny model with real keys. */
export interface World {
  readonly chain: TestChain;
  readonly deployment: Deployment;
  readonly deploymentFile: string;
  readonly contracts: Contracts;
  readonly folder: string;
  readonly store: FolderStore;
  readonly model: TinyModel;
  readonly modelId: string;
  /** Circuit numbers by slice. */
  readonly circuits: readonly number[];
  addressOf(account: number): string;
  /** Posts a job of the requester's, with its own trace; the offer and the values may be changed. */
  post(options?: {
    readonly offer?: Partial<JobRequestStruct['offer']>;
    readonly jobSeconds?: number;
    /** Changes the run's values before they are committed: an executor that lies. */
    readonly tamper?: (values: TensorValues[]) => void;
    /** Where the trace's salts come from. */
    readonly saltsOf?: 'executor' | 'input';
    readonly inputDigest?: string;
    readonly traceDigest?: string;
    readonly modelId?: string;
  }): Promise<PostedJob>;
  /** Registers a model with these circuits, under the manifest that `described` is; its id. */
  register(manifest: Manifest, circuits: readonly number[], described?: Manifest): Promise<string>;
  /** Settles as a node does that goes without an aggregator. */
  settle(job: PostedJob, submissions: readonly ProofSubmission[], account: number): Promise<void>;
  bid(job: PostedJob, account: number, slices: readonly number[], unitPrice?: number): Promise<void>;
  /** A real proof by this account, as a node hands it in. */
  prove(job: PostedJob, slice: number, account: number): Promise<ProofSubmission>;
  finalize(job: PostedJob): Promise<void>;
  close(): Promise<void>;
}

// The chain's clock is the wall's: what has to be done in a time has far more of it than any machine takes.
const OFFER = {
  minUnitPrice: 1000,
  maxUnitPrice: 1000,
  rampSeconds: 0,
  bidWindow: 0,
  proveSeconds: 6_000,
  minUndercutBps: 100,
  collateralBps: 20_000,
  settleTip: 7,
};

export async function openWorld(): Promise<World> {
  const chain = await startChain();
  try {
    return await furnish(chain);
  } catch (error) {
    // A chain that runs on would keep the test run from ending.
    await chain.close();
    throw error;
  }
}

async function furnish(chain: TestChain): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-verifier-'));
  const { deployment: made, file: deploymentFile } = await openDeployed(chain.provider, folder);
  const deployment = deploymentSchema.parse(made);
  const contracts = openContracts(deployment, chain.provider);
  const store = new FolderStore(path.join(folder, 'store'));
  const model = await tinyModel();
  const circuits = await registerCircuits(chain, contracts, model);
  await model.publish(store);
  const modelId = await registerModel(chain, contracts, store, model.manifest, circuits, model.manifest);
  const addresses = await Promise.all(chain.keys.map((_, i) => chain.signer(i).getAddress()));
  await fund(chain, contracts, addresses);

  const world: World = {
    chain,
    deployment,
    deploymentFile,
    contracts,
    folder,
    store,
    model,
    modelId,
    circuits,
    addressOf: (account) => addresses[account],
    register: (manifest, chosen, described = manifest) =>
      registerModel(chain, contracts, store, manifest, chosen, described),
    async settle({ trace }, submissions, account) {
      const { chainId, addresses: at } = deployment;
      const submitter = { chainId: BigInt(chainId), market: at.market, settler: addresses[account] };
      const settlement = buildSettlement(
        submitter,
        submissions.map(({ jobId, slice, prover, proof }) => ({
          jobId,
          slice,
          prover,
          circuit: BigInt(circuits[slice]),
          ...model.slices[slice].spec,
          trace,
          proof: proofFromSnarkjs(proof),
        })),
      );
      await mined(chain.signer(account).sendTransaction(await settleCall(contracts.market, settlement)));
    },
    async post({
      offer = {},
      jobSeconds = 36_000,
      tamper,
      saltsOf = 'executor',
      inputDigest,
      traceDigest,
      modelId: other,
    } = {}) {
      const values = model.run([200, 17, 90, 3]);
      tamper?.(values);
      const run = commitRun(model, values);
      const salts = [...run.salts];
      const commitments = [...run.commitments];
      const seal = (ids: readonly number[]): Promise<{ digest: string }> =>
        sealTensors(
          store,
          ids.map((id) => ({
            id,
            spec: specOf(model.manifest.tensors[id]),
            values: values[id],
            salt: salts[id],
          })),
        );
      const block = await chain.provider.getBlock('latest');
      const request: JobRequestStruct = {
        requester: addresses[ROLES.requester],
        nonce: BigInt(`0x${randomBytes(16).toString('hex')}`),
        modelId: other ?? modelId,
        inputs: [fieldToHex(commitments[0])],
        inputDigest: inputDigest ?? (await seal([0])).digest,
        required: 0n,
        audits: 0,
        contestable: 0n,
        offer: { ...OFFER, ...offer },
        execution: { minPrice: 0, maxPrice: 0, rampSeconds: 0, commitSeconds: 0 },
        jobSeconds,
        challengeSeconds: 0,
        maxFeeBps: 500,
        validUntil: (block?.timestamp ?? 0) + 36_000,
        outputCommitmentOnly: false,
        admission: { hook: ZeroAddress, data: ZeroHash },
      };
      const market = contracts.market.connect(chain.signer(ROLES.requester));
      const jobId = await market.jobIdOf(request);
      for (const id of saltsOf === 'input' ? [1, 2, 3] : []) {
        salts[id] = traceSalt([salts[0]], jobId, id);
        commitments[id] = commitTensor(specOf(model.manifest.tensors[id]), values[id], salts[id]);
      }
      const trace = commitments.map(fieldToHex);
      const digest = traceDigest ?? (await seal([0, 1, 2, 3])).digest;
      await mined(market.postWithTrace(request, [...trace], digest));
      return { jobId, values, salts, trace };
    },
    async bid({ jobId, trace }, account, slices, unitPrice = 1000) {
      const market = contracts.market.connect(chain.signer(account));
      const mask = slices.reduce((sum, slice) => sum | (1n << BigInt(slice)), 0n);
      const taken = await market.bid.staticCall(addresses[account], jobId, hashTrace(trace), mask, unitPrice);
      if (taken !== mask) throw new Error(`bid took ${taken} of ${mask}`);
      await mined(market.bid(addresses[account], jobId, hashTrace(trace), mask, unitPrice));
    },
    async prove({ jobId, values, salts }, slice, account) {
      const prover = addresses[account];
      const { chainId, addresses: at } = deployment;
      const tag = tagOf({ chainId: BigInt(chainId), market: at.market, jobId, slice, prover });
      return { jobId, slice, prover, proof: await model.prove(slice, values, salts, tag) };
    },
    async finalize({ jobId }) {
      await mined(contracts.market.connect(chain.signer(ROLES.other)).finalize(jobId));
    },
    async close() {
      await chain.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}

async function registerCircuits(chain: TestChain, contracts: Contracts, model: TinyModel): Promise<number[]> {
  const registry = contracts.circuits.connect(chain.signer(ROLES.deployer));
  const circuits: number[] = [];
  for (const { setup, spec } of model.slices) {
    if (spec.weight === 0) {
      circuits.push(0);
      continue;
    }
    const key = verifyingKeyToSolidity(setup.verifyingKey);
    const g2 = ({ x, y }: typeof key.beta): { x: [bigint, bigint]; y: [bigint, bigint] } => ({
      x: [...x],
      y: [...y],
    });
    const [beta, gamma, delta, sigma] = [key.beta, key.gamma, key.delta, key.sigma].map(g2);
    const call = { ...key, beta, gamma, delta, sigma, ic: [...key.ic] };
    await mined(registry.registerCircuit(call, setupDigestOf(model.manifest)));
    circuits.push(Number(await registry.circuitCount()));
  }
  return circuits;
}

async function registerModel(
  chain: TestChain,
  contracts: Contracts,
  store: FolderStore,
  manifest: Manifest,
  circuits: readonly number[],
  described: Manifest,
): Promise<string> {
  const { sha256 } = await store.put(encodeManifest(described));
  const { tensors, inputCount, outputs, slices } = manifest;
  const models = contracts.models.connect(chain.signer(ROLES.deployer));
  const call: Parameters<typeof models.registerModel.staticCall> = [
    sha256,
    tensors.map((tensor) => packTensorSpec(specOf(tensor))),
    inputCount,
    [...outputs],
    slices.map((slice, i) => packSliceSpec({ ...slice, circuit: circuits[i] })),
  ];
  const modelId = await models.registerModel.staticCall(...call);
  await mined(models.registerModel(...call));
  return modelId;
}

async function fund(chain: TestChain, contracts: Contracts, accounts: readonly string[]): Promise<void> {
  const amount = 10n ** 24n;
  const token = TestToken__factory.connect(
    contracts.deployment.addresses.asset,
    chain.signer(ROLES.deployer),
  );
  await mined(token.mint(accounts[ROLES.deployer], amount * BigInt(accounts.length)));
  await mined(token.approve(contracts.deployment.addresses.market, amount * BigInt(accounts.length)));
  const market = contracts.market.connect(chain.signer(ROLES.deployer));
  for (const account of accounts) await mined(market.deposit(account, amount));
}

async function mined(
  sending: Promise<{ wait(): Promise<TransactionReceipt | null> }>,
): Promise<TransactionReceipt> {
  const receipt = await (await sending).wait();
  if (receipt?.status !== 1) throw new Error('transaction failed');
  return receipt;
}
