import type { AcceptedProof } from '../book/proofs.ts';
import type { SettlementRecord } from '../book/settlements.ts';

/** A proof as `GET /proofs/{job}/{slice}` shows it. */
export interface ProofView {
  readonly prover: string;
  readonly state: AcceptedProof['state'];
  /** Why it was given up; null unless `dropped`. */
  readonly reason: string | null;
  /** The settlement's transaction; null before it is sent. */
  readonly transaction: string | null;
  /** ISO 8601. */
  readonly receivedAt: string;
}

export function viewProof({ prover, state, reason, transaction, receivedAt }: AcceptedProof): ProofView {
  return {
    prover,
    state,
    reason: reason ?? null,
    transaction: transaction ?? null,
    receivedAt: new Date(receivedAt).toISOString(),
  };
}

/** A settlement as `GET /settlements` shows it. */
export interface SettlementView {
  readonly transaction: string;
  readonly state: SettlementRecord['state'];
  readonly reason: SettlementRecord['reason'];
  /** Proofs in the batch, and how many of them were paid. */
  readonly proofs: number;
  readonly paid: number;
  /** Null until it is mined. */
  readonly gasUsed: number | null;
  readonly gasPerProof: number | null;
  readonly block: number | null;
  /** ISO 8601. */
  readonly createdAt: string;
}

export function viewSettlement(record: SettlementRecord): SettlementView {
  const { transaction, state, reason, proofs, paid, gasUsed, block, createdAt } = record;
  return {
    transaction,
    state,
    reason,
    proofs,
    paid,
    gasUsed: gasUsed ?? null,
    gasPerProof: gasUsed === undefined ? null : Math.round(gasUsed / proofs),
    block: block ?? null,
    createdAt: new Date(createdAt).toISOString(),
  };
}
