import type { Database } from '../../../protocol/database/open.ts';

/** The PostgreSQL schema that holds the aggregator's own tables. */
export const BOOK = 'aggregator';

/** The one that holds its queue's. */
export const QUEUE = 'aggregator_queue';

/** One statement each: the embedded database takes no more at once. */
const STATEMENTS = [
  `CREATE SCHEMA IF NOT EXISTS ${BOOK}`,
  // A settlement is written before its transaction is sent, with the signed bytes: whatever happens then, the
  // same bytes can be sent again and are mined once at most. Transactions of the same nonce and work that offered more for gas
  // follow after a space.
  `CREATE TABLE IF NOT EXISTS ${BOOK}.settlement (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     settler text NOT NULL,
     transaction text NOT NULL UNIQUE,
     signed text NOT NULL,
     reason text NOT NULL,
     state text NOT NULL CHECK (state IN ('sent', 'mined', 'failed')),
     proofs integer NOT NULL,
     paid integer NOT NULL DEFAULT 0,
     gas_used bigint,
     block bigint,
     created_at bigint NOT NULL
   )`,
  `CREATE TABLE IF NOT EXISTS ${BOOK}.proof (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     job_id text NOT NULL,
     slice integer NOT NULL,
     prover text NOT NULL,
     proof text NOT NULL,
     state text NOT NULL CHECK (state IN ('waiting', 'settling', 'settled', 'dropped')),
     reason text,
     blamed boolean NOT NULL DEFAULT false,
     settlement bigint REFERENCES ${BOOK}.settlement (id),
     payable_from bigint NOT NULL,
     payable_until bigint NOT NULL,
     settle_by bigint NOT NULL,
     received_at bigint NOT NULL,
     decided_at bigint
   )`,
  // Of one slice one proof is under way at most, so that no two can be paid for by one transaction's gas.
  `CREATE UNIQUE INDEX IF NOT EXISTS proof_under_way ON ${BOOK}.proof (job_id, slice)
     WHERE state IN ('waiting', 'settling')`,
  `CREATE INDEX IF NOT EXISTS proof_by_state ON ${BOOK}.proof (state)`,
  `CREATE INDEX IF NOT EXISTS proof_by_slice ON ${BOOK}.proof (job_id, slice)`,
  `CREATE INDEX IF NOT EXISTS proof_by_prover ON ${BOOK}.proof (prover, decided_at)`,
  `CREATE TABLE IF NOT EXISTS ${BOOK}.bid (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     job_id text NOT NULL,
     prover text NOT NULL,
     signer text NOT NULL,
     nonce text NOT NULL,
     submission text NOT NULL,
     unit_price numeric NOT NULL,
     valid_until bigint NOT NULL,
     state text NOT NULL CHECK (state IN ('waiting', 'brought', 'dropped')),
     reason text,
     blamed boolean NOT NULL DEFAULT false,
     took integer NOT NULL DEFAULT 0,
     received_at bigint NOT NULL,
     decided_at bigint
   )`,
  `CREATE UNIQUE INDEX IF NOT EXISTS bid_once ON ${BOOK}.bid (signer, nonce) WHERE state <> 'dropped'`,
  `CREATE INDEX IF NOT EXISTS bid_by_state ON ${BOOK}.bid (state)`,
  `CREATE INDEX IF NOT EXISTS bid_by_prover ON ${BOOK}.bid (prover, received_at)`,
  // A transaction that brings bids is nothing to see through after a crash: bids that it brought show by their nonces, others
  // are brought anew. Its nonce says whose it was, and its cost counts against the day's.
  `CREATE TABLE IF NOT EXISTS ${BOOK}.bringing (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     settler text NOT NULL,
     nonce bigint NOT NULL,
     wei numeric NOT NULL,
     at bigint NOT NULL
   )`,
  `CREATE INDEX IF NOT EXISTS bringing_by_settler ON ${BOOK}.bringing (settler, at)`,
];

/** Makes the tables where they are missing. */
export async function prepareBook(database: Database): Promise<void> {
  for (const statement of STATEMENTS) await database.query(statement);
}
