import type { JsonRpcProvider } from 'ethers';
import { findEvents } from '../../protocol/chain/find-events.ts';
import { nameRevert, revertName } from '../../protocol/chain/revert.ts';
import type {
  IMarketViews,
  ISliceMarket,
  JobRequestStructOutput,
} from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import type { DueMasks } from '../../protocol/contracts/due.ts';
import { jobIdOf } from '../../protocol/contracts/job-id.ts';
import { contractInterfaces, expectDeployed, type Contracts } from '../../protocol/contracts/market.ts';
import type { RevealedOutput } from '../../protocol/revealed-outputs.ts';
import { JOB_STATES, SLICE_STATES } from '../../protocol/contracts/states.ts';
import { hashTrace } from '../../protocol/settlement/trace-hash.ts';
import { ReceiptError } from '../errors.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';

/** Who was paid for a slice, and where the chain says so. */
export interface SettledSlice {
  readonly prover: string;
  /** Per unit of the slice's weight. */
  readonly unitPrice: bigint;
  readonly transaction: string;
  readonly block: number;
}

/** What the chain alone says of a finished job; every part is checked against the contract's own state. */
export interface FinishedJob {
  readonly jobId: string;
  /** The block in which it was finalized. */
  readonly block: number;
  readonly blockHash: string;
  readonly requester: string;
  readonly executor: string;
  readonly modelId: string;
  readonly inputs: readonly string[];
  readonly inputDigest: string;
  readonly traceDigest: string;
  /** Commitments by tensor id. */
  readonly trace: readonly string[];
  /** By slice. */
  readonly settled: ReadonlyMap<number, SettledSlice>;
  /** Which slices had to be proved, and why: see `dueReason`. */
  readonly due: DueMasks;
  /** What opens the outputs, in the model's order, where the executor revealed it on chain. */
  readonly revealed: readonly RevealedOutput[] | undefined;
}

/**
 * Reads a job from the chain: its request (whose hash is the job's id), its trace (whose hash the contract
 * keeps) and who was paid for which slice.
 * @throws ReceiptError RECEIPT_JOB_UNKNOWN, RECEIPT_JOB_NOT_FINALIZED, RECEIPT_REQUEST_MISMATCH,
 * RECEIPT_TRACE_MISMATCH, RECEIPT_INPUT_MISMATCH, RECEIPT_SETTLEMENT_MISMATCH, RECEIPT_END_UNKNOWN; ConfigError DEPLOYMENT_ELSEWHERE
 */
