import type { Builder } from './builder.ts';
import {
  addList,
  BY_SEQUENCE,
  type List,
  type ListSpec,
  type OrderColumn,
  type PageTypes,
} from './connection.ts';
import type { Filters } from './filters.ts';
import type { Objects } from './objects.ts';
import type { Filterable } from './sql.ts';

type Spec = Omit<ListSpec, 'node'>;

const decimal = (column: string): OrderColumn => ({ column, type: 'numeric' });
const integer = (column: string): OrderColumn => ({ column, type: 'int' });

const placed = { blockNumber: 'Int', timestamp: 'Timestamp', transactionHash: 'Bytes32' } as const;

const modelSlices: Filterable = {
  model: 'ModelSlice',
  filters: { id: 'ID', modelId: 'Bytes32', index: 'Int', circuitId: 'ID', weight: 'Amount' },
};

const circuits: Spec = {
  model: 'Circuit',
  filters: {
    id: 'ID',
    keyDigest: 'Bytes32',
    srsId: 'Bytes32',
    setupDigest: 'Bytes32',
    signals: 'Int',
    registrant: 'Address',
    verifier: 'Address',
    ...placed,
  },
  counts: { all: ['Totals', 'circuits'] },
  orders: { AGE: BY_SEQUENCE, SIGNALS: integer('signals') },
};

const models: Spec = {
  model: 'Model',
  filters: {
    id: 'Bytes32',
    publisher: 'Address',
    manifestDigest: 'Bytes32',
    sliceCount: 'Int',
    provableCount: 'Int',
    jobCount: 'Int',
    ...placed,
  },
  counts: { all: ['Totals', 'models'] },
  orders: { AGE: BY_SEQUENCE, JOBS: integer('jobCount'), SLICES: integer('sliceCount') },
};

const settlements: Spec = {
  model: 'Settlement',
  filters: {
    id: 'Bytes32',
    settler: 'Address',
    proofCount: 'Int',
    skipCount: 'Int',
    paid: 'Amount',
    gasUsed: 'Amount',
    blockNumber: 'Int',
    timestamp: 'Timestamp',
  },
  counts: { all: ['Totals', 'settlements'] },
  orders: {
    AGE: BY_SEQUENCE,
    PROOFS: integer('proofCount'),
    PAID: decimal('paid'),
    GAS_USED: decimal('gasUsed'),
  },
};

const accounts: Spec = {
  model: 'Account',
  filters: {
    id: 'Address',
    balance: 'Amount',
    reserved: 'Amount',
    deposited: 'Amount',
    withdrawn: 'Amount',
  },
  counts: { all: ['Totals', 'accounts'] },
  orders: {
    BALANCE: decimal('balance'),
    AGE: BY_SEQUENCE,
    RESERVED: decimal('reserved'),
    DEPOSITED: decimal('deposited'),
  },
};

const provers: Spec = {
  model: 'Prover',
  filters: {
    id: 'Address',
    earned: 'Amount',
    settledSlices: 'Int',
    executions: 'Int',
    heldSlices: 'Int',
    slashes: 'Int',
    slashed: 'Amount',
    collateral: 'Amount',
  },
  counts: { all: ['Totals', 'provers'] },
  orders: {
    EARNED: decimal('earned'),
    AGE: BY_SEQUENCE,
    SETTLED_SLICES: integer('settledSlices'),
    SLASHED: decimal('slashed'),
    COLLATERAL: decimal('collateral'),
  },
  relations: {
    account: { column: 'id', to: accounts },
  },
};

const jobs: Spec = {
  model: 'Job',
  filters: {
    id: 'Bytes32',
    requester: 'Address',
    modelId: 'Bytes32',
    executor: 'Address',
    state: 'JobState',
    closeReason: 'CloseReason',
    cancelled: 'Boolean',
    admissionHook: 'Address',
    admissionData: 'Bytes32',
    dueCount: 'Int',
    settledCount: 'Int',
    initialEscrow: 'Amount',
    escrow: 'Amount',
    maxUnitPrice: 'Amount',
    deadline: 'Timestamp',
    ...placed,
  },
  counts: { all: ['Totals', 'jobs'], modelId: ['Model', 'jobCount'] },
  orders: {
    AGE: BY_SEQUENCE,
    ESCROW: decimal('initialEscrow'),
    MAX_UNIT_PRICE: decimal('maxUnitPrice'),
    DUE: integer('dueCount'),
    SETTLED: integer('settledCount'),
  },
  relations: {
    model: { column: 'modelId', to: models },
  },
};

