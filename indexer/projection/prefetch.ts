import { bitsOf } from '../../protocol/contracts/masks.ts';
import { sliceIdsOf } from './biddable.ts';
import type { Changes } from './changes.ts';
import type { DecodedEvent } from './events.ts';
import { BURN_ACCOUNT } from './ledger.ts';
import { periodIds, WHOLE_MARKET } from './periods.ts';
import type { TableName } from './rows.ts';

/** An event, the transaction that it is of, and when. */
interface Happened {
  readonly timestamp: bigint;
  readonly decoded: DecodedEvent | undefined;
  readonly log: { readonly transactionHash: string };
}

/** As whom an event names accounts that may earn by it, or lose. */
const EARNING = ['prover', 'settler', 'executor', 'caller', 'holder', 'challenger'] as const;

/** What changes until when any slice of a job can be bid on. */
const OF_ALL_SLICES = ['TraceCommitted', 'CancelAnnounced', 'SliceChallenged', 'JobFinalized', 'JobClosed'];

const ADDRESS = /^0x[0-9a-f]{40}$/;

/**
 * Reads at once, table by table, the rows that some events are about to change. What it leaves out is read one by one, so it may
 * miss rows and never makes any.
 */
export async function prefetch(changes: Changes, events: readonly Happened[]): Promise<void> {
  const wanted = new Map<TableName, Set<string>>();
  const want = (table: TableName, id: string | null | undefined): void => {
    if (id === null || id === undefined) return;
    const ids = wanted.get(table) ?? new Set();
    wanted.set(table, ids.add(id));
  };
  const account = (id: string | null | undefined): void => {
    want('Account', id);
    want('Prover', id);
  };
  const read = async (): Promise<void> => {
    const asked = [...wanted];
    wanted.clear();
    for (const [table, ids] of asked) await changes.getMany(table, [...ids]);
  };

  want('Totals', 'market');
  account(BURN_ACCOUNT);
  const jobs = new Set<string>();
  /** Jobs of which all slices may change. */
  const whole = new Set<string>();
  const modelOf = new Map<string, string>();
  const slices = new Set<string>();
  for (const { decoded, log } of events) {
    if (decoded === undefined) continue;
    const { args, name } = decoded;
    for (const value of Object.values(args)) {
      if (typeof value === 'string' && ADDRESS.test(value)) account(value);
    }
    const { jobId, modelId } = args;
    if (typeof modelId === 'string') want('Model', modelId);
    if (name === 'SlicesSettled' || name === 'SlicesSkipped') want('Settlement', log.transactionHash);
    if (typeof jobId !== 'string') continue;
    if (typeof modelId === 'string') {
      // Of a job that is posted here nothing is there yet.
      modelOf.set(jobId, modelId);
      continue;
    }
    for (const index of indexesOf(args)) slices.add(`${jobId}:${index}`);
    if (modelOf.has(jobId)) continue;
    want('Job', jobId);
    jobs.add(jobId);
    if (OF_ALL_SLICES.includes(name)) whole.add(jobId);
  }
  const isThere = (sliceId: string): boolean => jobs.has(sliceId.split(':', 1)[0]);
  for (const id of slices) if (isThere(id)) want('Slice', id);
  await read();

  // Who is named by the rows and not by the events.
  const [totals] = await changes.getMany('Totals', ['market']);
  if (totals !== undefined && totals.treasury !== '') account(totals.treasury);
  const executorOf = new Map<string, string>();
  const known = await changes.getMany('Job', [...jobs]);
  const models = await changes.getMany('Model', [...new Set(known.map(({ modelId }) => modelId))]);
  const sliceCountOf = new Map(models.map(({ id, sliceCount }) => [id, sliceCount]));
  for (const { id, modelId, requester, executor, dueCount, settledCount } of known) {
    executorOf.set(id, executor ?? requester);
    modelOf.set(id, modelId);
    account(requester);
    account(executor);
    if (!whole.has(id) || dueCount === settledCount) continue;
    for (const slice of sliceIdsOf(id, sliceCountOf.get(modelId) ?? 0)) want('Slice', slice);
  }
  for (const { bidId, holder } of await changes.getMany('Slice', [...slices].filter(isThere))) {
    want('Bid', bidId);
    account(holder);
  }
  for (const id of slices) {
    const [jobId, index] = id.split(':');
    const modelId = modelOf.get(jobId);
    if (modelId !== undefined) want('ModelSlice', `${modelId}:${index}`);
  }
  for (const { timestamp, decoded } of events) {
    const jobId = decoded?.args['jobId'];
    if (decoded === undefined || typeof jobId !== 'string') continue;
    const of = [WHOLE_MARKET, modelOf.get(jobId), ...EARNING.map((role) => decoded.args[role])];
    if (decoded.name === 'SlicesSettled') of.push(totals?.treasury);
    if (decoded.name === 'JobFinalized' || decoded.name === 'JobClosed') of.push(executorOf.get(jobId));
    for (const one of of) {
      if (typeof one === 'string') for (const id of periodIds(one, timestamp)) want('Period', id);
    }
  }
  await read();
}

/** The slices that an event names: by a mask, or one. */
function indexesOf({ slices, audited, slice }: DecodedEvent['args']): readonly (number | bigint)[] {
  if (typeof slices === 'bigint') return bitsOf(slices);
  if (typeof audited === 'bigint') return bitsOf(audited);
  return typeof slice === 'bigint' ? [slice] : [];
}
