import { keccak256, toBeHex, ZeroAddress, ZeroHash, type JsonRpcProvider, type JsonRpcSigner } from 'ethers';
import type { TensorSpec } from '../../../protocol/commitment/commit.ts';
import type { Deployment } from '../../../protocol/contracts/deployment.ts';
import { TestToken__factory } from '../../../protocol/contracts/generated/index.ts';
import type { JobRequestStruct } from '../../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import { openContracts, type Contracts } from '../../../protocol/contracts/market.ts';
import { setupDigestOf } from '../../../protocol/contracts/setup-digest.ts';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import { buildSettlement } from '../../../protocol/settlement/settlement.ts';
import { signalsOf } from '../../../protocol/settlement/signals.ts';
import { deploy } from '../../../scripts/deploy.ts';
import type { TestChain } from '../../support/anvil.ts';
import { createTrapdoors, type Trapdoor } from './trapdoor.ts';
import { requestIdOfJob } from '../../support/request-id.ts';

export const SLICES = [
  { inputs: [0], outputs: [1], weight: 30 },
  { inputs: [1], outputs: [2], weight: 12 },
  { inputs: [1, 2], outputs: [3], weight: 7 },
  // Executed, not provable.
  { inputs: [3], outputs: [4], weight: 0 },
] as const;
/** The input is a square, so that it can be drawn. */
export const TENSORS: readonly TensorSpec[] = Array.from({ length: 5 }, (_, i) => ({
  count: i === 0 ? 16 : 10 + i,
  bits: 8,
  signed: i > 0,
}));
const FUNDS = 10n ** 24n;

export type Role = 'owner' | 'requester' | 'executor' | 'alice' | 'bob' | 'settler';
const ROLES: readonly Role[] = ['owner', 'requester', 'executor', 'alice', 'bob', 'settler'];

/** The real contracts on a chain, a model of four slices, and people with funds. */
export interface Market {
  readonly deployment: Deployment;
  readonly modelId: string;
  readonly address: Readonly<Record<Role, string>>;
  as(role: Role): Contracts;
  /** A request with a nonce of its own. */
  request(overrides?: Partial<JobRequestStruct>): Promise<JobRequestStruct>;
  post(overrides?: Partial<JobRequestStruct>): Promise<string>;
  claim(jobId: string, role?: Role): Promise<void>;
  commitTrace(jobId: string, role?: Role): Promise<void>;
  /** @param slices their numbers */
  bid(jobId: string, role: Role, slices: readonly number[], unitPrice?: bigint): Promise<void>;
  /** Proves and settles slices, each by its prover, in one transaction. */
  settle(claims: readonly { jobId: string; slice: number; prover: Role }[]): Promise<string>;
  traceOf(jobId: string): readonly string[];
}

