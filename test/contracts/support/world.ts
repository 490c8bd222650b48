import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import type { ContractTransactionReceipt, ContractTransactionResponse } from 'ethers';
import { commitTensor, packValues } from '../../../protocol/commitment/commit.ts';
import {
  CircuitRegistry__factory,
  Groth16BatchVerifier__factory,
  ISliceMarket__factory,
  ModelRegistry__factory,
  SliceMarket__factory,
  TestToken__factory,
} from '../../../protocol/contracts/generated/index.ts';
import { deploy } from '../../../scripts/deploy.ts';
import type { DeployOptions } from '../../../scripts/deploy.ts';
import { hashTrace } from '../../../protocol/settlement/trace-hash.ts';
import { aggregate, bytesOf, whole } from './batch.ts';
import type { Proved } from './batch.ts';
import { chain, ethers, networkHelpers } from './chain.ts';
import type { Chain } from './chain.ts';
import { sumCircuit, sumWitness } from './circuits.ts';
import { prove, setup } from './groth16.ts';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import { requestIdOfJob } from '../../support/request-id.ts';

/** States and reasons as the contracts number them. */
export const JobState = { Posted: 1n, Claimed: 2n, Traced: 3n, Finalized: 4n, Closed: 5n } as const;
export const SliceState = { Open: 0n, Held: 1n, Lapsed: 2n, Settled: 3n } as const;
export const Skip = {
  NotDue: 0n,
  AlreadySettled: 1n,
  WindowOpen: 2n,
  HeldByOther: 3n,
  JobClosing: 4n,
  JobEnded: 5n,
  NotAdmitted: 6n,
  ProofRefused: 7n,
} as const;
export const CloseReason = { Cancelled: 0n, Expired: 1n } as const;

export const BURN = '0x000000000000000000000000000000000000dEaD';
export const SETUP_DIGEST = ethers.id('setup');
export const TRACE_DIGEST = ethers.id('trace bundle');
/** keccak256 of the ABI encoding of outputs, which {@link TRACE}'s job keeps of them. */
export function outputDigest(
  outputs: readonly { readonly salt: bigint; readonly words: readonly bigint[] }[],
): string {
  return ethers.keccak256(
    ethers.AbiCoder.defaultAbiCoder().encode(['tuple(uint256 salt, uint256[] words)[]'], [outputs]),
  );
}
const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };

/** Slices of the test model: 0 and 3 share a circuit, 1 reads two tensors, 2 is executed only. */
export const SLICES = [
  { circuit: 1, weight: 3, inputs: [0], outputs: [1] },
  { circuit: 2, weight: 5, inputs: [0, 1], outputs: [2] },
  { circuit: 0, weight: 0, inputs: [2], outputs: [3] },
  { circuit: 1, weight: 7, inputs: [3], outputs: [4] },
] as const;
export const PROVABLE = 0b1011n;
const TENSORS = 5;

export const UNIT = 10n ** 15n;
export const OFFER = {
  minUnitPrice: UNIT,
  maxUnitPrice: 3n * UNIT,
  rampSeconds: 100,
  bidWindow: 20,
  proveSeconds: 60,
  minUndercutBps: 500,
  collateralBps: 20_000,
  settleTip: UNIT / 10n,
} as const;
export const EXECUTION = {
  minPrice: 2n * UNIT,
  maxPrice: 10n * UNIT,
  rampSeconds: 80,
  commitSeconds: 50,
} as const;
export const NO_EXECUTION = { minPrice: 0n, maxPrice: 0n, rampSeconds: 0, commitSeconds: 0 } as const;
/** Lengths of the standard request. */
export const JOB_SECONDS = 400;
export const CHALLENGE_SECONDS = 30;
/** What the standard request escrows: slices at the highest price, and a tip each; without the execution. */
export const PROOFS_ESCROW = 15n * OFFER.maxUnitPrice + 3n * OFFER.settleTip;

/** How every tensor of the test model is committed, and what the last one, its output, holds. */
export const TENSOR = { count: 10, bits: 8, signed: true } as const;
export const OUTPUT_VALUES = [-128, 127, 0, 1, -1, 55, 99, -3, 8, 13];
const OUTPUT_SALT = 123_456_789n;
/** What opens the output's commitment. */
export const OUTPUTS = [{ salt: OUTPUT_SALT, words: packValues(TENSOR, OUTPUT_VALUES) }];
export const OUTPUT_DIGEST = outputDigest(OUTPUTS);
/** The trace of the test model: commitments by tensor id. Only the last one is of something. */
export const TRACE = [
  ...Array.from({ length: TENSORS - 1 }, (_, i) => ethers.toBeHex(1000 + i, 32)),
  ethers.toBeHex(commitTensor(TENSOR, OUTPUT_VALUES, OUTPUT_SALT), 32),
];
export const TRACE_HASH = hashTrace(TRACE);

