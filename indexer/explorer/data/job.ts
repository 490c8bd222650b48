import { ask } from './ask.ts';
import type { JobRow } from '../parts/job-table.tsx';

export interface JobSlice {
  readonly index: number;
  readonly state: 'OPEN' | 'HELD' | 'LAPSED' | 'SETTLED';
  readonly due: boolean;
  readonly audited: boolean;
  readonly challenger: string | null;
  readonly holder: string | null;
  readonly unitPrice: string | null;
  readonly price: string | null;
  readonly collateral: string;
  readonly windowEnd: number | null;
  readonly lockEnd: number | null;
  readonly raise: string;
  readonly bidCount: number;
  readonly lapseCount: number;
  readonly changedAt: number;
  readonly proof: { readonly transactionHash: string; readonly timestamp: number } | null;
}

export interface LedgerRow {
  readonly id: string;
  readonly kind: string;
  readonly balanceChange: string;
  readonly reservedChange: string;
  readonly sliceIndex: number | null;
  readonly timestamp: number;
  readonly transactionHash: string;
  readonly account: { readonly id: string };
}

export interface OpenValues {
  readonly tensor: number;
  readonly values: readonly number[];
}

export interface Job extends Omit<JobRow, 'model'> {
  readonly model: {
    readonly id: string;
    readonly inputCount: number;
    readonly slices: readonly {
      readonly index: number;
      readonly weight: string;
      readonly inputs: readonly number[];
      readonly outputs: readonly number[];
      readonly circuit: {
        readonly id: string;
        readonly setup: 'DEVELOPMENT' | 'CEREMONY' | 'EXTERNAL';
      } | null;
    }[];
    readonly manifest: {
      readonly name: string;
      readonly labels: readonly string[];
      readonly slices: readonly { readonly name: string }[];
    } | null;
  };
  readonly slices: readonly JobSlice[];
  readonly ledger: {
    readonly nodes: readonly LedgerRow[];
    readonly pageInfo: { readonly hasNextPage: boolean };
  };
  readonly revealedOutputs: readonly OpenValues[] | null;
  readonly publicInputs: readonly OpenValues[] | null;
  readonly executor: string | null;
  readonly executionPrice: string | null;
  readonly bond: string;
  readonly claimEnd: number | null;
  readonly commitBy: number;
  readonly tracedAt: number | null;
  readonly closing: number | null;
  readonly cancelEnd: number | null;
  readonly endedAt: number | null;
  readonly challengeSeconds: number;
  readonly rampSeconds: number;
  readonly minUnitPrice: string;
  readonly maxUnitPrice: string;
  readonly highUnitPrice: string | null;
  readonly audits: number;
  readonly drawPending: boolean;
  readonly escrow: string;
  readonly raises: string;
  readonly challengePaid: string;
  readonly transactionHash: string;
  readonly inputDigest: string;
  readonly outputDigest: string | null;
  readonly outputCommitmentOnly: boolean;
  readonly admissionHook: string | null;
}

const JOB = `query ($id: Bytes32!) { job(id: $id) {
  id state closeReason cancelled timestamp requester initialEscrow dueCount settledCount
  executor executionPrice bond claimEnd commitBy tracedAt closing cancelEnd endedAt challengeSeconds rampSeconds
  minUnitPrice maxUnitPrice highUnitPrice audits drawPending escrow raises challengePaid
  transactionHash inputDigest outputDigest outputCommitmentOnly admissionHook
  revealedOutputs { tensor values } publicInputs { tensor values }
  model { id inputCount slices { index weight inputs outputs circuit { id setup } }
    manifest { name labels slices { name } } }
  slices { index state due audited challenger holder unitPrice price collateral windowEnd lockEnd raise
    bidCount lapseCount changedAt proof { transactionHash timestamp } }
  ledger(first: 100) { nodes { id kind balanceChange reservedChange sliceIndex timestamp transactionHash account { id } }
    pageInfo { hasNextPage } }
} }`;

/** Null: there is none of this id. */
export async function readJob(id: string, signal: AbortSignal): Promise<Job | null> {
  return (await ask<{ job: Job | null }>(JOB, { id }, signal)).job;
}

/** How a slice of a job stands, as graphs and tables say it. */
export function standing({ due, state }: Pick<JobSlice, 'due' | 'state'>): string {
  return due || state !== 'OPEN' ? state : 'EXECUTED';
}
