import { aggregateProofs } from './aggregate.ts';
import type { Statement, Submission } from './challenges.ts';
import { SettlementError } from './errors.ts';
import type { ExternalProof, Groth16Proof } from './points.ts';
import { encodeProofs } from './proof-bytes.ts';
import { signalsOf } from './signals.ts';
import { showTrace, type ShownTrace } from './trace-hash.ts';
import { groupBy } from '../group-by.ts';
import { maskOf } from '../contracts/masks.ts';

/** A proved slice, with all that its settlement needs. */
export interface ProvenSlice {
  readonly jobId: string;
  readonly slice: number;
  /** Whom the proof's tag names and the market pays. */
  readonly prover: string;
  /** Number of the slice's circuit. */
  readonly circuit: bigint;
  /** Ids of the tensors that the slice reads and writes. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The place of the prover's bid that has the slice, where it is known: the market needn't look for it. */
  readonly place?: number | undefined;
  /** The job's commitments by tensor id, 0x and 64 digits each. */
  readonly trace: readonly string[];
  readonly proof: Groth16Proof | ExternalProof;
}

/** The part of a settlement that belongs to one job; JobBatch of the contracts. */
export interface JobBatch extends ShownTrace {
  readonly jobId: string;
  readonly groups: readonly ProvedSlices[];
}

/** Slices that proofs of one prover are of; ProvedSlices of the contracts. */
export interface ProvedSlices {
  readonly prover: string;
  readonly bid: number;
  /** Bit i is slice i. */
  readonly slices: bigint;
}

/** The arguments of SliceMarket's `settle`, in its order. */
export interface Settlement {
  readonly batches: readonly JobBatch[];
  /** {@link encodeProofs} of all slices, in the order of the groups, and in each lowest first. */
  readonly proofs: string;
}

/** A place that no bid has: there are at most as many bids as slices. */
const NO_PLACE = 0xffff;

/**
 * Puts proved slices of any jobs, circuits and provers into one settlement. Slices of one job are brought
 * together, so that what they need of its trace is sent once, and of these the ones of one bid.
 * @throws SettlementError SETTLEMENT_EMPTY, SETTLEMENT_POINT_INVALID, SETTLEMENT_SLICE_RANGE, SETTLEMENT_SLICE_TWICE
 */
export function buildSettlement(submission: Submission, slices: readonly ProvenSlice[]): Settlement {
  const jobs = [...groupBy(slices, ({ jobId }) => jobId)].map(
    ([jobId, ofJob]) => [jobId, groupsOf(ofJob)] as const,
  );
  const ordered = jobs.flatMap(([, groups]) => groups.flat());
  if (ordered.length === 0) throw new SettlementError('SETTLEMENT_EMPTY', 'expected at least one proof');
  const external = ordered.filter(isExternal);
  const groth16 = ordered.filter(isGroth16);
  const statements = groth16.map((slice): Statement => {
    const { chainId, market } = submission;
    return { circuit: slice.circuit, signals: signalsOf({ chainId, market, ...slice }) };
  });
  const proofs = groth16.map(({ proof }) => proof);
  return {
    batches: jobs.map(([jobId, groups]) => ({
      jobId,
      ...showTrace(
        groups[0][0].trace,
        groups.flat().flatMap(({ inputs, outputs }) => [...inputs, ...outputs]),
      ),
      groups: groups.map((group) => ({
        prover: group[0].prover,
        bid: group[0].place ?? NO_PLACE,
        slices: maskOf(group.map(({ slice }) => slice)),
      })),
    })),
    proofs: encodeProofs({
      proofs,
      aggregate: aggregateProofs(submission, statements, proofs),
      externals: external.map(({ proof }) => proof.external),
    }),
  };
}

/** A job's slices by whose bid they are of, in each the lowest first. */
function groupsOf(ofJob: readonly ProvenSlice[]): readonly (readonly ProvenSlice[])[] {
  const groups = groupBy(ofJob, ({ prover, place = NO_PLACE }) => `${prover.toLowerCase()} ${place}`);
  return [...groups.values()].map((group) => {
    const sorted = group.toSorted((a, b) => a.slice - b.slice);
    for (const [i, { slice, jobId }] of sorted.entries()) {
      if (!Number.isInteger(slice) || slice < 0 || slice > 255) {
        throw new SettlementError('SETTLEMENT_SLICE_RANGE', `expected a slice of 0 … 255, got ${slice}`);
      }
      if (sorted[i + 1]?.slice !== slice) continue;
      throw new SettlementError('SETTLEMENT_SLICE_TWICE', `slice ${slice} of job ${jobId} is settled twice`);
    }
    return sorted;
  });
}

function isGroth16(slice: ProvenSlice): slice is ProvenSlice & { readonly proof: Groth16Proof } {
  return !isExternal(slice);
}

function isExternal(slice: ProvenSlice): slice is ProvenSlice & { readonly proof: ExternalProof } {
  return 'external' in slice.proof;
}
