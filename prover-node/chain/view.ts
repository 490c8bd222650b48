import type { JsonRpcProvider, Log as ChainLog } from 'ethers';
import type { Head } from '../../protocol/chain/head.ts';
import { isOutage } from '../../protocol/chain/outage.ts';
import type { IMarketLens } from '../../protocol/contracts/generated/interfaces/IMarketLens.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import { hintsOf, jobViewOf, sliceViewOf, type SliceView } from './state.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';
import { sameAddress } from '../../protocol/chain/same-address.ts';
import { hashTrace } from '../../protocol/settlement/trace-hash.ts';
import type { JobHints, JobView, Snapshot } from './state.ts';
import { changesAt, isOver } from './clock.ts';
import { GasPrice } from './gas-price.ts';

export interface ChainViewOptions {
  readonly provider: JsonRpcProvider;
  readonly contracts: Contracts;
  /** The node's account. */
  readonly account: string;
  /** The key that acts for it, if that is another's: it stakes no more than the account lets it. */
  readonly operator?: string | undefined;
  readonly log: Log;
  /** Jobs that are still looked at after they ended, because something of theirs is unresolved. */
  readonly lookedAt: (jobId: string) => boolean;
}

/** An ended job is kept for so many blocks, and what was touched in them is read again after a jump: a short reorganisation. */
const REORGANISED_BLOCKS = 12;
/** What no event touched is read again after so many blocks all the same: a service may have left out an event. */
const BELIEVED_BLOCKS = 64;

/**
 * Slices read in one call at most, a job by itself counted as some. A slice takes about 18,000 gas, a job 70,000, so a call
 * stays below 5 million; many RPC services stop one at 10 to 50 million.
 */
const SLICES_A_CALL = 256;
const JOB_IN_SLICES = 4;

/** Who was paid for a slice, at which price a constraint. */
interface Paid {
  readonly prover: string;
  readonly unitPrice: bigint;
}

/** What the account has in the market, as far as it may be staked. */
type Ledger = Pick<Snapshot, 'balance' | 'reserved'>;

interface Known {
  readonly hints: JobHints;
  /** Who posted it. */
  readonly requester: string;
  /** The last second for a trace; 0: it came with one. */
  readonly commitBy: number;
  /** Traces by their hash: a reorganisation may bring another one. */
  readonly traces: Map<string, { readonly commitments: readonly string[]; readonly digest: string }>;
  /** Who was paid for which slice. */
  readonly paid: Map<number, Paid>;
  /** Whether anybody claimed its execution or brought a trace. */
  taken: boolean;
  /** Block of its last event. */
  touchedAt: number;
  /** Block of the event that ended it. */
  endedAt: number | undefined;
  /** How many slices were due at the most when it was posted, or when it was last read. */
  slices: number;
  /** As it was last read, at which block, and the second from which that counts no more. */
  read: { readonly view: JobView; readonly block: number; readonly until: number } | undefined;
}

/**
 * The market as the node sees it. Events say which jobs there are, which have changed, and bring what the contract keeps only
 * as a hash; what they or the clock have changed is read from the contract, all of it at one block. Jobs that nobody can do
 * anything about any more leave the view by their own times.
 */
export class ChainView {
  readonly #options: ChainViewOptions;
  readonly #known = new Map<string, Known>();
  readonly #gasPrice: GasPrice;
  /** The account in the ledger; undefined: to be read. */
  #ledger: Ledger | undefined;
  #ledgerAt = 0;

  constructor(options: ChainViewOptions) {
    this.#options = options;
    this.#gasPrice = new GasPrice(options.provider);
  }

