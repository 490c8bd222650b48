import type { Database } from '../../../protocol/database/open.ts';
import { BOOK } from './schema.ts';

const DAY_MS = 86_400_000;

/** Transactions that brought bids: their nonces, and what they cost. */
export class BringingBook {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Written before it is sent, with what it is reckoned to cost. @returns its id */
  async sending(settler: string, nonce: number, wei: bigint, at: number): Promise<number> {
    const [{ id }] = await this.#database.query<{ id: unknown }>(
      `INSERT INTO ${BOOK}.bringing (settler, nonce, wei, at) VALUES ($1, $2, $3::numeric, $4) RETURNING id`,
      [settler.toLowerCase(), nonce, wei.toString(), at],
    );
    return Number(id);
  }

  /** What it cost in the end. */
  async cost(id: number, wei: bigint): Promise<void> {
    await this.#database.query(`UPDATE ${BOOK}.bringing SET wei = $2::numeric WHERE id = $1`, [
      id,
      wei.toString(),
    ]);
  }

  /** Wei that an account spent in the 24 hours before a time. */
  async spent(settler: string, now: number): Promise<bigint> {
    const rows = await this.#database.query<{ wei: string }>(
      `SELECT coalesce(sum(wei), 0)::text AS wei FROM ${BOOK}.bringing WHERE settler = $1 AND at > $2`,
      [settler.toLowerCase(), now - DAY_MS],
    );
    return BigInt(rows[0]?.wei ?? 0);
  }

  /** Those of the nonces, the first included and the last not, that brought bids. */
  async nonces(settler: string, from: number, to: number): Promise<ReadonlySet<number>> {
    const rows = await this.#database.query<{ nonce: unknown }>(
      `SELECT nonce FROM ${BOOK}.bringing WHERE settler = $1 AND nonce >= $2 AND nonce < $3`,
      [settler.toLowerCase(), from, to],
    );
    return new Set(rows.map(({ nonce }) => Number(nonce)));
  }

  /** Forgets what counts no more. */
  async forget(now: number): Promise<void> {
    await this.#database.query(`DELETE FROM ${BOOK}.bringing WHERE at < $1`, [now - 2 * DAY_MS]);
  }
}
