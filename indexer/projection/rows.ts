import type {
  Account,
  Bid,
  Circuit,
  Job,
  LedgerEntry,
  Model,
  ModelSlice,
  ModelTensor,
  Operator,
  Period,
  Proof,
  Prisma,
  Prover,
  Settlement,
  Skip,
  Slice,
  Totals,
} from '../generated/prisma/client.ts';

/** A row with its amounts as bigint. */
type Stored<Row> = {
  readonly [Column in keyof Row]: Row[Column] extends Prisma.Decimal
    ? bigint
    : Row[Column] extends Prisma.Decimal | null
      ? bigint | null
      : Row[Column];
};

/** The derived tables. Each has one text key `id`. */
export interface Rows {
  readonly Account: Stored<Account>;
  readonly Bid: Stored<Bid>;
  readonly Circuit: Stored<Circuit>;
  readonly Job: Stored<Job>;
  readonly LedgerEntry: Stored<LedgerEntry>;
  readonly Model: Stored<Model>;
  readonly ModelSlice: Stored<ModelSlice>;
  readonly ModelTensor: Stored<ModelTensor>;
  readonly Operator: Stored<Operator>;
  readonly Period: Stored<Period>;
  readonly Proof: Stored<Proof>;
  readonly Prover: Stored<Prover>;
  readonly Settlement: Stored<Settlement>;
  readonly Skip: Stored<Skip>;
  readonly Slice: Stored<Slice>;
  readonly Totals: Stored<Totals>;
}

export type TableName = keyof Rows;

/** A whole number as a driver gives it: text where it may be large. */
export type Digits = string | number | bigint;

/** A row as it is read for others. */
export type Served<T extends TableName> = {
  readonly [Column in keyof Rows[T]]: Rows[T][Column] extends bigint
    ? Digits
    : Rows[T][Column] extends bigint | null
      ? Digits | null
      : Rows[T][Column];
};

export const TABLES = [
  'Account',
  'Bid',
  'Circuit',
  'Job',
  'LedgerEntry',
  'Model',
  'ModelSlice',
  'ModelTensor',
  'Operator',
  'Period',
  'Proof',
  'Prover',
  'Settlement',
  'Skip',
  'Slice',
  'Totals',
] as const satisfies readonly TableName[];