  /** Takes events in, in any order and any number of times. */
  hear(logs: readonly ChainLog[]): void {
    const { market } = this.#options.contracts;
    if (logs.length > 0) this.#ledger = undefined;
    for (const event of logs) {
      const parsed = market.interface.parseLog(event);
      if (!parsed) continue;
      const { jobId } = parsed.args.toObject() as { jobId?: string };
      if (parsed.name === 'JobPosted') this.#posted(parsed.args as unknown as PostedArgs, event.blockNumber);
      const known = jobId === undefined ? undefined : this.#known.get(jobId);
      if (!known) continue;
      known.touchedAt = Math.max(known.touchedAt, event.blockNumber);
      known.read = known.read && { ...known.read, until: 0 };
      switch (parsed.name) {
        case 'TraceCommitted': {
          const { trace, traceDigest } = parsed.args as unknown as {
            trace: readonly string[];
            traceDigest: string;
          };
          const commitments = [...trace];
          known.traces.set(hashTrace(commitments), { commitments, digest: traceDigest });
          known.taken = true;
          break;
        }
        case 'ExecutionClaimed':
          known.taken = true;
          break;
        case 'JobFinalized':
        case 'JobClosed':
          known.endedAt = event.blockNumber;
          break;
        case 'SlicesSettled': {
          const { prover, slices, unitPrice } = parsed.args.toObject() as unknown as Paid & {
            slices: bigint;
          };
          for (const slice of bitsOf(slices)) known.paid.set(slice, { prover, unitPrice });
          if (sameAddress(prover, this.#options.account)) this.#recordGrew();
        }
      }
    }
  }

  /** The chain's last blocks may be others now: what they touched is read again, and what they ended may be open. */
  jumped(head: Head): void {
    this.#ledger = undefined;
    for (const known of this.#known.values()) {
      const lately =
        Math.max(known.touchedAt, known.read?.block ?? 0) >= head.number - 2 * REORGANISED_BLOCKS;
      if (!lately && known.touchedAt <= head.number) continue;
      known.endedAt = undefined;
      known.read = known.read && { ...known.read, until: 0 };
    }
  }

  /**
   * The market as it stands at a block. A job that can't be read now is left out and logged.
   * @throws what the provider throws when it is away
   */
  async read(head: Head): Promise<Snapshot> {
    const { number: block, timestamp: now } = head;
    this.#forget(head);
    const stale = [...this.#known].filter(([id, known]) => !this.#rests(id, known, head)).map(([id]) => id);
    const [first, ...others] = this.#groups(stale);
    const [ledger, gasPrice] = await Promise.all([
      this.#readLedger(head, first),
      this.#gasPrice.at(head),
      ...others.map((ids) => this.#readGroup(ids, head)),
    ]);
    this.#forget(head);
    const jobs = [...this.#known].flatMap(([id, { read, endedAt }]) =>
      read && (endedAt === undefined || this.#options.lookedAt(id)) ? [read.view] : [],
    );
    return { block, now, jobs, ...ledger, gasPrice };
  }

  #posted({ jobId, requester, request, due, commitBy }: PostedArgs, block: number): void {
    if (this.#known.has(jobId)) return;
    this.#known.set(jobId, {
      hints: hintsOf(this.#options.contracts.deployment, request),
      requester,
      commitBy: Number(commitBy),
      traces: new Map(),
      paid: new Map(),
      taken: false,
      touchedAt: block,
      endedAt: undefined,
      slices: bitsOf(due).length + Number(request.audits),
      read: undefined,
    });
  }

  /** Jobs that ask for a record may admit the account from now on. */
  #recordGrew(): void {
    for (const known of this.#known.values()) {
      if (known.read?.view.admitted === false) known.read = { ...known.read, until: 0 };
    }
  }

  /** Whether what was read of a job still holds, or nothing of it matters. */
  #rests(id: string, { read, endedAt }: Known, { number, timestamp }: Head): boolean {
    if (endedAt !== undefined && !this.#options.lookedAt(id)) return true;
    return read !== undefined && timestamp < read.until && number < read.block + BELIEVED_BLOCKS;
  }

  #forget({ number, timestamp }: Head): void {
    const { account, lookedAt } = this.#options;
    for (const [id, known] of this.#known) {
      if (lookedAt(id)) continue;
      const { read, endedAt, taken, commitBy, requester } = known;
      if (endedAt !== undefined) {
        if (number >= endedAt + REORGANISED_BLOCKS) this.#known.delete(id);
      } else if (
        read
          ? isOver(read.view, timestamp, account)
          : !taken && commitBy > 0 && timestamp > commitBy && requester !== account
      ) {
        this.#known.delete(id);
      }
    }
  }

  /**
   * The account in the ledger, and some jobs: both in one call where both are to be read.
   * @throws what the provider throws when it is away
   */
  async #readLedger(head: Head, ids: readonly string[] = []): Promise<Ledger> {
    const { number: block } = head;
    if (this.#ledger && block < this.#ledgerAt + BELIEVED_BLOCKS) {
      if (ids.length > 0) await this.#readGroup(ids, head);
      return this.#ledger;
    }
    const { contracts, account, operator } = this.#options;
    const { market } = contracts;
    const at = { blockTag: block };
    const [[balance, reserved], limits] = await Promise.all([
      ids.length > 0 ? this.#readBoth(ids, head) : market.accountOf(account, at),
      operator === undefined ? undefined : market.operatorOf(account, operator, at),
    ]);
    const most = limits ? [limits.maxReserved - reserved, limits.maxDaily - limits.stakedToday] : [];
    const free = [balance, ...most].reduce((least, amount) => (amount < least ? amount : least));
    this.#ledgerAt = block;
    return (this.#ledger = { balance: free > 0n ? free : 0n, reserved });
  }

  async #readBoth(ids: readonly string[], head: Head): Promise<readonly [balance: bigint, reserved: bigint]> {
    const { contracts, account } = this.#options;
    const at = { blockTag: head.number };
    try {
      const [{ balance, reserved }, wholes] = await contracts.lens.look(
        contracts.market,
        account,
        [...ids],
        at,
      );
      await this.#takeAll(ids, wholes, head);
      return [balance, reserved];
    } catch (error) {
      if (isOutage(error)) throw error;
      // The account is known whichever job can't be read.
      const [[balance, reserved]] = await Promise.all([
        contracts.market.accountOf(account, at),
        this.#readGroup(ids, head),
      ]);
      return [balance, reserved];
    }
  }

  /** Some jobs, as many in one call as it can take. */
  #groups(stale: readonly string[]): string[][] {
    const groups: string[][] = [];
    let room = 0;
    for (const id of stale) {
      const size = JOB_IN_SLICES + (this.#known.get(id)?.slices ?? 0);
      if (room < size) {
        groups.push([]);
        room = SLICES_A_CALL;
      }
      groups[groups.length - 1].push(id);
      room -= size;
    }
    return groups;
  }

  /** In halves where the RPC doesn't let one call do so much. */
  async #readGroup(ids: readonly string[], head: Head): Promise<void> {
    const { contracts, log } = this.#options;
    try {
      const wholes = await contracts.lens.jobs(contracts.market, [...ids], { blockTag: head.number });
      await this.#takeAll(ids, wholes, head);
    } catch (error) {
      if (isOutage(error)) throw error;
      if (ids.length === 1) {
        log.warn({ jobId: ids[0], err: error }, 'job could not be read');
        const known = this.#known.get(ids[0]);
        if (known) known.read = undefined;
        return;
      }
      const middle = Math.floor(ids.length / 2);
      const halves = [ids.slice(0, middle), ids.slice(middle)];
      await Promise.all(halves.map((half) => this.#readGroup(half, head)));
    }
  }

  async #takeAll(
    ids: readonly string[],
    wholes: readonly IMarketLens.WholeJobStructOutput[],
    head: Head,
  ): Promise<void> {
    await Promise.all(ids.map((id, i) => this.#take(id, wholes[i], head)));
  }

  async #take(id: string, whole: IMarketLens.WholeJobStructOutput, head: Head): Promise<void> {
    const known = this.#known.get(id);
    if (known === undefined) return;
    const { job } = whole;
    if (!whole.known) {
      // Its event was in a block that is gone. Should it come back, so will its event.
      this.#known.delete(id);
      return;
    }
    const { number: block, timestamp } = head;
    known.slices = Number(job.dueCount);
    const { contracts, account } = this.#options;
    const trace = known.traces.get(job.traceHash);
    const { admissionLists } = contracts.deployment.addresses;
    const hook = BigInt(job.admission.hook) === 0n ? undefined : job.admission.hook;
    const view = jobViewOf(id, job, known.hints, {
      admitted: hook === undefined || (await contracts.market.admits(id, account, { blockTag: block })),
      foreignHook: hook === undefined || sameAddress(hook, admissionLists) ? undefined : hook,
      slices: whole.views.map((slice, i) => paidFor(sliceViewOf(Number(whole.slices[i]), slice), known.paid)),
      unitPriceNow: whole.unitPriceNow,
      executionPriceNow: whole.executionPriceNow,
      trace: trace && { hash: job.traceHash, ...trace },
    });
    known.endedAt = isEnded(view) ? (known.endedAt ?? block) : undefined;
    known.read = { view, block, until: changesAt(job, whole.views, timestamp) };
  }
}

/** A settled slice's last bid needn't be whose proof it was. */
function paidFor(slice: SliceView, paid: Known['paid']): SliceView {
  const to = paid.get(slice.index);
  if (slice.state !== 'settled' || to === undefined) return slice;
  return { ...slice, holder: to.prover, unitPrice: to.unitPrice };
}

interface PostedArgs {
  readonly jobId: string;
  readonly requester: string;
  readonly request: Parameters<typeof hintsOf>[1];
  readonly due: bigint;
  readonly commitBy: bigint;
}

function isEnded({ state }: JobView): boolean {
  return state === 'finalized' || state === 'closed';
}
