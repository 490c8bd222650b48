import { ZeroAddress } from 'ethers';
import { nameRevert, revertName } from '../../protocol/chain/revert.ts';
import { contractInterfaces } from '../../protocol/contracts/market.ts';
import { readModel } from '../../protocol/contracts/model.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';

/** The names of ISliceMarket's JobState and SliceState, in their order. */
const JOB_STATES = ['None', 'Posted', 'Claimed', 'Traced', 'Finalized', 'Closed'] as const;
const SLICE_STATES = ['Open', 'Held', 'Lapsed', 'Settled'] as const;

export interface SliceStatus {
  readonly slice: number;
  readonly state: (typeof SLICE_STATES)[number];
  /** Whether the job asks for its proof. */
  readonly due: boolean;
  /** False: the slice has no circuit, it is only executed. */
  readonly provable: boolean;
  /** Who holds it, held it when it lapsed, or was paid for it. */
  readonly holder?: string;
  /** What proving it pays, or paid, in the asset's smallest unit. */
  readonly price: bigint;
  readonly weight: number;
  /** Last seconds for other bids and for the holder alone, while held. */
  readonly windowEnd: number;
  readonly lockEnd: number;
}

export interface JobStatus {
  readonly jobId: string;
  readonly state: (typeof JOB_STATES)[number];
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
  readonly slices: readonly SliceStatus[];
}

/** A job and its slices as the chain has them now. @throws ClientError JOB_UNKNOWN */
export async function jobStatus({ contracts }: Client, jobId: string): Promise<JobStatus> {
  const { market } = contracts;
  const job = await market.jobOf(jobId).catch((error: unknown) => {
    const named = nameRevert(error, contractInterfaces);
    if (revertName(named) !== 'UnknownJob') throw named;
    throw new ClientError('JOB_UNKNOWN', `the market knows no job ${jobId}`, {
      hint: 'Check the id, and that the deployment file is the one it was posted with.',
    });
  });
  const model = await readModel(contracts, job.modelId);
  const slices = await Promise.all(
    model.slices.map(async ({ circuit, weight }, slice): Promise<SliceStatus> => {
      if (circuit === 0) {
        return {
          slice,
          state: 'Open',
          due: false,
          provable: false,
          price: 0n,
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
        ...named('holder', view.holder),
        price: view.price === 0n ? view.unitPrice * BigInt(weight) : view.price,
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
    slices,
  };
}

function named(key: 'holder' | 'executor', address: string): { holder?: string; executor?: string } {
  return address === ZeroAddress ? {} : { [key]: address };
}
