import { ZeroAddress } from 'ethers';
import { nameRevert, revertName } from '../../protocol/chain/revert.ts';
import { dueReason, type DueReason } from '../../protocol/contracts/due.ts';
import { contractInterfaces, type Contracts } from '../../protocol/contracts/market.ts';
import { readModel, type RegisteredModel } from '../../protocol/contracts/model.ts';
import { JOB_STATES, SLICE_STATES, type JobState, type SliceState } from '../../protocol/contracts/states.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';

export interface SliceStatus {
  readonly slice: number;
  readonly state: SliceState;
  /** Whether the job asks for its proof. */
  readonly due: boolean;
  /** Why: the requester asked for it, the draw picked it, or somebody challenged it. */
  readonly dueReason?: DueReason;
  /** Who challenged it. */
  readonly challenger?: string;
  /** False: the slice has no circuit, it is only executed. */
  readonly provable: boolean;
  /** Who holds it, held it when it lapsed, or was paid for it. */
  readonly holder?: string;
  /** What proving it pays, or paid, in 10^-18 of the asset. */
  readonly price: bigint;
  /** What proving it pays besides, because its holder's time ran out. */
  readonly raise: bigint;
  readonly weight: number;
  /** Last seconds for other bids and for the holder alone, while held. */
  readonly windowEnd: number;
  readonly lockEnd: number;
}

export interface JobStatus {
  readonly jobId: string;
  readonly state: JobState;
  readonly requester: string;
  readonly modelId: string;
  readonly executor?: string;
  readonly executionPrice: bigint;
  /** What the market still holds for the job. */
  readonly escrow: bigint;
  /** Unix seconds: the last one for proofs of open slices; 0 before the trace. */
  readonly deadline: number;
  readonly settledCount: number;
  readonly dueCount: number;
  readonly cancelled: boolean;
  /** Unix seconds: the last one for open slices that are neither drawn nor challenged, once cancelled; else 0. */
  readonly cancelEnd: number;
  /** How many slices are drawn besides the required ones, and whether that is still to come. */
  readonly audits: number;
  readonly drawPending: boolean;
  /** Unix seconds: the last one in which a slice can be challenged; 0: nobody may, or there is no trace yet. */
  readonly challengeEnd: number;
  readonly slices: readonly SliceStatus[];
}

/** A job and its slices as the chain has them now. @throws ClientError JOB_UNKNOWN */
export async function jobStatus({ contracts }: Pick<Client, 'contracts'>, jobId: string): Promise<JobStatus> {
  const { market } = contracts;
  const job = await market.jobOf(jobId).catch((error: unknown) => {
    const named = nameRevert(error, contractInterfaces);
    if (revertName(named) !== 'UnknownJob') throw named;
    throw new ClientError('JOB_UNKNOWN', `the market knows no job ${jobId}`, {
      hint: 'Check the id, and that the deployment file is the one it was posted with.',
    });
  });
  const model = await modelOf(contracts, job.modelId);
  const slices = await Promise.all(
    model.slices.map(async ({ circuit, weight }, slice): Promise<SliceStatus> => {
      if (circuit === 0) {
        return {
          slice,
          state: 'open',
          due: false,
          provable: false,
          price: 0n,
          raise: 0n,
          weight,
          windowEnd: 0,
          lockEnd: 0,
        };
      }
      const view = await market.sliceOf(jobId, slice);
      return {
        slice,
        state: SLICE_STATES[Number(view.state)],
        due: view.due,
        provable: true,
        ...reasonOf(job, slice),
        ...named('challenger', view.challenger),
        ...named('holder', view.holder),
        price: view.price === 0n ? view.unitPrice * BigInt(weight) : view.price,
        raise: view.raise,
        weight,
        windowEnd: Number(view.windowEnd),
        lockEnd: Number(view.lockEnd),
      };
    }),
  );
  return {
    jobId,
    state: JOB_STATES[Number(job.state)],
    requester: job.requester,
    modelId: job.modelId,
    ...named('executor', job.executor),
    executionPrice: job.executionPrice,
    escrow: job.escrow,
    deadline: Number(job.deadline),
    settledCount: Number(job.settledCount),
    dueCount: Number(job.dueCount),
    cancelled: job.cancelled,
    cancelEnd: Number(job.cancelEnd),
    audits: Number(job.audits),
    drawPending: job.drawPending,
    challengeEnd: challengeEnd(job),
    slices,
  };
}

/** Models never change: each is read once. */
const models = new WeakMap<Contracts, Map<string, Promise<RegisteredModel>>>();

function modelOf(contracts: Contracts, modelId: string): Promise<RegisteredModel> {
  const known = models.get(contracts) ?? new Map<string, Promise<RegisteredModel>>();
  models.set(contracts, known);
  const found = known.get(modelId);
  if (found) return found;
  const read = readModel(contracts, modelId);
  known.set(modelId, read);
  // What failed is tried again.
  read.catch(() => known.delete(modelId));
  return read;
}

function challengeEnd(job: {
  readonly state: bigint;
  readonly commitBy: bigint;
  readonly tracedAt: bigint;
  readonly challengeSeconds: bigint;
}): number {
  const byNode = job.commitBy !== 0n;
  if (!byNode || job.tracedAt === 0n || job.challengeSeconds === 0n) return 0;
  return Number(job.tracedAt + job.challengeSeconds);
}

function reasonOf(job: Parameters<typeof dueReason>[0], slice: number): { dueReason?: DueReason } {
  const reason = dueReason(job, slice);
  return reason === undefined ? {} : { dueReason: reason };
}

function named<K extends 'holder' | 'executor' | 'challenger'>(
  key: K,
  address: string,
): { readonly [P in K]?: string } {
  return address === ZeroAddress ? {} : ({ [key]: address } as { readonly [P in K]: string });
}
