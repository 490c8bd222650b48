import type { Database } from '../../../protocol/database/open.ts';
import { proofSubmissionSchema, type ProofSubmission } from '../../../protocol/proof-submission.ts';
import { BOOK } from './schema.ts';

export type ProofState = 'waiting' | 'settling' | 'settled' | 'dropped';

/** A proof that was accepted. Prover in lower case; payable times in chain seconds, the others in milliseconds. */
export interface AcceptedProof {
  readonly id: number;
  readonly jobId: string;
  readonly slice: number;
  readonly prover: string;
  readonly proof: ProofSubmission['proof'];
  readonly state: ProofState;
  /** Why it was dropped. */
  readonly reason: string | undefined;
  /** The transaction that it went with, if any. */
  readonly transaction: string | undefined;
  /** Last second of the bid window; it can be settled after it. */
  readonly payableFrom: number;
  readonly payableUntil: number;
  /** From this second on it is settled whatever else waits. */
  readonly settleBy: number;
  readonly receivedAt: number;
}

/** Times of a proof: chain seconds. */
export type PayableTimes = Pick<AcceptedProof, 'payableFrom' | 'payableUntil' | 'settleBy'>;

export interface NewProof {
  readonly submission: ProofSubmission;
  readonly times: PayableTimes;
  readonly receivedAt: number;
}

interface Row {
  readonly id: unknown;
  readonly job_id: string;
  readonly slice: number;
  readonly prover: string;
  readonly proof: string;
  readonly state: ProofState;
  readonly reason: string | null;
  readonly transaction: string | null;
  readonly payable_from: unknown;
  readonly payable_until: unknown;
  readonly settle_by: unknown;
  readonly received_at: unknown;
}

const SELECT = `SELECT p.id, p.job_id, p.slice, p.prover, p.proof, p.state, p.reason, s.transaction,
    p.payable_from, p.payable_until, p.settle_by, p.received_at
  FROM ${BOOK}.proof p LEFT JOIN ${BOOK}.settlement s ON s.id = p.settlement`;

/** The accepted proofs, kept durably: what `add` returned for is there after any crash. */
export class ProofBook {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** False when a proof of this slice is under way already. */
  async add({ submission, times, receivedAt }: NewProof): Promise<boolean> {
    const { jobId, slice, prover, proof } = submission;
    const added = await this.#database.query(
      `INSERT INTO ${BOOK}.proof (job_id, slice, prover, proof, state, payable_from, payable_until,
         settle_by, received_at)
       VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8)
       ON CONFLICT (job_id, slice) WHERE state IN ('waiting', 'settling') DO NOTHING RETURNING id`,
      [jobId, slice, prover.toLowerCase(), JSON.stringify(proof), ...inOrder(times), receivedAt],
    );
    return added.length > 0;
  }

  /** Oldest first. */
  async waiting(): Promise<AcceptedProof[]> {
    return this.#select(`${SELECT} WHERE p.state = 'waiting' ORDER BY p.id`, []);
  }

  /** When the proofs that wait came and can be settled: what is looked at again and again. */
  async waitingTimes(): Promise<Pick<AcceptedProof, 'payableFrom' | 'settleBy' | 'receivedAt'>[]> {
    const rows = await this.#database.query<Pick<Row, 'payable_from' | 'settle_by' | 'received_at'>>(
      `SELECT payable_from, settle_by, received_at FROM ${BOOK}.proof WHERE state = 'waiting'`,
    );
    return rows.map((row) => ({
      payableFrom: Number(row.payable_from),
      settleBy: Number(row.settle_by),
      receivedAt: Number(row.received_at),
    }));
  }

  /** All proofs of a slice that were ever accepted, the newest first. */
  async ofSlice(jobId: string, slice: number): Promise<AcceptedProof[]> {
    const where = 'WHERE p.job_id = $1 AND p.slice = $2 ORDER BY p.id DESC LIMIT 100';
    return this.#select(`${SELECT} ${where}`, [jobId, slice]);
  }

  /** What a settlement holds that isn't decided yet. */
  async ofSettlement(settlement: number): Promise<AcceptedProof[]> {
    const where = "WHERE p.settlement = $1 AND p.state = 'settling' ORDER BY p.id";
    return this.#select(`${SELECT} ${where}`, [settlement]);
  }

  async countWaiting(): Promise<number> {
    const rows = await this.#database.query<{ count: unknown }>(
      `SELECT count(*) AS count FROM ${BOOK}.proof WHERE state IN ('waiting', 'settling')`,
    );
    return Number(rows[0]?.count ?? 0);
  }

  /** What the chain said of a waiting proof's times, when it was asked again. */
  async reschedule(id: number, times: PayableTimes): Promise<void> {
    await this.#database.query(
      `UPDATE ${BOOK}.proof SET payable_from = $2, payable_until = $3, settle_by = $4 WHERE id = $1`,
      [id, ...inOrder(times)],
    );
  }

  /** @param blamed whether this counts against the prover */
  async drop(id: number, reason: string, blamed: boolean, at: number): Promise<void> {
    await this.#database.query(
      `UPDATE ${BOOK}.proof SET state = 'dropped', reason = $2, blamed = $3, decided_at = $4
       WHERE id = $1 AND state IN ('waiting', 'settling')`,
      [id, reason, blamed, at],
    );
  }

  async settled(id: number, at: number): Promise<void> {
    await this.#database.query(
      `UPDATE ${BOOK}.proof SET state = 'settled', reason = NULL, decided_at = $2 WHERE id = $1`,
      [id, at],
    );
  }

  /** The outcomes of a prover's latest proofs: how many, and how many of them went stale by its doing. */
  async recordOf(
    prover: string,
    latest: number,
    since: number,
  ): Promise<{ readonly decided: number; readonly blamed: number }> {
    const rows = await this.#database.query<{ decided: unknown; blamed: unknown }>(
      `SELECT count(*) AS decided, count(*) FILTER (WHERE blamed) AS blamed FROM (
         SELECT blamed FROM ${BOOK}.proof WHERE prover = $1 AND decided_at >= $3
         ORDER BY decided_at DESC, id DESC LIMIT $2) recent`,
      [prover.toLowerCase(), latest, since],
    );
    return { decided: Number(rows[0]?.decided ?? 0), blamed: Number(rows[0]?.blamed ?? 0) };
  }

  /** How many proofs of a prover were settled since a time. */
  async countSettled(prover: string, since: number): Promise<number> {
    const rows = await this.#database.query<{ count: unknown }>(
      `SELECT count(*) AS count FROM ${BOOK}.proof WHERE prover = $1 AND state = 'settled' AND decided_at >= $2`,
      [prover.toLowerCase(), since],
    );
    return Number(rows[0]?.count ?? 0);
  }

  async #select(sql: string, parameters: readonly unknown[]): Promise<AcceptedProof[]> {
    return (await this.#database.query<Row>(sql, parameters)).map(fromRow);
  }
}

function inOrder({ payableFrom, payableUntil, settleBy }: PayableTimes): readonly number[] {
  return [payableFrom, payableUntil, settleBy];
}

function fromRow(row: Row): AcceptedProof {
  return {
    id: Number(row.id),
    jobId: row.job_id,
    slice: row.slice,
    prover: row.prover,
    proof: proofSubmissionSchema.shape.proof.parse(JSON.parse(row.proof)),
    state: row.state,
    reason: row.reason ?? undefined,
    transaction: row.transaction ?? undefined,
    payableFrom: Number(row.payable_from),
    payableUntil: Number(row.payable_until),
    settleBy: Number(row.settle_by),
    receivedAt: Number(row.received_at),
  };
}