export async function readFinishedJob(
  contracts: Contracts,
  provider: JsonRpcProvider,
  jobId: string,
): Promise<FinishedJob> {
  const head = await provider.getBlock('latest');
  if (!head) throw new ReceiptError('RECEIPT_NO_BLOCK', 'the chain has no block', { retryable: true });
  const { market, deployment } = contracts;
  await expectDeployed(deployment, provider);
  const view = await finalizedJob(market, jobId, head.number);

  const found = await findEvents(provider, {
    address: deployment.addresses.market,
    topics: [null, jobId],
    fromBlock: deployment.block,
    toBlock: head.number,
  });
  const events = found.flatMap((log) => {
    const parsed = market.interface.parseLog(log);
    return parsed ? [{ log, name: parsed.name, args: parsed.args }] : [];
  });
  const posted = events.find(({ name }) => name === 'JobPosted');
  const traced = events.find(
    ({ name, args }) => name === 'TraceCommitted' && hashTrace(args.trace as string[]) === view.traceHash,
  );
  const request = posted?.args.request as JobRequestStructOutput | undefined;
  if (request === undefined || jobIdOf(deployment, request) !== jobId || request.modelId !== view.modelId) {
    throw new ReceiptError(
      'RECEIPT_REQUEST_MISMATCH',
      `expected the request that hashes to job ${jobId}, ${request === undefined ? 'no event came' : 'another came'}`,
      { hint: 'The RPC may keep no old events; ask one that does.' },
    );
  }
  if (traced === undefined) {
    throw new ReceiptError(
      'RECEIPT_TRACE_MISMATCH',
      `expected a trace that hashes to ${view.traceHash}, no event of job ${jobId} has it`,
    );
  }
  const trace = [...(traced.args.trace as string[])];
  if (request.inputs.some((commitment, i) => commitment !== trace[i])) {
    throw new ReceiptError(
      'RECEIPT_INPUT_MISMATCH',
      `the trace of job ${jobId} starts from other inputs than its request`,
    );
  }
  const settled = new Map<number, SettledSlice>();
  for (const { log, name, args } of events) {
    if (name !== 'SlicesSettled') continue;
    const prover = String(args.prover);
    const unitPrice = args.unitPrice as bigint;
    const { transactionHash: transaction, blockNumber: block } = log;
    for (const slice of bitsOf(args.slices as bigint)) {
      const now = await market.sliceOf(jobId, slice, { blockTag: head.number });
      // The contract knows whose bid it was, and at which price; another is paid for what nobody bid on, or whose bid lapsed.
      const bid = BigInt(now.holder) !== 0n && !now.booked;
      const told = !bid || (now.holder === prover && now.unitPrice === unitPrice);
      if (SLICE_STATES[Number(now.state)] !== 'settled' || !told || settled.has(slice)) {
        throw new ReceiptError(
          'RECEIPT_SETTLEMENT_MISMATCH',
          `an event says that ${prover} was paid for slice ${slice} of job ${jobId}, the contract does not`,
        );
      }
      settled.set(slice, { prover, unitPrice, transaction, block });
    }
  }
  if (settled.size !== Number(view.settledCount)) {
    throw new ReceiptError(
      'RECEIPT_SETTLEMENT_MISMATCH',
      `expected ${view.settledCount} settled slices of job ${jobId}, events tell of ${settled.size}`,
    );
  }
  const finalized = events.find(({ name }) => name === 'JobFinalized');
  if (finalized === undefined) {
    throw new ReceiptError('RECEIPT_END_UNKNOWN', `job ${jobId} is finalized, but no event says when`, {
      hint: 'The RPC may keep no old events; ask one that does.',
    });
  }
  const revealed = events.findLast(({ name }) => name === 'OutputRevealed')?.args.outputs as
    readonly RevealedOutput[] | undefined;
  return {
    jobId,
    block: finalized.log.blockNumber,
    blockHash: finalized.log.blockHash,
    requester: request.requester,
    executor: view.executor,
    modelId: view.modelId,
    inputs: [...request.inputs],
    inputDigest: request.inputDigest,
    traceDigest: traced.args.traceDigest as string,
    trace,
    settled,
    due: view,
    revealed: revealed?.map(({ salt, words }) => ({ salt, words: [...words] })),
  };
}

async function finalizedJob(
  market: ISliceMarket,
  jobId: string,
  block: number,
): Promise<IMarketViews.JobViewStructOutput> {
  const view = await market.jobOf(jobId, { blockTag: block }).catch((error: unknown) => {
    const named = nameRevert(error, contractInterfaces);
    if (revertName(named) !== 'UnknownJob') throw named;
    throw new ReceiptError('RECEIPT_JOB_UNKNOWN', `the market knows no job ${jobId}`, {
      hint: 'Check the id, and that the deployment file names the right market.',
    });
  });
  const state = JOB_STATES[Number(view.state)];
  if (state === 'finalized') return view;
  throw new ReceiptError(
    'RECEIPT_JOB_NOT_FINALIZED',
    `only a finalized job has a result, ${jobId} is ${state} with ${view.settledCount} of ${view.dueCount} slices proved`,
    {
      retryable: state !== 'closed',
      hint:
        state === 'closed'
          ? 'It ended without a result.'
          : `Wait for it with \`sliceproof job wait ${jobId}\`.`,
      details: { state, settled: Number(view.settledCount), due: Number(view.dueCount) },
    },
  );
}
