import { randomBytes as secureRandomBytes, Signature } from 'ethers';
import { z } from 'zod';
import { permitDeposit } from '../../protocol/contracts/deposits.ts';
import { signRequest } from '../../protocol/contracts/signed-request.ts';
import { sealTensors } from '../../protocol/trace.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { cancelNonce } from './cancel-nonce.ts';
import { ensureList, listIdOf, listOf } from './admission.ts';
import { lackingFor } from './lacking.ts';
import { postedIn, type PostedJob } from './post-job.ts';
import { inputTensors, requestOf, type JobToPost } from './request.ts';
import { account, integer, signatureBytes, withTexts, word } from '../../protocol/signed-fields.ts';

/** A request that its requester signed, as it is handed to whoever posts it. */
export const signedJobSchema = z.object({
  format: z.literal('sliceproof-signed-job/1'),
  request: z.object({
    requester: account,
    nonce: integer,
    modelId: word,
    inputs: z.array(word).max(1024),
    inputDigest: word,
    required: integer,
    audits: integer,
    contestable: integer,
    offer: z.object({
      minUnitPrice: integer,
      maxUnitPrice: integer,
      rampSeconds: integer,
      bidWindow: integer,
      proveSeconds: integer,
      minUndercutBps: integer,
      collateralBps: integer,
      settleTip: integer,
    }),
    execution: z.object({
      minPrice: integer,
      maxPrice: integer,
      rampSeconds: integer,
      commitSeconds: integer,
    }),
    jobSeconds: integer,
    challengeSeconds: integer,
    maxFeeBps: integer,
    validUntil: integer,
    outputCommitmentOnly: z.boolean(),
    admission: z.object({ hook: account, data: word }),
  }),
  /** The list that the request's admission names: whoever posts it makes it, where nobody has. */
  list: z
    .object({ minRecord: integer, excluded: z.boolean(), accounts: z.array(account).max(64) })
    .optional(),
  signature: signatureBytes,
  /** Lets the market take what the requester's ledger lacks, where it lacks something. */
  permit: z.object({ amount: integer, deadline: integer, signature: z.string().max(132) }).optional(),
});

export type SignedJob = z.input<typeof signedJobSchema>;

/**
 * Signs a job instead of posting it: the input goes to the store, and whoever has what this returns can post it with the
 * requester's money, which then needs no gas. What the ledger lacks is covered by a permit, where the asset knows them.
 * @throws ClientError INPUT_COUNT, OFFER_MALFORMED, LEDGER_TOO_LITTLE; ChainError CHAIN_REVERTED with what the market would
 * refuse it for
 */
export async function signJob(client: Client, job: JobToPost): Promise<SignedJob> {
  const { contracts, sender, store, asset } = client;
  const { randomBytes = secureRandomBytes, deposit = true } = job;
  const { commitments, digest } = await sealTensors(
    store,
    inputTensors(job, randomBytes),
    job.publicInputs === true ? 'public' : 'private',
  );
  const request = await requestOf(client, sender.address, job, commitments, digest, randomBytes);
  const signature = await signRequest(sender.wallet, contracts.deployment, request);
  // Who posts it is not known; what the market thinks of it doesn't depend on that.
  const lacking = await lackingFor(
    contracts.market.post.staticCall(request, signature, { from: sender.address }),
  );
  const list = listOf(job.admission);
  // What can't be made is said now, not to whoever posts.
  if (list) await lackingFor(contracts.admissionLists.make.staticCall(list, { from: sender.address }));
  const signed = { format: 'sliceproof-signed-job/1' as const, request, list, signature };
  if (lacking === 0n) return withTexts(signed) as SignedJob;
  if (deposit !== true || (await asset.balanceOf(sender.address)) < lacking) {
    throw new ClientError(
      'LEDGER_TOO_LITTLE',
      `the job escrows ${asset.format(lacking)} more than there is`,
      {
        hint: 'Deposit first with `sliceproof account deposit`.',
      },
    );
  }
  const permit = await permitDeposit(sender, contracts, asset, lacking);
  const { moved, deadline } = permit;
  return withTexts({
    ...signed,
    permit: { amount: moved, deadline, signature: permit.signature.serialized },
  }) as SignedJob;
}

/** @throws ClientError SIGNED_JOB_MALFORMED */
function parseSignedJob(job: unknown): z.output<typeof signedJobSchema> {
  const parsed = signedJobSchema.safeParse(job);
  if (!parsed.success) {
    throw new ClientError('SIGNED_JOB_MALFORMED', `expected a signed job: ${z.prettifyError(parsed.error)}`);
  }
  const { list, request } = parsed.data;
  if (list && listIdOf(list) !== request.admission.data.toLowerCase()) {
    throw new ClientError('SIGNED_JOB_MALFORMED', 'the list beside the signed job is another than it names');
  }
  return parsed.data;
}

/**
 * Posts what somebody else signed. Its permit, if there is one, is brought first, unless somebody brought it before and
 * the ledger has what it was for: a retry goes on where it was.
 * @throws ClientError SIGNED_JOB_MALFORMED; ChainError CHAIN_REVERTED: InvalidSignature, NonceAlreadyUsed,
 * PermitRefused, InsufficientBalance, …
 */
export async function postSignedJob(client: Client, job: unknown): Promise<PostedJob> {
  const { contracts, sender } = client;
  const { market } = contracts;
  const { request, list, signature, permit } = parseSignedJob(job);
  // Nothing is paid for of a job that the market refuses.
  const lacking = await lackingFor(market.post.staticCall(request, signature, { from: sender.address }));
  if (permit && lacking > 0n) {
    const { v, r, s } = Signature.from(permit.signature);
    const { amount, deadline } = permit;
    await sender.send('deposit', () =>
      market.depositWithPermit.populateTransaction(request.requester, amount, deadline, v, r, s),
    );
  }
  if (permit || lacking === 0n) await ensureList(client, list);
  const receipt = await sender.send('post', () => market.post.populateTransaction(request, signature));
  return postedIn(client, receipt);
}

/**
 * Uses up the nonce of a job that the acting account signed and nobody has posted: its signature is worth nothing then.
 * @throws ClientError SIGNED_JOB_MALFORMED, NOT_SIGNER; ChainError CHAIN_REVERTED: NonceAlreadyUsed when one was posted or cancelled
 */
export async function cancelSignedJob(client: Client, job: unknown): Promise<{ readonly nonce: bigint }> {
  const { requester, nonce } = parseSignedJob(job).request;
  return cancelNonce(client, requester, nonce);
}
