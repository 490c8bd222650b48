import {
  bidSubmissionSchema,
  handedBid,
  submissionOf,
  type HandedBid,
} from '../../../protocol/bid-submission.ts';
import type { Database } from '../../../protocol/database/open.ts';
import { BOOK } from './schema.ts';

/** A signed bid that was taken and waits to be brought. */
export interface WaitingBid {
  readonly id: number;
  readonly bid: HandedBid;
  /** Milliseconds. */
  readonly receivedAt: number;
}

/** How many bids an aggregator keeps. */
export interface BidLimits {
  /** Waiting in all. */
  readonly maxBids: number;
  /** Of one prover, taken since `since` or waiting. */
  readonly maxBidsPerProver: number;
  /** Milliseconds. */
  readonly since: number;
}

interface Row {
  readonly id: unknown;
  readonly submission: string;
  readonly received_at: unknown;
}

const SELECT = `SELECT id, submission, received_at FROM ${BOOK}.bid`;

/** The signed bids that were taken, and what became of them for as long as it matters. */
export class BidBook {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** False when one with its nonce is there, or when it would be one too many. */
  async add(bid: HandedBid, { maxBids, maxBidsPerProver, since }: BidLimits, at: number): Promise<boolean> {
    const { jobId, prover, signer, nonce, unitPrice, validUntil } = bid;
    const added = await this.#database.query(
      `INSERT INTO ${BOOK}.bid (job_id, prover, signer, nonce, submission, unit_price, valid_until, state, received_at)
       SELECT $1, $2, $3, $4, $5, $6::numeric, $7::bigint, 'waiting', $8::bigint
       WHERE (SELECT count(*) FROM ${BOOK}.bid WHERE state = 'waiting') < $9::bigint
         AND (SELECT count(*) FROM ${BOOK}.bid
              WHERE prover = $2 AND (state = 'waiting' OR received_at > $11::bigint)) < $10::bigint
       ON CONFLICT (signer, nonce) WHERE state <> 'dropped' DO NOTHING RETURNING id`,
      [
        jobId.toLowerCase(),
        prover.toLowerCase(),
        signer.toLowerCase(),
        nonce.toString(),
        JSON.stringify(submissionOf(bid)),
        unitPrice.toString(),
        Number(validUntil),
        at,
        maxBids,
        maxBidsPerProver,
        since,
      ],
    );
    return added.length > 0;
  }

  /** What was taken with a signer's nonce and is not dropped. */
  async withNonce({
    signer,
    nonce,
  }: Pick<HandedBid, 'signer' | 'nonce'>): Promise<
    { readonly signature: string; readonly brought: boolean } | undefined
  > {
    const rows = await this.#database.query<Row & { readonly state: string }>(
      `SELECT id, submission, received_at, state FROM ${BOOK}.bid
       WHERE signer = $1 AND nonce = $2 AND state <> 'dropped'`,
      [signer.toLowerCase(), nonce.toString()],
    );
    return rows
      .map((row) => ({ signature: fromRow(row).bid.signature, brought: row.state === 'brought' }))
      .at(0);
  }

  /** The oldest first. */
  async waiting(limit: number): Promise<WaitingBid[]> {
    const rows = await this.#database.query<Row>(`${SELECT} WHERE state = 'waiting' ORDER BY id LIMIT $1`, [
      limit,
    ]);
    return rows.map(fromRow);
  }

  /** Those of a job that wait, the cheapest first. */
  async ofJob(jobId: string): Promise<WaitingBid[]> {
    const rows = await this.#database.query<Row>(
      `${SELECT} WHERE state = 'waiting' AND job_id = $1 ORDER BY unit_price, id`,
      [jobId],
    );
    return rows.map(fromRow);
  }

  /** When those that wait came, and their last seconds: what is looked at again and again. */
  async waitingTimes(): Promise<readonly { readonly receivedAt: number; readonly validUntil: number }[]> {
    const rows = await this.#database.query<{ received_at: unknown; valid_until: unknown }>(
      `SELECT received_at, valid_until FROM ${BOOK}.bid WHERE state = 'waiting'`,
    );
    return rows.map((row) => ({
      receivedAt: Number(row.received_at),
      validUntil: Number(row.valid_until),
    }));
  }

  async countWaiting(): Promise<number> {
    return this.#count("state = 'waiting'", []);
  }

  /** @param took how many slices it took */
  async brought(id: number, took: number, at: number): Promise<void> {
    await this.#decide(id, 'brought', { took, at });
  }

  /** @param blamed whether it cost gas by its prover's doing */
  async drop(id: number, reason: string, blamed: boolean, at: number): Promise<void> {
    await this.#decide(id, 'dropped', { reason, blamed, at });
  }

  /** What a prover's bids came to since a time: slices that they took, and failures by its doing. */
  async recordOf(prover: string, since: number): Promise<{ readonly took: number; readonly failed: number }> {
    const rows = await this.#database.query<{ took: unknown; failed: unknown }>(
      `SELECT coalesce(sum(took), 0) AS took, count(*) FILTER (WHERE blamed) AS failed
       FROM ${BOOK}.bid WHERE prover = $1 AND decided_at >= $2`,
      [prover.toLowerCase(), since],
    );
    return { took: Number(rows[0]?.took ?? 0), failed: Number(rows[0]?.failed ?? 0) };
  }

  async countOf(prover: string, since: number): Promise<number> {
    return this.#count("prover = $1 AND (state = 'waiting' OR received_at > $2)", [
      prover.toLowerCase(),
      since,
    ]);
  }

  /** Forgets what was decided before a time. */
  async forget(before: number): Promise<void> {
    await this.#database.query(`DELETE FROM ${BOOK}.bid WHERE decided_at < $1`, [before]);
  }

  async #count(where: string, parameters: readonly unknown[]): Promise<number> {
    const rows = await this.#database.query<{ count: unknown }>(
      `SELECT count(*) AS count FROM ${BOOK}.bid WHERE ${where}`,
      parameters,
    );
    return Number(rows[0]?.count ?? 0);
  }

  async #decide(
    id: number,
    state: 'brought' | 'dropped',
    {
      reason = null,
      blamed = false,
      took = 0,
      at,
    }: {
      readonly reason?: string | null;
      readonly blamed?: boolean;
      readonly took?: number;
      readonly at: number;
    },
  ): Promise<void> {
    await this.#database.query(
      `UPDATE ${BOOK}.bid SET state = $2, reason = $3, blamed = $4, took = $5, decided_at = $6
       WHERE id = $1 AND state = 'waiting'`,
      [id, state, reason, blamed, took, at],
    );
  }
}

function fromRow({ id, submission, received_at }: Row): WaitingBid {
  const bid = handedBid(bidSubmissionSchema.parse(JSON.parse(submission)));
  return { id: Number(id), bid, receivedAt: Number(received_at) };
}
