import { bitsOf } from '../../../protocol/contracts/masks.ts';
import type { createDecoder } from '../../../indexer/projection/events.ts';
import { binOf } from '../../../indexer/projection/sketch.ts';
import type { TestIndex } from './index.ts';

/** A period as it is compared: amounts as text, lists in an order of their own. */
type Row = Record<string, unknown> & { readonly id: string };

const SECONDS = { HOUR: 3_600n, DAY: 86_400n };
const COLUMNS: Readonly<Record<string, string>> = {
  SLICE_PAID: 'earnedSlices',
  EXECUTION_PAID: 'earnedExecutions',
  TIP: 'tips',
  REWARD: 'rewards',
  CHALLENGE_REWARD: 'rewards',
  FEE: 'fees',
};
const COUNTS = ['jobs', 'jobsFinalized', 'jobsClosed', 'bids', 'slices', 'executions', 'slashes'];
const AMOUNTS = ['slashed', 'volume', 'gas', 'earnedSlices', 'earnedExecutions', 'tips', 'rewards', 'fees'];

/** The periods as they are kept. */
export async function keptPeriods({ prisma }: TestIndex): Promise<readonly Row[]> {
  const rows = await prisma.period.findMany({ orderBy: { id: 'asc' } });
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(AMOUNTS.map((name) => [name, row[name as 'volume'].toFixed(0)])),
    start: row.start.toString(),
    models: row.models.toSorted(),
  }));
}

/** The periods as all other rows have them, reckoned from nothing. */
export async function periodsOfRows(
  { prisma }: TestIndex,
  decode: ReturnType<typeof createDecoder>,
): Promise<readonly Row[]> {
  const [jobs, bids, proofs, ledger, events] = await Promise.all([
    prisma.job.findMany(),
    prisma.bid.findMany(),
    prisma.proof.findMany({ include: { slice: true, settlement: true }, orderBy: { sequence: 'asc' } }),
    prisma.ledgerEntry.findMany({ where: { jobId: { not: null } } }),
    prisma.event.findMany({ orderBy: [{ blockNumber: 'asc' }, { logIndex: 'asc' }] }),
  ]);
  const jobOf = new Map(jobs.map((job) => [job.id, job]));
  const sums = new Sums();
  for (const { modelId, timestamp, state, endedAt } of jobs) {
    sums.add(timestamp, modelId, undefined, { jobs: 1n });
    if (endedAt === null) continue;
    sums.add(endedAt, modelId, undefined, { [state === 'FINALIZED' ? 'jobsFinalized' : 'jobsClosed']: 1n });
  }
  for (const { jobId, proverId, timestamp } of bids) {
    const { modelId } = jobOf.get(jobId)!;
    sums.add(timestamp, modelId, proverId, { bids: 1n });
    sums.acted(timestamp, modelId, proverId);
  }
  const settled = new Map<string, bigint>();
  for (const { jobId, proverId, timestamp, price, slice, settlement } of proofs) {
    const { modelId, tracedAt } = jobOf.get(jobId)!;
    const place = settled.get(settlement.id) ?? 0n;
    settled.set(settlement.id, place + 1n);
    const [used, all] = [BigInt(settlement.gasUsed.toFixed(0)), BigInt(settlement.proofCount)];
    const gas = (used * (place + 1n)) / all - (used * place) / all;
    // What is drawn after it was paid doesn't make it a newer proof.
    const drawn = slice.rampStart !== null && slice.rampStart <= timestamp ? slice.rampStart : undefined;
    sums.add(timestamp, modelId, proverId, { slices: 1n, volume: BigInt(price.toFixed(0)), gas });
    sums.sample(timestamp, modelId, proverId, 'prices', BigInt(slice.unitPrice!.toFixed(0)));
    sums.sample(timestamp, modelId, proverId, 'delays', timestamp - (drawn ?? tracedAt!));
    sums.acted(timestamp, modelId, proverId);
  }
  for (const { kind, jobId, accountId, timestamp, balanceChange, reservedChange } of ledger) {
    const { modelId } = jobOf.get(jobId!)!;
    const column = COLUMNS[kind];
    if (column !== undefined) {
      sums.add(timestamp, modelId, accountId, { [column]: BigInt(balanceChange.toFixed(0)) });
    }
    if (kind === 'COLLATERAL_SLASHED' || kind === 'BOND_FORFEITED') {
      sums.add(timestamp, modelId, accountId, { slashed: -BigInt(reservedChange.toFixed(0)) });
    }
  }
  const claimed = new Set<string>();
  for (const { timestamp, ...log } of events) {
    const { name, args } = decode(log) ?? {};
    const { jobId, executor, holder, slices } = (args ?? {}) as Record<string, string>;
    const modelId = jobOf.get(jobId)?.modelId;
    if (modelId === undefined) continue;
    switch (name) {
      case 'ExecutionClaimed':
        claimed.add(jobId);
        sums.acted(timestamp!, modelId, executor);
        break;
      case 'TraceCommitted':
        if (!claimed.has(jobId)) break;
        sums.add(timestamp!, modelId, executor, { executions: 1n });
        sums.acted(timestamp!, modelId, executor);
        break;
      case 'ExecutionLapsed':
        claimed.delete(jobId);
        sums.add(timestamp!, modelId, executor, { slashes: 1n });
        break;
      case 'BondForfeited':
        sums.add(timestamp!, modelId, executor, { slashes: 1n });
        break;
      case 'SlicesLapsed':
        sums.add(timestamp!, modelId, holder, { slashes: BigInt(bitsOf(BigInt(slices)).length) });
        break;
    }
  }
  return sums.rows();
}

