import { index, onchainTable } from 'ponder';

/** What our own tables hold of the same events, without time series, and with indexes for a few of the lists. */
const placed = (t) => ({
  sequence: t.bigint().notNull(),
  blockNumber: t.integer().notNull(),
  timestamp: t.bigint().notNull(),
  transactionHash: t.hex().notNull(),
});

export const job = onchainTable(
  'job',
  (t) => ({
    id: t.hex().primaryKey(),
    requester: t.hex().notNull(),
    modelId: t.hex().notNull(),
    state: t.text().notNull(),
    dueCount: t.integer().notNull(),
    settledCount: t.integer().notNull(),
    maxUnitPrice: t.bigint().notNull(),
    initialEscrow: t.bigint().notNull(),
    escrow: t.bigint().notNull(),
    paid: t.bigint().notNull(),
    tips: t.bigint().notNull(),
    executionPaid: t.bigint().notNull(),
    refunded: t.bigint().notNull(),
    executor: t.hex(),
    executionPrice: t.bigint(),
    bond: t.bigint().notNull(),
    traceHash: t.hex(),
    trace: t.hex().array(),
    deadline: t.bigint(),
    endedAt: t.bigint(),
    ...placed(t),
  }),
  (table) => ({
    sequence: index().on(table.sequence),
    requester: index().on(table.requester, table.sequence),
    state: index().on(table.state, table.sequence),
  }),
);

export const slice = onchainTable(
  'slice',
  (t) => ({
    id: t.text().primaryKey(),
    jobId: t.hex().notNull(),
    index: t.integer().notNull(),
    state: t.text().notNull(),
    due: t.boolean().notNull(),
    holder: t.hex(),
    bidId: t.text(),
    unitPrice: t.bigint(),
    price: t.bigint(),
    collateral: t.bigint().notNull(),
    windowEnd: t.bigint(),
    lockEnd: t.bigint(),
    bidCount: t.integer().notNull(),
    changedAt: t.bigint().notNull(),
    sequence: t.bigint().notNull(),
  }),
  (table) => ({
    sequence: index().on(table.sequence),
    job: index().on(table.jobId, table.index),
    state: index().on(table.state, table.sequence),
  }),
);

export const bid = onchainTable(
  'bid',
  (t) => ({
    id: t.text().primaryKey(),
    jobId: t.hex().notNull(),
    sliceId: t.text().notNull(),
    proverId: t.hex().notNull(),
    state: t.text().notNull(),
    unitPrice: t.bigint().notNull(),
    price: t.bigint().notNull(),
    windowEnd: t.bigint().notNull(),
    lockEnd: t.bigint().notNull(),
    ...placed(t),
  }),
  (table) => ({
    sequence: index().on(table.sequence),
    prover: index().on(table.proverId, table.sequence),
    slice: index().on(table.sliceId, table.sequence),
  }),
);

export const proof = onchainTable(
  'proof',
  (t) => ({
    id: t.text().primaryKey(),
    jobId: t.hex().notNull(),
    proverId: t.hex().notNull(),
    settlementId: t.hex().notNull(),
    price: t.bigint().notNull(),
    fee: t.bigint().notNull(),
    ...placed(t),
  }),
  (table) => ({
    sequence: index().on(table.sequence),
    prover: index().on(table.proverId, table.sequence),
    settlement: index().on(table.settlementId, table.sequence),
  }),
);

export const settlement = onchainTable(
  'settlement',
  (t) => ({
    id: t.hex().primaryKey(),
    settler: t.hex().notNull(),
    proofCount: t.integer().notNull(),
    paid: t.bigint().notNull(),
    fees: t.bigint().notNull(),
    tips: t.bigint().notNull(),
    gasUsed: t.bigint().notNull(),
    gasPrice: t.bigint().notNull(),
    ...placed(t),
  }),
  (table) => ({ sequence: index().on(table.sequence) }),
);

export const prover = onchainTable('prover', (t) => ({
  id: t.hex().primaryKey(),
  earned: t.bigint().notNull(),
  settledSlices: t.integer().notNull(),
  executions: t.integer().notNull(),
  bidCount: t.integer().notNull(),
  heldSlices: t.integer().notNull(),
  collateral: t.bigint().notNull(),
  bonds: t.bigint().notNull(),
}));

export const account = onchainTable('account', (t) => ({
  id: t.hex().primaryKey(),
  balance: t.bigint().notNull(),
  reserved: t.bigint().notNull(),
  deposited: t.bigint().notNull(),
}));

export const ledgerEntry = onchainTable(
  'ledger_entry',
  (t) => ({
    id: t.text().primaryKey(),
    accountId: t.hex().notNull(),
    kind: t.text().notNull(),
    balanceChange: t.bigint().notNull(),
    reservedChange: t.bigint().notNull(),
    jobId: t.hex(),
    ...placed(t),
  }),
  (table) => ({
    sequence: index().on(table.sequence),
    account: index().on(table.accountId, table.sequence),
    job: index().on(table.jobId, table.sequence),
  }),
);

export const totals = onchainTable('totals', (t) => ({
  id: t.text().primaryKey(),
  jobs: t.integer().notNull(),
  jobsFinalized: t.integer().notNull(),
  bids: t.integer().notNull(),
  settledSlices: t.integer().notNull(),
  balances: t.bigint().notNull(),
  reserved: t.bigint().notNull(),
  escrows: t.bigint().notNull(),
  paid: t.bigint().notNull(),
  fees: t.bigint().notNull(),
  deposited: t.bigint().notNull(),
}));