/** @param manifest its sha-256; nothing has the one that is taken without it */
export async function openMarket({ provider }: TestChain, manifest = keccak256('0x01')): Promise<Market> {
  const signers = await signersOf(provider);
  const deployment = await deploy({ signer: signers.owner, feeBps: 250 });
  const as = (role: Role): Contracts => openContracts(deployment, signers[role]);
  const address = Object.fromEntries(
    await Promise.all(ROLES.map(async (role) => [role, (await signers[role].getAddress()).toLowerCase()])),
  ) as Record<Role, string>;

  const token = TestToken__factory.connect(deployment.addresses.asset, signers.owner);
  for (const role of ROLES) {
    await (await token.mint(address[role], FUNDS)).wait();
    await (await token.connect(signers[role]).approve(deployment.addresses.market, FUNDS)).wait();
    await (await as(role).market.deposit(address[role], FUNDS / 2n)).wait();
  }

  const trapdoors = await createTrapdoors(
    SLICES.filter((slice) => slice.weight > 0).map((slice) => slice.inputs.length + slice.outputs.length + 1),
  );
  const circuits: { readonly number: bigint; readonly trapdoor: Trapdoor }[] = [];
  for (const [i, trapdoor] of trapdoors.entries()) {
    const setup = i === 0 ? setupDigestOf({ setup: 'development' }) : toBeHex(i + 1, 32);
    await (await as('owner').circuits.registerCircuit(trapdoor.key, setup)).wait();
    circuits.push({ number: await as('owner').circuits.circuitCount(), trapdoor });
  }
  const tensors = TENSORS.map(packTensorSpec);
  const slices = SLICES.map(({ inputs, outputs, weight }, i) =>
    packSliceSpec({ circuit: weight === 0 ? 0 : Number(circuits[i].number), weight, inputs, outputs }),
  );
  const registry = as('owner').models;
  const modelId = await registry.registerModel.staticCall(manifest, tensors, 1, [4], slices);
  await (await registry.registerModel(manifest, tensors, 1, [4], slices)).wait();

  let nonce = 0;
  const traceOf = (jobId: string): string[] =>
    Array.from(TENSORS, (_, i) => toBeHex(i === 0 ? 7n : (BigInt(jobId) >> 8n) + BigInt(i), 32));

  const request = async (overrides: Partial<JobRequestStruct> = {}): Promise<JobRequestStruct> => {
    const { timestamp } = (await provider.getBlock('latest'))!;
    return {
      requester: address.requester,
      nonce: nonce++,
      modelId,
      inputs: [toBeHex(7n, 32)],
      inputDigest: keccak256('0x02'),
      required: 0,
      audits: 0,
      contestable: 0,
      offer: {
        minUnitPrice: 1_000,
        maxUnitPrice: 5_000,
        rampSeconds: 100,
        bidWindow: 10,
        proveSeconds: 60,
        minUndercutBps: 100,
        collateralBps: 20_000,
        settleTip: 77,
      },
      execution: { minPrice: 50_000, maxPrice: 90_000, rampSeconds: 60, commitSeconds: 120 },
      jobSeconds: 1_000,
      challengeSeconds: 0,
      maxFeeBps: 500,
      validUntil: timestamp + 100_000,
      outputCommitmentOnly: true,
      admission: { hook: ZeroAddress, data: ZeroHash },
      ...overrides,
    };
  };

  return {
    deployment,
    modelId,
    address,
    as,
    traceOf,
    request,
    async post(overrides) {
      const posting = await request(overrides);
      const { market } = as('requester');
      const jobId = await market.post.staticCall(posting, '0x');
      await (await market.post(posting, '0x')).wait();
      return jobId;
    },
    async claim(jobId, role = 'executor') {
      await (await as(role).market.claimExecution(address[role], jobId)).wait();
    },
    async commitTrace(jobId, role = 'executor') {
      const { market } = as(role);
      const requestId = await requestIdOfJob(market, deployment, jobId);
      await (await market.commitTrace(jobId, requestId, [...traceOf(jobId)], keccak256('0x03'), [])).wait();
    },
    async bid(jobId, role, numbers, unitPrice = 1_000n) {
      const mask = numbers.reduce((sum, number) => sum | (1n << BigInt(number)), 0n);
      const { market } = as(role);
      const { traceHash } = await market.jobOf(jobId);
      await (await market.bid(address[role], jobId, traceHash, mask, unitPrice)).wait();
    },
    async settle(claims) {
      const submission = {
        chainId: BigInt(deployment.chainId),
        market: deployment.addresses.market,
        settler: address.settler,
      };
      const proven = claims.map(({ jobId, slice, prover }) => {
        const { inputs, outputs } = SLICES[slice];
        const { number: circuit, trapdoor } = circuits[slice];
        const place = { jobId, slice, prover: address[prover], inputs, outputs, trace: traceOf(jobId) };
        const signals = signalsOf({ ...submission, ...place });
        return { ...place, circuit, proof: trapdoor.prove(signals) };
      });
      const { batches, proofs } = buildSettlement(submission, proven);
      const call = await as('settler').market.settle(
        batches.map(({ jobId, shown, trace, groups }) => ({
          jobId,
          shown,
          trace: [...trace],
          groups: [...groups],
        })),
        proofs,
      );
      await call.wait();
      return call.hash;
    },
  };
}

async function signersOf(provider: JsonRpcProvider): Promise<Record<Role, JsonRpcSigner>> {
  const signers = await Promise.all(ROLES.map((_, i) => provider.getSigner(i)));
  return Object.fromEntries(ROLES.map((role, i) => [role, signers[i]])) as Record<Role, JsonRpcSigner>;
}
