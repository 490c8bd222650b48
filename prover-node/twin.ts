import { bitsOf } from '../protocol/contracts/masks.ts';
import type { Log } from '../protocol/log.ts';
import type { NodeAccount } from './account.ts';
import type { JobView, Snapshot } from './chain/state.ts';
import { NodeError } from './errors.ts';

/** Seconds of the chain after the first look in which what this node's earlier process sent may still be mined. */
const EARLIER_SECONDS = 120;
/** Seconds of the chain without a sign of the other in which nothing new is taken on. */
const PAUSE_SECONDS = 600;

export interface TwinOptions {
  readonly account: NodeAccount;
  readonly log: Log;
  /** Called with the code of every sign. */
  readonly onFailure: (code: string) => void;
}

/**
 * Looks out for another process that acts with this node's account on another machine, where no lock reaches: an execution or a
 * bid of the account that this process did not send. Two such would hold more than either can prove. What is held is
 * proved; nothing new is bid on or claimed until nothing more was seen of the other for a while.
 */
export class Twin {
  readonly #options: TwinOptions;
  /**
   * What this process had signed, or found at its start: jobs executed, and slices bid on; each with the second of the chain in
   * which its job was there last. A reorganisation may take a job away and bring it back.
   */
  readonly #own = new Map<string, number>();
  #since: number | undefined;
  #now = 0;
  #pauseEnd = 0;

  /** The account, whose calls are remembered and refused while another acts with it. */
  readonly account: NodeAccount;

  constructor(options: TwinOptions) {
    this.#options = options;
    const { account } = options;
    this.account = {
      ...account,
      bid: (bid) => {
        this.#expectAlone();
        this.expect(bid[0], bitsOf(bid[2]));
        return account.bid(bid);
      },
      signBid: async (bid, times) => {
        this.#expectAlone();
        this.expect(bid[0], bitsOf(bid[2]));
        return account.signBid(bid, times);
      },
      execute: (jobId, commitTrace) => {
        this.#expectAlone();
        this.#own.set(claimKey(jobId), this.#now);
        return account.execute(jobId, commitTrace);
      },
    };
  }

  /** Bids of this process on these slices may come to the chain: of now, or what its earlier one signed. */
  expect(jobId: string, slices: readonly number[]): void {
    for (const slice of slices) this.#own.set(sliceKey(jobId, slice), this.#now);
  }

  /** Whether another acts with the account. */
  get seen(): boolean {
    return this.#now < this.#pauseEnd;
  }

  consider({ now, jobs }: Pick<Snapshot, 'now' | 'jobs'>): void {
    this.#now = now;
    this.#since ??= now;
    const settling = now < this.#since + EARLIER_SECONDS;
    for (const job of jobs) for (const act of this.#actsOf(job)) this.#sawAct(job, act, settling);
    const open = new Set(jobs.map(({ id }) => id));
    for (const [act, seenAt] of this.#own) {
      if (open.has(act.split(' ')[0])) this.#own.set(act, now);
      else if (now > seenAt + PAUSE_SECONDS) this.#own.delete(act);
    }
  }

  #actsOf({ id, state, requester, executor, slices }: JobView): readonly string[] {
    const { address } = this.#options.account;
    // Whoever brings its own job's trace executes it without a claim.
    const executes = state === 'claimed' || (state === 'traced' && requester !== address);
    return [
      ...(executes && executor === address ? [claimKey(id)] : []),
      ...slices
        .filter(({ state: slice, holder }) => slice === 'held' && holder === address)
        .map(({ index }) => sliceKey(id, index)),
    ];
  }

  #sawAct({ id }: JobView, act: string, settling: boolean): void {
    if (this.#own.has(act)) return;
    this.#own.set(act, this.#now);
    if (settling) return;
    const { account, log, onFailure } = this.#options;
    this.#pauseEnd = this.#now + PAUSE_SECONDS;
    onFailure('NODE_KEY_AT_WORK');
    log.error(
      { code: 'NODE_KEY_AT_WORK', jobId: id, account: account.address, pauseSeconds: PAUSE_SECONDS },
      'another process acts with this account, nothing new is taken on',
    );
  }

  #expectAlone(): void {
    if (!this.seen) return;
    const { address } = this.#options.account;
    throw new NodeError(
      'NODE_KEY_AT_WORK',
      `another process acts with ${address}: this node proves what it holds and takes nothing new on`,
      {
        retryable: true,
        hint: 'Stop one of the two; this one goes on by itself 10 minutes after it saw the last of the other.',
      },
    );
  }
}

function claimKey(jobId: string): string {
  return `${jobId} claim`;
}

function sliceKey(jobId: string, slice: number): string {
  return `${jobId} ${slice}`;
}
