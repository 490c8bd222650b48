import type { Builder } from './builder.ts';
import { addList, BY_SEQUENCE, type List, type OrderColumn, type PageTypes } from './connection.ts';
import type { Filters } from './filters.ts';
import type { Objects } from './objects.ts';

const decimal = (column: string): OrderColumn => ({ column, type: 'Decimal' });
const integer = (column: string): OrderColumn => ({ column, type: 'Int' });

const placed = { blockNumber: 'Int', timestamp: 'Timestamp', transactionHash: 'Bytes32' } as const;

/** Every kind of list with what it can be filtered and ordered by. `AGE` is the order of the chain. */
export function addLists(builder: Builder, filters: Filters, shared: PageTypes, objects: Objects) {
  const list = (spec: Parameters<typeof addList>[3]): List => addList(builder, filters, shared, spec);
  return {
    circuits: list({
      model: 'Circuit',
      node: objects.Circuit,
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
      orders: { AGE: BY_SEQUENCE, SIGNALS: integer('signals') },
    }),
    models: list({
      model: 'Model',
      node: objects.Model,
      filters: {
        id: 'Bytes32',
        publisher: 'Address',
        manifestDigest: 'Bytes32',
        sliceCount: 'Int',
        provableCount: 'Int',
        jobCount: 'Int',
        ...placed,
      },
      orders: { AGE: BY_SEQUENCE, JOBS: integer('jobCount'), SLICES: integer('sliceCount') },
    }),
    jobs: list({
      model: 'Job',
      node: objects.Job,
      filters: {
        id: 'Bytes32',
        requester: 'Address',
        modelId: 'Bytes32',
        executor: 'Address',
        state: 'JobState',
        closeReason: 'CloseReason',
        cancelled: 'Boolean',
        dueCount: 'Int',
        settledCount: 'Int',
        initialEscrow: 'Amount',
        escrow: 'Amount',
        maxUnitPrice: 'Amount',
        deadline: 'Timestamp',
        ...placed,
      },
      orders: {
        AGE: BY_SEQUENCE,
        ESCROW: decimal('initialEscrow'),
        MAX_UNIT_PRICE: decimal('maxUnitPrice'),
        DUE: integer('dueCount'),
        SETTLED: integer('settledCount'),
      },
    }),
    slices: list({
      model: 'Slice',
      node: objects.Slice,
      filters: {
        id: 'ID',
        jobId: 'Bytes32',
        index: 'Int',
        state: 'SliceState',
        due: 'Boolean',
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
        CHANGED: { column: 'changedAt', type: 'BigInt' },
        RAISE: decimal('raise'),
        BIDS: integer('bidCount'),
      },
    }),
    bids: list({
      model: 'Bid',
      node: objects.Bid,
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
      orders: { AGE: BY_SEQUENCE, PRICE: decimal('price'), UNIT_PRICE: decimal('unitPrice') },
    }),
    proofs: list({
      model: 'Proof',
      node: objects.Proof,
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
      orders: { AGE: BY_SEQUENCE, PRICE: decimal('price') },
    }),
    settlements: list({
      model: 'Settlement',
      node: objects.Settlement,
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
      orders: {
        AGE: BY_SEQUENCE,
        PROOFS: integer('proofCount'),
        PAID: decimal('paid'),
        GAS_USED: decimal('gasUsed'),
      },
    }),
    skips: list({
      model: 'Skip',
      node: objects.Skip,
      filters: { sliceId: 'ID', settlementId: 'Bytes32', prover: 'Address', reason: 'SkipReason', ...placed },
      orders: { AGE: BY_SEQUENCE },
    }),
    provers: list({
      model: 'Prover',
      node: objects.Prover,
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
      orders: {
        EARNED: decimal('earned'),
        AGE: BY_SEQUENCE,
        SETTLED_SLICES: integer('settledSlices'),
        SLASHED: decimal('slashed'),
        COLLATERAL: decimal('collateral'),
      },
    }),
    accounts: list({
      model: 'Account',
      node: objects.Account,
      filters: {
        id: 'Address',
        balance: 'Amount',
        reserved: 'Amount',
        deposited: 'Amount',
        withdrawn: 'Amount',
      },
      orders: {
        BALANCE: decimal('balance'),
        AGE: BY_SEQUENCE,
        RESERVED: decimal('reserved'),
        DEPOSITED: decimal('deposited'),
      },
    }),
    operators: list({
      model: 'Operator',
      node: objects.Operator,
      filters: { accountId: 'Address', operator: 'Address', named: 'Boolean', ...placed },
      orders: { AGE: BY_SEQUENCE },
    }),
    ledger: list({
      model: 'LedgerEntry',
      node: objects.LedgerEntry,
      filters: { accountId: 'Address', kind: 'LedgerKind', jobId: 'Bytes32', sliceIndex: 'Int', ...placed },
      orders: { AGE: BY_SEQUENCE },
    }),
  };
}

export type Lists = ReturnType<typeof addLists>;
