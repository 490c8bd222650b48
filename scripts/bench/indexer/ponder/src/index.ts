import { ponder } from 'ponder:registry';
import { account, bid, job, ledgerEntry, proof, prover, settlement, slice, totals } from 'ponder:schema';
import market from '../market.json';

const WEIGHTS = market.weights.map(BigInt);
const MARKET = 'market';

const bitsOf = (mask: bigint): number[] =>
  WEIGHTS.map((_, i) => i).filter((i) => ((mask >> BigInt(i)) & 1n) === 1n);
const placed = ({ block, log, transaction }, part = 0) => ({
  sequence: (((block.number << 20n) | BigInt(log.logIndex)) << 8n) | BigInt(part),
  blockNumber: Number(block.number),
  timestamp: block.timestamp,
  transactionHash: transaction.hash,
});

async function addTotals(db, sums): Promise<void> {
  const zero = { balances: 0n, reserved: 0n, escrows: 0n, paid: 0n, fees: 0n, deposited: 0n };
  const none = { id: MARKET, jobs: 0, jobsFinalized: 0, bids: 0, settledSlices: 0, ...zero };
  const plus = (row) => Object.fromEntries(Object.entries(sums).map(([key, more]) => [key, row[key] + more]));
  await db
    .insert(totals)
    .values({ ...none, ...sums })
    .onConflictDoUpdate(plus);
}

async function addProver(db, id, sums): Promise<void> {
  const counts = { settledSlices: 0, executions: 0, bidCount: 0, heldSlices: 0 };
  const none = { id, earned: 0n, ...counts, collateral: 0n, bonds: 0n };
  const plus = (row) => Object.fromEntries(Object.entries(sums).map(([key, more]) => [key, row[key] + more]));
  await db
    .insert(prover)
    .values({ ...none, ...sums })
    .onConflictDoUpdate(plus);
}

/** As our own ledger: nothing moved, no entry. */
async function book(db, event, movements): Promise<void> {
  let part = 0;
  for (const { id, kind, balance = 0n, reserved = 0n, jobId = null } of movements) {
    if (balance === 0n && reserved === 0n) continue;
    const deposited = kind === 'DEPOSIT' ? balance : 0n;
    await db
      .insert(account)
      .values({ id, balance, reserved, deposited })
      .onConflictDoUpdate((row) => ({
        balance: row.balance + balance,
        reserved: row.reserved + reserved,
        deposited: row.deposited + deposited,
      }));
    await addTotals(db, { balances: balance, reserved });
    await db.insert(ledgerEntry).values({
      id: `${event.block.number}-${event.log.logIndex}-${part}`,
      accountId: id,
      kind,
      balanceChange: balance,
      reservedChange: reserved,
      jobId,
      ...placed(event, part),
    });
    part++;
  }
}

ponder.on('Market:Deposited', async ({ event, context: { db } }) => {
  const { account: id, amount } = event.args;
  await book(db, event, [{ id, kind: 'DEPOSIT', balance: amount }]);
  await addTotals(db, { deposited: amount });
});

ponder.on('Market:JobPosted', async ({ event, context: { db } }) => {
  const { jobId, requester, modelId, request, due, escrow } = event.args;
  await db.insert(job).values({
    id: jobId,
    requester,
    modelId,
    state: 'POSTED',
    dueCount: bitsOf(due).length,
    settledCount: 0,
    maxUnitPrice: request.offer.maxUnitPrice,
    initialEscrow: escrow,
    escrow,
    paid: 0n,
    tips: 0n,
    executionPaid: 0n,
    refunded: 0n,
    bond: 0n,
    ...placed(event),
  });
  await db.insert(slice).values(
    WEIGHTS.map((_, index) => ({
      id: `${jobId}:${index}`,
      jobId,
      index,
      state: 'OPEN',
      due: ((due >> BigInt(index)) & 1n) === 1n,
      collateral: 0n,
      bidCount: 0,
      changedAt: event.block.timestamp,
      sequence: placed(event, index).sequence,
    })),
  );
  await book(db, event, [{ id: requester, kind: 'ESCROW', balance: -escrow, jobId }]);
  await addTotals(db, { jobs: 1, escrows: escrow });
});

ponder.on('Market:ExecutionClaimed', async ({ event, context: { db } }) => {
  const { jobId, executor, price, bond } = event.args;
  await db.update(job, { id: jobId }).set({ state: 'CLAIMED', executor, executionPrice: price, bond });
  await book(db, event, [{ id: executor, kind: 'BOND', balance: -bond, reserved: bond, jobId }]);
  await addProver(db, executor, { bonds: bond });
});

ponder.on('Market:TraceCommitted', async ({ event, context: { db } }) => {
  const { jobId, executor, traceHash, deadline, trace } = event.args;
  await db
    .update(job, { id: jobId })
    .set({ state: 'TRACED', executor, traceHash, deadline: BigInt(deadline), trace: [...trace] });
  await addProver(db, executor, { executions: 1 });
});