export interface Claim {
  readonly slice: number;
  readonly prover: { readonly address: string };
  /** The place of the prover's bid, if it is named. */
  readonly bid?: number;
}

/** A place that no bid has. */
export const NO_BID = 0xffff;

/** The slices of a mask, lowest first. */
export function slicesOf(mask: bigint): number[] {
  return [...Array(256).keys()].filter((slice) => ((mask >> BigInt(slice)) & 1n) === 1n);
}

const markets = new WeakMap<object, number>();

/** Every world has registries of its own, at addresses that depend on nothing but how many its chain had before. */
function saltOf(provider: object): string {
  const count = markets.get(provider) ?? 0;
  markets.set(provider, count + 1);
  return ethers.toBeHex(count, 32);
}

/** A market with a model, funded accounts, and everything that its sides do. */
export async function createWorld(
  options: Partial<DeployOptions> = {},
  { ethers, networkHelpers }: Pick<Chain, 'ethers' | 'networkHelpers'> = chain,
  registrant: 'requester' | 'publisher' | 'somebody' = 'somebody',
) {
  const [owner, treasury, requester, executor, alice, bob, settler, outsider] = await ethers.getSigners();
  const { addresses } = await deploy({
    signer: owner,
    salt: saltOf(ethers.provider),
    treasury: treasury.address,
    feeBps: 200,
    minProveSeconds: 30,
    minCommitSeconds: 1,
    minJobSeconds: 1,
    maxJobSeconds: 100_000,
    ...options,
  });
  const token = TestToken__factory.connect(addresses.asset, owner);
  const circuits = CircuitRegistry__factory.connect(addresses.circuitRegistry, owner);
  const models = ModelRegistry__factory.connect(addresses.modelRegistry, owner);
  const verifier = Groth16BatchVerifier__factory.connect(addresses.verifier, owner);
  const market = ISliceMarket__factory.connect(addresses.market, owner);
  // The same, as who owns it and what signs for it see it.
  const owned = SliceMarket__factory.connect(addresses.market, owner);
  const { chainId } = await ethers.provider.getNetwork();

  const keys = [setup(sumCircuit(3), PHASE1, 1001n), setup(sumCircuit(4), PHASE1, 1002n)];
  // Challengers of slices have a share of a bond where neither requester nor publisher registered their keys.
  const registrar = { requester, publisher: owner, somebody: treasury }[registrant];
  for (const { vk } of keys) await circuits.connect(registrar).registerCircuit(vk, SETUP_DIGEST);
  const model = [
    ethers.id('manifest'),
    Array.from({ length: TENSORS }, () => packTensorSpec(TENSOR)),
    1,
    [4],
    SLICES.map(packSliceSpec),
  ] as const;
  const modelId = await models.registerModel.staticCall(...mutable(model));
  await models.registerModel(...mutable(model));

  const everyone = [requester, executor, alice, bob, settler, outsider];
  for (const account of everyone) {
    await token.mint(account.address, 1000n * 10n ** 18n);
    await token.connect(account).approve(addresses.market, ethers.MaxUint256);
    await market.connect(account).deposit(account, 100n * 10n ** 18n);
  }

  let nonce = 0n;
  type Overrides = Partial<ReturnType<typeof plainRequest>>;
  function plainRequest() {
    return {
      requester: requester.address,
      nonce: nonce++,
      modelId,
      inputs: [TRACE[0]],
      inputDigest: ethers.id('input bundle'),
      required: 0n,
      audits: 0,
      contestable: 0n,
      offer: { ...OFFER } as { -readonly [K in keyof typeof OFFER]: bigint | number },
      execution: { ...EXECUTION } as { -readonly [K in keyof typeof EXECUTION]: bigint | number },
      jobSeconds: JOB_SECONDS,
      challengeSeconds: CHALLENGE_SECONDS,
      maxFeeBps: 500,
      validUntil: 2 ** 40 - 1,
      outputCommitmentOnly: false,
      admission: { hook: ethers.ZeroAddress, data: ethers.ZeroHash },
    };
  }
  /** A request of the standard terms, with what is named changed. */
  function request(overrides: Overrides = {}) {
    return { ...plainRequest(), ...overrides };
  }
  /** Posts a job whose execution is for sale. */
  async function post(overrides: Overrides = {}): Promise<string> {
    const wanted = request(overrides);
    await market.connect(requester).post(wanted, '0x');
    return market.jobIdOf(wanted);
  }
  /** What a job's trace comes with, from the event of its post. */
  async function requestId(jobId: string): Promise<string> {
    return requestIdOfJob(market, { chainId: Number(chainId), addresses }, jobId);
  }
  /** Posts a job with the requester's own trace. */
  async function postTraced(overrides: Overrides = {}): Promise<string> {
    const wanted = request({ execution: { ...NO_EXECUTION }, ...overrides });
    await market.connect(requester).postWithTrace(wanted, TRACE, TRACE_DIGEST);
    return market.jobIdOf(wanted);
  }
  /** Posts a job that the executor claims and runs. */
  async function postExecuted(overrides: Overrides = {}): Promise<string> {
    const jobId = await post(overrides);
    await market.connect(executor).claimExecution(executor, jobId);
    await market.connect(executor).commitTrace(jobId, await requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
    return jobId;
  }
  /** A real proof for a slice of a job that names a prover. */
  async function proofFor(jobId: string, { slice, prover }: Claim): Promise<Proved> {
    const signals = [...(await market.signalsOf(jobId, slice, prover.address, TRACE))];
    const circuit = SLICES[slice].circuit;
    const salt = BigInt(slice) + 17n;
    return {
      circuit: BigInt(circuit),
      signals,
      proof: prove(keys[circuit - 1], sumWitness(signals), salt, salt + 1n),
    };
  }
  /** The arguments of a settlement of real proofs, by jobs, for a caller. */
  async function settlement(
    claims: readonly (Claim & { readonly jobId: string })[],
    caller: { readonly address: string } = settler,
    change: (proved: Proved[]) => Proved[] = (proved) => proved,
  ) {
    const jobs = [...new Set(claims.map(({ jobId }) => jobId))];
    const ordered = jobs.flatMap((jobId) => claims.filter((claim) => claim.jobId === jobId));
    const proved: Proved[] = [];
    for (const claim of ordered) proved.push(await proofFor(claim.jobId, claim));
    const submission = { chainId, market: addresses.market, settler: caller.address };
    const batch = aggregate(change(proved), submission);
    const batches = jobs.map((jobId) => ({
      jobId,
      ...whole(TRACE),
      groups: claims
        .filter((claim) => claim.jobId === jobId)
        .map(({ slice, prover, bid = NO_BID }) => ({
          prover: prover.address,
          bid,
          slices: 1n << BigInt(slice),
        })),
    }));
    return [batches, bytesOf(batch)] as const;
  }
  /** Settles slices of one job with real proofs. */
  async function settle(
    jobId: string,
    claims: readonly Claim[],
    caller: HardhatEthersSigner = settler,
  ): Promise<ContractTransactionResponse> {
    const args = await settlement(
      claims.map((claim) => ({ ...claim, jobId })),
      caller,
    );
    return market.connect(caller).settle(...args);
  }
  async function balanceOf(account: { readonly address: string } | string): Promise<bigint> {
    return (await market.accountOf(typeof account === 'string' ? account : account.address))[0];
  }
  async function reservedOf(account: { readonly address: string }): Promise<bigint> {
    return (await market.accountOf(account.address))[1];
  }
  /** The time of a transaction's block. */
  async function timeOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
    const receipt = (await (await sent).wait()) as ContractTransactionReceipt;
    return (await receipt.getBlock()).timestamp;
  }
  /** Lets the next transaction happen at this time exactly. */
  async function at(time: number | bigint): Promise<void> {
    await networkHelpers.time.setNextBlockTimestamp(Number(time));
  }

  return {
    owner,
    treasury,
    requester,
    executor,
    alice,
    bob,
    settler,
    outsider,
    everyone,
    addresses,
    chainId,
    token,
    circuits,
    models,
    verifier,
    market,
    owned,
    keys,
    modelId,
    request,
    post,
    requestId,
    postTraced,
    postExecuted,
    proofFor,
    settlement,
    settle,
    balanceOf,
    reservedOf,
    timeOf,
    at,
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** The standard world, made once a file. */
export function world(): Promise<World> {
  return networkHelpers.loadFixture(standardWorld);
}

async function standardWorld(): Promise<World> {
  return createWorld();
}

type Mutable<T> = T extends readonly (infer E)[]
  ? number extends T['length']
    ? E[]
    : { -readonly [K in keyof T]: Mutable<T[K]> }
  : T;

/** The same value, typed as what TypeChain's arguments want. */
export function mutable<T>(value: T): Mutable<T> {
  return value as Mutable<T>;
}
