import { hexlify } from 'ethers';
import type { z } from 'zod';
import type { JobRequestStruct } from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import { sampleSalt } from '../../protocol/commitment/commit.ts';
import { hasBit, maskOf } from '../../protocol/contracts/masks.ts';
import { specOf } from '../../protocol/manifest.ts';
import { fieldToHex } from '../../protocol/tensor-bundle.ts';
import type { TensorToSeal } from '../../protocol/trace.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { admissionOf, type JobAdmission } from './admission.ts';
import { parseOffer, type offerSchema } from './offer.ts';
import type { PublishedManifest } from './read-model.ts';

/** What to post. */
export interface JobToPost {
  readonly published: PublishedManifest;
  /** Integers of each input tensor of the model (see `quantiseTensor`). */
  readonly inputs: readonly Float64Array[];
  readonly offer: z.input<typeof offerSchema>;
  /** Indices of slices to prove; left out: every provable one. */
  readonly required?: readonly number[];
  /** How many of the other provable slices are drawn, after the trace, to be proved as well. Default 0. */
  readonly audits?: number;
  /** Slices that may be drawn or challenged, of those that have a circuit; left out: all of these. */
  readonly contestable?: readonly number[];
  /** Seconds from the trace in which anyone may challenge a slice. Default 0: nobody may. */
  readonly challengeSeconds?: number;
  /** Keep the output's values off the chain. Default false: whoever executes has to reveal them. */
  readonly outputCommitmentOnly?: boolean;
  /** Let anybody fetch the input from a store that knows accounts. Default false: those with a stake in the job. */
  readonly publicInputs?: boolean;
  /** Who may execute and prove; left out: anyone. */
  readonly admission?: JobAdmission;
  /** Take what the ledger lacks from the account's own asset, or from its coins, where the asset is these, wrapped. Default true. */
  readonly deposit?: boolean | 'coins';
  readonly randomBytes?: (size: number) => Uint8Array;
}

/** The input as it is committed, with salts of its own, which those of the whole trace follow from. @throws ClientError INPUT_COUNT */
export function inputTensors(
  { published: { manifest }, inputs }: JobToPost,
  randomBytes: (size: number) => Uint8Array,
): TensorToSeal[] {
  const tensors = manifest.tensors.slice(0, manifest.inputCount);
  if (inputs.length !== tensors.length) {
    throw new ClientError('INPUT_COUNT', `the model has ${tensors.length} inputs, got ${inputs.length}`);
  }
  return tensors.map((tensor, i) => ({
    id: tensor.id,
    spec: specOf(tensor),
    values: inputs[i],
    salt: sampleSalt(randomBytes),
  }));
}

/** What of a job doesn't depend on its input. */
export type JobTerms = Omit<JobToPost, 'inputs' | 'publicInputs' | 'deposit' | 'randomBytes'>;

/** The request for a job whose input is committed. @throws ClientError OFFER_MALFORMED */
export async function requestOf(
  { provider, contracts }: Pick<Client, 'provider' | 'contracts'>,
  requester: string,
  job: JobTerms,
  commitments: readonly bigint[],
  inputDigest: string,
  randomBytes: (size: number) => Uint8Array,
): Promise<JobRequestStruct> {
  const { published, required, admission } = job;
  const offer = parseOffer(job.offer);
  const block = await provider.getBlock('latest');
  const { minUnitPrice, maxUnitPrice, rampSeconds, bidWindow, proveSeconds } = offer;
  return {
    requester,
    nonce: BigInt(hexlify(randomBytes(16))),
    modelId: published.model.modelId,
    inputs: commitments.map(fieldToHex),
    inputDigest,
    required: maskOf(required ?? []),
    audits: job.audits ?? 0,
    contestable: maskOf(job.contestable ?? []),
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
    challengeSeconds: job.challengeSeconds ?? 0,
    maxFeeBps: offer.maxFeeBps,
    validUntil: Number(block?.timestamp ?? 0) + offer.validSeconds,
    outputCommitmentOnly: job.outputCommitmentOnly ?? false,
    admission: admissionOf(contracts, admission),
  };
}

/**
 * The most the job can cost: execution, every required slice, the dearest that may be drawn, and their tips, at the highest
 * prices.
 */
export function escrowOf(
  { model }: PublishedManifest,
  { required, audits, contestable, offer, execution }: JobRequestStruct,
): bigint {
  // An empty mask stands for all.
  const isIn = (mask: bigint, i: number): boolean => mask === 0n || hasBit(mask, i);
  const isRequired = (i: number): boolean => isIn(BigInt(required), i);
  const provable = model.slices.map(({ weight }, i) => ({ weight, i })).filter(({ weight }) => weight > 0);
  const drawn = provable
    .filter(({ i }) => !isRequired(i) && isIn(BigInt(contestable), i))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, Number(audits));
  const slices = [...provable.filter(({ i }) => isRequired(i)), ...drawn].reduce(
    (sum, { weight }) => sum + BigInt(weight) * BigInt(offer.maxUnitPrice) + BigInt(offer.settleTip),
    0n,
  );
  return slices + BigInt(execution.maxPrice);
}
