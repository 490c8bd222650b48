import { ChainError } from '../protocol/chain/errors.ts';
import { isRetryable, SliceproofError } from '../protocol/errors.ts';
import type { Log } from '../protocol/log.ts';
import { StoreError } from '../protocol/store/store.ts';

export interface AttemptsOptions {
  readonly log: Log;
  /** Milliseconds, any origin. */
  readonly clock: () => number;
  /** Milliseconds before the first new try; doubled for each further one. Default 1,000. */
  readonly firstDelay?: number;
  /** Milliseconds between tries at most. Default 60,000. */
  readonly longestDelay?: number;
  /** Milliseconds before even what is wrong by itself is looked at again. Default 3,600,000. */
  readonly hopelessDelay?: number;
  /** Called with the code of every failure. */
  readonly onFailure?: (code: string) => void;
}

/** Where a thing that has to be done stands. */
export type Standing = 'running' | 'waiting' | 'done' | 'refused';

/** Why a try failed. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

interface Entry {
  readonly jobId: unknown;
  standing: Standing;
  tries: number;
  nextAt: number;
  /** Of the last try, until one succeeds. */
  failure: Failure | undefined;
  /** Of {@link Attempts.ensureSent}: the block of its transaction. */
  minedIn: number | undefined;
  readonly settled: Promise<void>;
}

/**
 * Things to do, by name: each is begun when it is first asked for, runs beside everything else, and is tried again
 * when it fails: soon, or, where it is wrong by itself, after a long while. Nothing that fails here ends the process
 * or is over for good.
 */
export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /**
   * Begins the task if it is time to, and says where it stands.
   * @param fields what the log says besides the name; `jobId` also says whose task it is
   */
  ensure(name: string, fields: Readonly<Record<string, unknown>>, task: () => Promise<void>): Standing {
    const known = this.#entries.get(name);
    if (known && !this.isDue(name)) return known.standing;
    const tries = known?.tries ?? 0;
    let settle!: () => void;
    const entry: Entry = {
      jobId: fields.jobId,
      standing: 'running',
      tries,
      nextAt: 0,
      failure: known?.failure,
      minedIn: undefined,
      settled: new Promise((resolve) => (settle = resolve)),
    };
    this.#entries.set(name, entry);
    void task()
      .then(() => void (entry.standing = 'done'))
      .catch((error: unknown) => this.#failed(name, fields, entry, error))
      .finally(settle);
    return entry.standing;
  }

  /**
   * The same for what is done by a transaction that the chain's state asks for. Where the state of a later block still asks for
   * it, a reorganisation took the transaction away, and it is sent again.
   * @param block that the state is of
   * @param send resolves with the block that the transaction was mined in
   */
  ensureSent(
    name: string,
    fields: Readonly<Record<string, unknown>>,
    block: number,
    send: () => Promise<number>,
  ): Standing {
    if (this.#isUndone(name, block)) this.#entries.delete(name);
    return this.ensure(name, fields, async () => {
      const minedIn = await send();
      const entry = this.#entries.get(name);
      if (entry) entry.minedIn = minedIn;
    });
  }

  /** Whether it would be begun now. @param block of the state that asks for it, where it is sent */
  isDue(name: string, block?: number): boolean {
    const known = this.#entries.get(name);
    const failed = known?.standing === 'waiting' || known?.standing === 'refused';
    const undone = block !== undefined && this.#isUndone(name, block);
    return !known || undone || (failed && this.#options.clock() >= known.nextAt);
  }

  #isUndone(name: string, block: number): boolean {
    const { standing, minedIn } = this.#entries.get(name) ?? {};
    return standing === 'done' && minedIn !== undefined && block > minedIn;
  }

  /** How many run. */
  get underWay(): number {
    return [...this.#entries.values()].filter(({ standing }) => standing === 'running').length;
  }

  standingOf(name: string): Standing | undefined {
    return this.#entries.get(name)?.standing;
  }

  /** Why its last try failed, if that is where it stands. */
  failureOf(name: string): Failure | undefined {
    const entry = this.#entries.get(name);
    return entry?.standing === 'done' ? undefined : entry?.failure;
  }

  /** Why it is given up, if it is. */
  refusalOf(name: string): Failure | undefined {
    const entry = this.#entries.get(name);
    return entry?.standing === 'refused' ? entry.failure : undefined;
  }

  /** Forgets what is not running, so that it is begun anew when it is asked for. */
  forget(wanted: (name: string) => boolean): void {
    for (const [name, { standing }] of this.#entries) {
      if (standing !== 'running' && wanted(name)) this.#entries.delete(name);
    }
  }

  /** Forgets what belongs to jobs that are over. */
  keepJobs(open: ReadonlySet<unknown>): void {
    for (const [name, { standing, jobId }] of this.#entries) {
      if (standing !== 'running' && jobId !== undefined && !open.has(jobId)) this.#entries.delete(name);
    }
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ settled }) => settled));
  }

  #failed(name: string, fields: Readonly<Record<string, unknown>>, entry: Entry, error: unknown): void {
    const {
      log,
      clock,
      firstDelay = 1000,
      longestDelay = 60_000,
      hopelessDelay = 3_600_000,
      onFailure,
    } = this.#options;
    const code = codeOf(error);
    onFailure?.(code);
    entry.failure = { code, message: messageOf(error) };
    const hopeless = isHopeless(error);
    entry.standing = hopeless ? 'refused' : 'waiting';
    if (hopeless) {
      entry.nextAt = clock() + hopelessDelay;
      log.error({ ...fields, task: name, code, err: error, delay: hopelessDelay }, 'given up for now');
      return;
    }
    const delay = Math.min(firstDelay * 2 ** entry.tries, longestDelay);
    entry.tries += 1;
    entry.nextAt = clock() + delay;
    log.warn({ ...fields, task: name, code, reason: messageOf(error), delay }, 'failed, will be tried again');
  }
}

/**
 * Whether the thing is wrong by itself: one of the node's own named refusals that says no more about it, such as a key
 * that is not its circuit's. What a store has not got or falsifies today another may bring tomorrow, what the chain
 * refuses now it may take in another state, and of an error that nobody named nothing is known.
 */
function isHopeless(error: unknown): boolean {
  return (
    error instanceof SliceproofError &&
    !isRetryable(error) &&
    !(error instanceof StoreError) &&
    !(error instanceof ChainError)
  );
}

/** The stable code of a failure, for metrics. */
export function codeOf(error: unknown): string {
  if (error instanceof SliceproofError) return error.code;
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'UNKNOWN';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