interface Sum {
  readonly amounts: Map<string, bigint>;
  readonly bins: Record<'prices' | 'delays', Map<number, number>>;
  readonly models: Set<string>;
  readonly active: Set<string>;
}

class Sums {
  readonly #periods = new Map<string, Sum>();

  add(timestamp: bigint, modelId: string, account: string | undefined, added: Record<string, bigint>): void {
    for (const { amounts } of this.#of(timestamp, ['market', modelId, account])) {
      for (const [name, more] of Object.entries(added)) amounts.set(name, (amounts.get(name) ?? 0n) + more);
    }
  }

  sample(
    timestamp: bigint,
    modelId: string,
    account: string,
    name: 'prices' | 'delays',
    value: bigint,
  ): void {
    for (const { bins } of this.#of(timestamp, ['market', modelId, account])) {
      bins[name].set(binOf(value), (bins[name].get(binOf(value)) ?? 0) + 1);
    }
  }

  acted(timestamp: bigint, modelId: string, account: string): void {
    for (const { active } of this.#of(timestamp, ['market', modelId])) active.add(account);
    for (const { models } of this.#of(timestamp, [account])) models.add(modelId);
  }

  rows(): readonly Row[] {
    const rows = [...this.#periods].map(([id, { amounts, bins, models, active }]) => {
      const [of, length, start] = id.split(':');
      const listed = (one: Map<number, number>): number[] => [...one].toSorted(([a], [b]) => a - b).flat();
      return {
        id,
        of,
        length,
        start,
        ...Object.fromEntries(COUNTS.map((name) => [name, Number(amounts.get(name) ?? 0n)])),
        ...Object.fromEntries(AMOUNTS.map((name) => [name, (amounts.get(name) ?? 0n).toString()])),
        activeProvers: active.size,
        models: [...models].toSorted(),
        prices: listed(bins.prices),
        delays: listed(bins.delays),
      };
    });
    return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  #of(timestamp: bigint, whose: readonly (string | undefined)[]): readonly Sum[] {
    return Object.entries(SECONDS).flatMap(([length, seconds]) =>
      whose.flatMap((of) => {
        if (of === undefined) return [];
        const id = `${of}:${length}:${timestamp - (timestamp % seconds)}`;
        const sum = this.#periods.get(id) ?? {
          amounts: new Map(),
          bins: { prices: new Map(), delays: new Map() },
          models: new Set(),
          active: new Set(),
        };
        this.#periods.set(id, sum);
        return [sum];
      }),
    );
  }
}
