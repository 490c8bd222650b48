import { aggregateProofs } from './aggregate.ts';
import type { Statement, Submission } from './challenges.ts';
import { SettlementError } from './errors.ts';
import type { ExternalProof, Groth16Proof } from './points.ts';
import { encodeProofs } from './proof-bytes.ts';
import { signalsOf } from './signals.ts';
import { groupBy } from '../group-by.ts';

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
  /** The job's commitments by tensor id, 0x and 64 digits each. */
  readonly trace: readonly string[];
  readonly proof: Groth16Proof | ExternalProof;
}

/** The part of a settlement that belongs to one job; JobBatch of the contracts. */
export interface JobBatch {
  readonly jobId: string;
  readonly trace: readonly string[];
  /** {@link packClaim} of each slice. */
  readonly claims: readonly bigint[];
}

/** The arguments of SliceMarket's `settle`, in its order. */
export interface Settlement {
  readonly batches: readonly JobBatch[];
  /** {@link encodeProofs} of all claims. */
  readonly proofs: string;
}

/** A claim's word: bits 0..159 the prover, 160..167 the slice (SliceClaim of the contracts). */
export function packClaim(slice: number, prover: string): bigint {
  if (!Number.isInteger(slice) || slice < 0 || slice > 255) {
    throw new SettlementError('SETTLEMENT_SLICE_RANGE', `expected a slice of 0 … 255, got ${slice}`);
  }
  return (BigInt(slice) << 160n) | BigInt(prover);
}

/**
 * Puts proved slices of any jobs, circuits and provers into one settlement. Slices of one job are brought
 * together, so that its trace is sent once.
 * @throws SettlementError SETTLEMENT_EMPTY, SETTLEMENT_POINT_INVALID, SETTLEMENT_SLICE_RANGE
 */
export function buildSettlement(submission: Submission, slices: readonly ProvenSlice[]): Settlement {
  const jobs = groupBy(slices, ({ jobId }) => jobId);
  const ordered = [...jobs.values()].flat();
  if (ordered.length === 0) throw new SettlementError('SETTLEMENT_EMPTY', 'expected at least one proof');
  const external = ordered.filter(isExternal);
  const groth16 = ordered.filter(isGroth16);
  const statements = groth16.map((slice): Statement => {
    const { chainId, market } = submission;
    return { circuit: slice.circuit, signals: signalsOf({ chainId, market, ...slice }) };
  });
  const proofs = groth16.map(({ proof }) => proof);
  return {
    batches: [...jobs].map(([jobId, ofJob]) => ({
      jobId,
      trace: ofJob[0].trace,
      claims: ofJob.map(({ slice, prover }) => packClaim(slice, prover)),
    })),
    proofs: encodeProofs({
      proofs,
      aggregate: aggregateProofs(submission, statements, proofs),
      externals: external.map(({ proof }) => proof.external),
    }),
  };
}

function isGroth16(slice: ProvenSlice): slice is ProvenSlice & { readonly proof: Groth16Proof } {
  return !isExternal(slice);
}

function isExternal(slice: ProvenSlice): slice is ProvenSlice & { readonly proof: ExternalProof } {
  return 'external' in slice.proof;
}
