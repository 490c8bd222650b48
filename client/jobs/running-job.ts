import { InferenceConsumer__factory } from '../../protocol/contracts/generated/factories/periphery/InferenceConsumer__factory.ts';
import { depositToLedger } from '../../protocol/contracts/deposits.ts';
import type { Client } from '../client.ts';
import { jobStatus, type JobStatus } from './job-status.ts';
import { lackingFor } from './lacking.ts';

/**
 * Raises the unit price that the ramp of the sender's job ends at, and escrows what that can cost more.
 * @throws ClientError JOB_UNKNOWN; ChainError CHAIN_REVERTED: NotRequester, OfferNotRaised, …
 */
export async function raiseOffer(client: Client, jobId: string, maxUnitPrice: bigint): Promise<JobStatus> {
  const { contracts, sender } = client;
  const { market } = contracts;
  await jobStatus(client, jobId);
  await depositLacking(client, () =>
    market.raiseOffer.staticCall(jobId, maxUnitPrice, { from: sender.address }),
  );
  await sender.send('raise', () => market.raiseOffer.populateTransaction(jobId, maxUnitPrice));
  return jobStatus(client, jobId);
}

/**
 * Makes a slice due that wasn't, at the price of its proof if it turns out to be right.
 * @throws ClientError JOB_UNKNOWN; ChainError CHAIN_REVERTED: ChallengeTooLate, SliceNotChallengeable, …
 */
export async function challengeSlice(client: Client, jobId: string, slice: number): Promise<JobStatus> {
  const { contracts, sender } = client;
  const { market } = contracts;
  await jobStatus(client, jobId);
  await depositLacking(client, () => market.challenge.staticCall(jobId, slice, { from: sender.address }));
  await sender.send('challenge', () => market.challenge.populateTransaction(jobId, slice));
  return jobStatus(client, jobId);
}

/**
 * Draws a job's audits by the hash of its anchor's block, which anybody can do for 256 blocks (8,191 where the chain keeps
 * their hashes).
 * @throws ClientError JOB_UNKNOWN; ChainError CHAIN_REVERTED: NothingToDraw, DrawTooEarly, DrawMissed, WrongJobState
 */
export async function drawAudits(client: Client, jobId: string): Promise<JobStatus> {
  const { contracts, sender } = client;
  await jobStatus(client, jobId);
  await sender.send('draw', () => contracts.market.draw.populateTransaction(jobId));
  return jobStatus(client, jobId);
}

/** Moves what a call lacks from the account's asset into its ledger. Any other refusal is thrown. */
async function depositLacking({ sender, contracts }: Client, call: () => Promise<unknown>): Promise<void> {
  const lacking = await lackingFor(call());
  if (lacking > 0n) await depositToLedger(sender, contracts, lacking);
}

/**
 * Brings a job's result to a contract that uses it ({@link IInferenceConsumer}), with the outputs that were revealed.
 * @throws ChainError CHAIN_REVERTED with what the contract refuses it for
 */
export async function deliverResult(client: Client, jobId: string, consumer: string): Promise<string> {
  const { contracts, sender } = client;
  const { market, deployment } = contracts;
  const revealed = await market.queryFilter(market.filters.OutputRevealed(jobId), deployment.block);
  const outputs = (revealed.at(-1)?.args.outputs ?? []).map(({ salt, words }) => ({
    salt,
    words: [...words],
  }));
  const taker = InferenceConsumer__factory.connect(consumer, market.runner);
  const receipt = await sender.send('deliver', () => taker.takeResult.populateTransaction(jobId, outputs));
  return receipt.hash;
}