ponder.on('Market:BidPlaced', async ({ event, context: { db } }) => {
  const { jobId, prover: proverId, slices, unitPrice, collateral, windowEnd, lockEnd } = event.args;
  const indexes = bitsOf(slices);
  await book(db, event, [
    { id: proverId, kind: 'COLLATERAL', balance: -collateral, reserved: collateral, jobId },
  ]);
  const count = indexes.length;
  await addProver(db, proverId, { bidCount: count, heldSlices: count, collateral });
  const whole = indexes.reduce((sum, index) => sum + WEIGHTS[index], 0n);
  for (const index of indexes) {
    const id = `${event.block.number}-${event.log.logIndex}-${index}`;
    const terms = {
      unitPrice,
      price: WEIGHTS[index] * unitPrice,
      windowEnd: BigInt(windowEnd),
      lockEnd: BigInt(lockEnd),
    };
    const sliceId = `${jobId}:${index}`;
    await db.insert(bid).values({
      id,
      jobId,
      sliceId,
      proverId,
      state: 'LEADING',
      ...terms,
      ...placed(event, index),
    });
    await db.update(slice, { id: sliceId }).set((row) => ({
      state: 'HELD',
      holder: proverId,
      bidId: id,
      ...terms,
      collateral: (collateral * WEIGHTS[index]) / whole,
      bidCount: row.bidCount + 1,
      changedAt: event.block.timestamp,
    }));
  }
  await addTotals(db, { bids: count });
});

ponder.on('Market:SlicesSettled', async ({ event, context: { db } }) => {
  const {
    jobId,
    prover: proverId,
    slices,
    unitPrice,
    price,
    fee,
    raise,
    tip,
    released,
    settler,
  } = event.args;
  const indexes = bitsOf(slices);
  const count = indexes.length;
  const earned = price - fee + raise;
  await book(db, event, [
    { id: proverId, kind: 'SLICE_PAID', balance: earned, jobId },
    { id: proverId, kind: 'COLLATERAL_RELEASED', balance: released, reserved: -released, jobId },
    { id: market.treasury, kind: 'FEE', balance: fee, jobId },
    { id: settler, kind: 'TIP', balance: tip, jobId },
  ]);
  await addProver(db, proverId, {
    settledSlices: count,
    earned,
    heldSlices: -count,
    collateral: -released,
  });
  let feeLeft = fee;
  for (const [i, index] of indexes.entries()) {
    const id = `${jobId}:${index}`;
    const cost = WEIGHTS[index] * unitPrice;
    const part = i === count - 1 ? feeLeft : (cost * 250n) / 10_000n;
    feeLeft -= part;
    const held = await db.find(slice, { id });
    if (held?.bidId) await db.update(bid, { id: held.bidId }).set({ state: 'PAID' });
    await db.update(slice, { id }).set({
      state: 'SETTLED',
      holder: proverId,
      unitPrice,
      price: cost,
      collateral: 0n,
      changedAt: event.block.timestamp,
    });
    await db.insert(proof).values({
      id,
      jobId,
      proverId,
      settlementId: event.transaction.hash,
      price: cost,
      fee: part,
      ...placed(event, index),
    });
  }
  await db.update(job, { id: jobId }).set((row) => ({
    settledCount: row.settledCount + count,
    escrow: row.escrow - price - tip,
    paid: row.paid + price,
    tips: row.tips + tip,
  }));
  const { gasUsed, effectiveGasPrice } = event.transactionReceipt;
  await db
    .insert(settlement)
    .values({
      id: event.transaction.hash,
      settler,
      proofCount: count,
      paid: price,
      fees: fee,
      tips: tip,
      gasUsed,
      gasPrice: effectiveGasPrice,
      ...placed(event),
    })
    .onConflictDoUpdate((row) => ({
      proofCount: row.proofCount + count,
      paid: row.paid + price,
      fees: row.fees + fee,
      tips: row.tips + tip,
    }));
  await addTotals(db, { settledSlices: count, escrows: -price - tip, paid: price, fees: fee });
});

ponder.on('Market:JobFinalized', async ({ event, context: { db } }) => {
  const { jobId, executor, executionPrice, refund, bond } = event.args;
  const { requester } = await db.find(job, { id: jobId });
  await db.update(job, { id: jobId }).set((row) => ({
    state: 'FINALIZED',
    escrow: row.escrow - executionPrice - refund,
    executionPaid: row.executionPaid + executionPrice,
    refunded: row.refunded + refund,
    bond: row.bond - bond,
    endedAt: event.block.timestamp,
  }));
  await book(db, event, [
    { id: executor, kind: 'EXECUTION_PAID', balance: executionPrice, jobId },
    { id: requester, kind: 'REFUND', balance: refund, jobId },
    { id: executor, kind: 'BOND_RELEASED', balance: bond, reserved: -bond, jobId },
  ]);
  await addProver(db, executor, { earned: executionPrice, bonds: -bond });
  await addTotals(db, { escrows: -executionPrice - refund, jobsFinalized: 1 });
});
