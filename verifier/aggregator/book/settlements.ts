import { keccak256, Transaction, type TransactionReceipt } from 'ethers';
import type { SignedTransaction } from '../../../protocol/chain/sending/slot.ts';
import type { Database } from '../../../protocol/database/open.ts';
import { BOOK } from './schema.ts';

export type SettlementState = 'sent' | 'mined' | 'failed';

/** Why a batch was settled when it was. */
export type SettleReason = 'size' | 'age' | 'deadline';

export interface SettlementRecord {
  readonly id: number;
  readonly settler: string;
  /** The newest that was signed for it; once it is mined, the one that was. */
  readonly transaction: string;
  /** All that were signed for it, of one nonce, the newest last. */
  readonly signed: readonly SignedTransaction[];
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

/** Settlements that may have been signed since a nonce was seen on the chain, or failed. */
const LATELY = 64;

/** The settlements, each written before its transaction is sent. */
export class SettlementBook {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Writes a settlement that is about to be sent, and ties its proofs to it, in one statement. @returns its id */
  async sending({ settler, transaction, signed, reason, proofIds, at }: Sending): Promise<number> {
    const [{ id }] = await this.#database.query<{ id: unknown }>(
      `WITH settlement AS (
         INSERT INTO ${BOOK}.settlement (settler, transaction, signed, reason, state, proofs, created_at)
         VALUES ($1, $2, $3, $4, 'sent', $5, $6) RETURNING id),
       held AS (
         UPDATE ${BOOK}.proof SET state = 'settling', settlement = (SELECT id FROM settlement)
         WHERE id = ANY($7::bigint[]))
       SELECT id FROM settlement`,
      [settler.toLowerCase(), transaction, signed, reason, proofIds.length, at, `{${proofIds.join(',')}}`],
    );
    return Number(id);
  }

  /** Keeps a transaction that is about to take the place of a settlement's last one, with the same work for more gas. */
  async replacing(id: number, { hash, signed }: SignedTransaction): Promise<void> {
    await this.#database.query(
      `UPDATE ${BOOK}.settlement SET transaction = $2, signed = signed || ' ' || $3 WHERE id = $1`,
      [id, hash, signed],
    );
  }

  /** Settlements of which it isn't known yet what became of them. */
  async unfinished(settler: string): Promise<SettlementRecord[]> {
    return this.#select(`WHERE state = 'sent' AND settler = $1 ORDER BY id`, [settler.toLowerCase()]);
  }

  /** Those of the nonces, the first included and the last not, that a settlement was signed with. */
  async nonces(settler: string, from: number, to: number): Promise<ReadonlySet<number>> {
    const rows = await this.#database.query<Pick<Row, 'signed'>>(
      `SELECT signed FROM ${BOOK}.settlement WHERE settler = $1 ORDER BY id DESC LIMIT $2`,
      [settler.toLowerCase(), to - from + LATELY],
    );
    // All that were signed for one settlement have one nonce.
    return new Set(rows.map(({ signed }) => Transaction.from(signed.split(' ')[0]).nonce));
  }

  async mined(
    id: number,
    { hash, gasUsed, blockNumber }: Pick<TransactionReceipt, 'hash' | 'gasUsed' | 'blockNumber'>,
    paid: number,
  ): Promise<void> {
    await this.#database.query(
      `UPDATE ${BOOK}.settlement SET state = 'mined', transaction = $2, gas_used = $3, block = $4, paid = $5 WHERE id = $1`,
      [id, hash, gasUsed.toString(), blockNumber, paid],
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
      signed: row.signed.split(' ').map((signed) => ({ hash: keccak256(signed), signed })),
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
