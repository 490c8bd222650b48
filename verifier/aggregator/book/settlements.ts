import type { Database } from '../../../protocol/database/open.ts';
import { BOOK } from './schema.ts';

export type SettlementState = 'sent' | 'mined' | 'failed';

/** Why a batch was settled when it was. */
export type SettleReason = 'size' | 'age' | 'deadline';

export interface SettlementRecord {
  readonly id: number;
  readonly settler: string;
  readonly transaction: string;
  /** The signed transaction's bytes. */
  readonly signed: string;
  readonly reason: SettleReason;
  readonly state: SettlementState;
  /** Proofs that it holds, and how many of them were paid. */
  readonly proofs: number;
  readonly paid: number;
  readonly gasUsed: number | undefined;
  readonly block: number | undefined;
  /** Milliseconds. */
  readonly createdAt: number;
}

interface Row {
  readonly id: unknown;
  readonly settler: string;
  readonly transaction: string;
  readonly signed: string;
  readonly reason: SettleReason;
  readonly state: SettlementState;
  readonly proofs: number;
  readonly paid: number;
  readonly gas_used: unknown;
  readonly block: unknown;
  readonly created_at: unknown;
}

export interface Sending {
  readonly settler: string;
  readonly transaction: string;
  readonly signed: string;
  readonly reason: SettleReason;
  readonly proofIds: readonly number[];
  readonly at: number;
}

/** The settlements, each written before its transaction is sent. */
export class SettlementBook {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Writes a settlement that is about to be sent, and ties its proofs to it, in one statement. */
  async sending({ settler, transaction, signed, reason, proofIds, at }: Sending): Promise<void> {
    await this.#database.query(
      `WITH settlement AS (
         INSERT INTO ${BOOK}.settlement (settler, transaction, signed, reason, state, proofs, created_at)
         VALUES ($1, $2, $3, $4, 'sent', $5, $6) RETURNING id)
       UPDATE ${BOOK}.proof SET state = 'settling', settlement = (SELECT id FROM settlement)
       WHERE id = ANY($7::bigint[])`,
      [settler.toLowerCase(), transaction, signed, reason, proofIds.length, at, `{${proofIds.join(',')}}`],
    );
  }

  /** Settlements of which it isn't known yet what became of them. */
  async unfinished(settler: string): Promise<SettlementRecord[]> {
    return this.#select(`WHERE state = 'sent' AND settler = $1 ORDER BY id`, [settler.toLowerCase()]);
  }

  async mined(id: number, gasUsed: bigint, block: number, paid: number): Promise<void> {
    await this.#database.query(
      `UPDATE ${BOOK}.settlement SET state = 'mined', gas_used = $2, block = $3, paid = $4 WHERE id = $1`,
      [id, gasUsed.toString(), block, paid],
    );
  }

  /** It paid nothing and never will: what it held waits again. */
  async failed(id: number): Promise<void> {
    await this.#database.query(
      `WITH settlement AS (UPDATE ${BOOK}.settlement SET state = 'failed' WHERE id = $1)
       UPDATE ${BOOK}.proof SET state = 'waiting' WHERE settlement = $1 AND state = 'settling'`,
      [id],
    );
  }

  /** Ids of the proofs that a settlement holds, by job and slice. */
  async proofsOf(
    id: number,
  ): Promise<
    { readonly id: number; readonly jobId: string; readonly slice: number; readonly prover: string }[]
  > {
    const rows = await this.#database.query<{
      id: unknown;
      job_id: string;
      slice: number;
      prover: string;
    }>(
      `SELECT id, job_id, slice, prover FROM ${BOOK}.proof WHERE settlement = $1 AND state = 'settling' ORDER BY id`,
      [id],
    );
    return rows.map((row) => ({
      id: Number(row.id),
      jobId: row.job_id,
      slice: row.slice,
      prover: row.prover,
    }));
  }

  /** The newest first. */
  async latest(limit: number): Promise<SettlementRecord[]> {
    return this.#select('ORDER BY id DESC LIMIT $1', [limit]);
  }

  async #select(rest: string, parameters: readonly unknown[]): Promise<SettlementRecord[]> {
    const rows = await this.#database.query<Row>(`SELECT * FROM ${BOOK}.settlement ${rest}`, parameters);
    return rows.map((row) => ({
      id: Number(row.id),
      settler: row.settler,
      transaction: row.transaction,
      signed: row.signed,
      reason: row.reason,
      state: row.state,
      proofs: row.proofs,
      paid: row.paid,
      gasUsed: row.gas_used === null ? undefined : Number(row.gas_used),
      block: row.block === null ? undefined : Number(row.block),
      createdAt: Number(row.created_at),
    }));
  }
}
