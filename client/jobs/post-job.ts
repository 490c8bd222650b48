import { randomBytes as cryptoRandomBytes } from 'node:crypto';
import { ZeroAddress } from 'ethers';
import type { JobRequestStruct } from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import { depositToLedger } from '../../protocol/contracts/asset.ts';
import { specOf } from '../../protocol/manifest.ts';
import { fieldToHex } from '../../protocol/tensor-bundle.ts';
import { sealTensors, type TensorToSeal } from '../../protocol/trace.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { offerSchema } from './offer.ts';
import type { z } from 'zod';
import type { PublishedManifest } from './read-model.ts';

/** What to post. */
export interface JobToPost {
  readonly published: PublishedManifest;
  /** Integers of each input tensor of the model (see `quantiseTensor`). */
  readonly inputs: readonly Float64Array[];
  readonly offer: z.input<typeof offerSchema>;
  /** Indices of slices to prove; left out: every provable one. */
  readonly required?: readonly number[];
  /** How many of the other provable slices to have drawn and proved, once the executor is bound to its trace. Default 0. */
  readonly audits?: number;
  /** Take what the ledger lacks from the account's own asset. Default true. */
  readonly deposit?: boolean;
  readonly randomBytes?: (size: number) => Uint8Array;
}

export interface PostedJob {
  readonly jobId: string;
  /** What the market holds for the job, in the asset's smallest unit. */
  readonly escrow: bigint;
  readonly transaction: string;
  readonly gasUsed: bigint;
}

/**
 * Posts an inference job: salts and commits the input, puts it into the store, escrows the most that the job
 * can cost and posts it on chain.
 * @throws ClientError INPUT_COUNT, LEDGER_TOO_LITTLE; BadInputError COMMITMENT_COUNT, COMMITMENT_RANGE;
 * ZodError for an impossible offer; ChainError CHAIN_REVERTED with the market's reason
 */
export async function postJob(client: Client, job: JobToPost): Promise<PostedJob> {
  const { contracts, sender, store } = client;
  const { randomBytes = cryptoRandomBytes, published, deposit = true } = job;
  const { market } = contracts;
  const { commitments, digest } = await sealTensors(store, inputTensors(job), randomBytes);
  const request = await requestOf(client, job, commitments, digest, randomBytes);
  const escrow = escrowOf(published, request);
  await ensureBalance(client, escrow, deposit);
  const receipt = await sender.send('post', () => market.post.populateTransaction(request));
  const posted = receipt.logs
    .map((log) => market.interface.parseLog(log))
    .find((event) => event?.name === 'JobPosted');
  if (!posted) throw new ClientError('JOB_NOT_POSTED', `transaction ${receipt.hash} posted no job`);
  return {
    jobId: posted.args.jobId as string,
    escrow: posted.args.escrow as bigint,
    transaction: receipt.hash,
    gasUsed: receipt.gasUsed,
  };
}

function inputTensors({ published: { manifest }, inputs }: JobToPost): TensorToSeal[] {
  const tensors = manifest.tensors.slice(0, manifest.inputCount);
  if (inputs.length !== tensors.length) {
    throw new ClientError('INPUT_COUNT', `the model has ${tensors.length} inputs, got ${inputs.length}`);
  }
  return tensors.map((tensor, i) => ({ id: tensor.id, spec: specOf(tensor), values: inputs[i] }));
}

async function requestOf(
  { provider, sender }: Client,
  { published: { model }, offer: asked, required, audits = 0 }: JobToPost,
  commitments: readonly bigint[],
  inputDigest: string,
  randomBytes: (size: number) => Uint8Array,
): Promise<JobRequestStruct> {
  const offer = offerSchema.parse(asked);
  const block = await provider.getBlock('latest');
  const { minUnitPrice, maxUnitPrice, rampSeconds, bidWindow, proveSeconds } = offer;
  return {
    requester: sender.address,
    nonce: BigInt(`0x${Buffer.from(randomBytes(16)).toString('hex')}`),
    modelId: model.modelId,
    inputs: commitments.map(fieldToHex),
    inputDigest,
    required: (required ?? []).reduce((mask, slice) => mask | (1n << BigInt(slice)), 0n),
    audits,
    offer: {
      minUnitPrice,
      maxUnitPrice,
      rampSeconds,
      bidWindow,
      proveSeconds,
      minUndercutBps: offer.minUndercutBps,
      collateralBps: offer.collateralBps,
      settleTip: offer.settleTip,
    },
    execution: {
      minPrice: offer.minExecutionPrice,
      maxPrice: offer.maxExecutionPrice,
      rampSeconds,
      commitSeconds: offer.commitSeconds,
    },
    jobSeconds: offer.jobSeconds,
    challengeSeconds: 0,
    maxFeeBps: offer.maxFeeBps,
    validUntil: Number(block?.timestamp ?? 0) + offer.validSeconds,
    consumer: ZeroAddress,
    consumerGas: 0,
    outputCommitmentOnly: false,
    admission: { minRecord: 0, excluded: false, accounts: [] },
  };
}

/** The most the job can cost: execution, every required slice, the dearest draw, and their tips, at the highest prices. */
function escrowOf(
  { model }: PublishedManifest,
  { required, audits, offer, execution }: JobRequestStruct,
): bigint {
  const mask = BigInt(required);
  const isDue = (slice: number): boolean => mask === 0n || ((mask >> BigInt(slice)) & 1n) === 1n;
  const provable = model.slices.map(({ circuit, weight }, slice) => ({ circuit, weight, slice }));
  const candidates = provable.filter(({ circuit, slice }) => circuit !== 0 && !isDue(slice));
  const dearest = candidates.toSorted((a, b) => b.weight - a.weight).slice(0, Number(audits));
  const due = [...provable.filter(({ circuit, slice }) => circuit !== 0 && isDue(slice)), ...dearest];
  const slices = due.reduce(
    (sum, { weight }) => sum + BigInt(weight) * BigInt(offer.maxUnitPrice) + BigInt(offer.settleTip),
    0n,
  );
  return slices + BigInt(execution.maxPrice);
}

async function ensureBalance(
  { contracts, sender, asset }: Client,
  escrow: bigint,
  deposit: boolean,
): Promise<void> {
  const { balance } = await contracts.market.accountOf(sender.address);
  if (balance >= escrow) return;
  if (!deposit) {
    throw new ClientError(
      'LEDGER_TOO_LITTLE',
      `the job escrows ${asset.format(escrow)}, the ledger of ${sender.address} holds ${asset.format(balance)}`,
      { hint: 'Deposit first with `sliceproof account deposit`.' },
    );
  }
  await depositToLedger(sender, contracts, escrow - balance);
}