const slices: Spec = {
  model: 'Slice',
  filters: {
    id: 'ID',
    jobId: 'Bytes32',
    index: 'Int',
    state: 'SliceState',
    due: 'Boolean',
    biddable: 'Biddable',
    holder: 'Address',
    price: 'Amount',
    raise: 'Amount',
    bidCount: 'Int',
    lapseCount: 'Int',
    lockEnd: 'Timestamp',
    changedAt: 'Timestamp',
  },
  orders: {
    AGE: BY_SEQUENCE,
    CHANGED: { column: 'changedAt', type: 'bigint' },
    RAISE: decimal('raise'),
    BIDS: integer('bidCount'),
  },
  relations: {
    job: { column: 'jobId', to: jobs },
    modelSlice: { column: 'modelSliceId', to: modelSlices },
  },
};

const bids: Spec = {
  model: 'Bid',
  filters: {
    jobId: 'Bytes32',
    sliceId: 'ID',
    proverId: 'Address',
    state: 'BidState',
    price: 'Amount',
    unitPrice: 'Amount',
    lockEnd: 'Timestamp',
    ...placed,
  },
  counts: { all: ['Totals', 'bids'], proverId: ['Prover', 'bidCount'], sliceId: ['Slice', 'bidCount'] },
  orders: { AGE: BY_SEQUENCE, PRICE: decimal('price'), UNIT_PRICE: decimal('unitPrice') },
  relations: {
    job: { column: 'jobId', to: jobs },
    slice: { column: 'sliceId', to: slices },
    prover: { column: 'proverId', to: provers },
  },
};

const proofs: Spec = {
  model: 'Proof',
  filters: {
    id: 'ID',
    jobId: 'Bytes32',
    circuitId: 'ID',
    proverId: 'Address',
    settlementId: 'Bytes32',
    price: 'Amount',
    raise: 'Amount',
    ...placed,
  },
  counts: {
    all: ['Totals', 'settledSlices'],
    proverId: ['Prover', 'settledSlices'],
    jobId: ['Job', 'settledCount'],
    settlementId: ['Settlement', 'proofCount'],
  },
  orders: { AGE: BY_SEQUENCE, PRICE: decimal('price') },
  same: { transactionHash: 'settlementId' },
  relations: {
    job: { column: 'jobId', to: jobs },
    slice: { column: 'id', to: slices },
    circuit: { column: 'circuitId', to: circuits },
    prover: { column: 'proverId', to: provers },
    settlement: { column: 'settlementId', to: settlements },
  },
};

const skips: Spec = {
  model: 'Skip',
  filters: { sliceId: 'ID', settlementId: 'Bytes32', prover: 'Address', reason: 'SkipReason', ...placed },
  counts: { all: ['Totals', 'skippedSlices'], settlementId: ['Settlement', 'skipCount'] },
  orders: { AGE: BY_SEQUENCE },
  same: { transactionHash: 'settlementId' },
  relations: {
    slice: { column: 'sliceId', to: slices },
    settlement: { column: 'settlementId', to: settlements },
  },
};

const operators: Spec = {
  model: 'Operator',
  filters: { accountId: 'Address', operator: 'Address', named: 'Boolean', ...placed },
  orders: { AGE: BY_SEQUENCE },
  relations: {
    account: { column: 'accountId', to: accounts },
  },
};

const ledger: Spec = {
  model: 'LedgerEntry',
  filters: { accountId: 'Address', kind: 'LedgerKind', jobId: 'Bytes32', sliceIndex: 'Int', ...placed },
  orders: { AGE: BY_SEQUENCE },
  relations: {
    account: { column: 'accountId', to: accounts },
    job: { column: 'jobId', to: jobs },
  },
};

/** Every kind of list with what it can be filtered and ordered by. `AGE` is the order of the chain. */
export const LISTS = {
  circuits,
  models,
  jobs,
  slices,
  bids,
  proofs,
  settlements,
  skips,
  provers,
  accounts,
  operators,
  ledger,
} as const;

export type Lists = Readonly<Record<keyof typeof LISTS, List>>;

/** The lists as types of the schema. */
export function addLists(builder: Builder, filters: Filters, shared: PageTypes, objects: Objects): Lists {
  return Object.fromEntries(
    Object.entries(LISTS).map(([name, spec]) => [
      name,
      addList(builder, filters, shared, { ...spec, node: objects[spec.model as keyof Objects] }),
    ]),
  ) as unknown as Lists;
}
