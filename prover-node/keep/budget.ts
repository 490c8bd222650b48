import { z } from 'zod';
import { FileError } from '../../protocol/files/errors.ts';
import { readKept, writeKept } from '../../protocol/files/kept-json.ts';
import type { Log } from '../../protocol/log.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** Milliseconds for which it counts that something was left. */
const LEFT_MS = 600_000;

const schema = z.object({
  format: z.literal('sliceproof-keeper/1'),
  /** Wei by the hour since 1970 that they were spent in. */
  spent: z.array(z.tuple([z.int().nonnegative(), z.string().regex(/^\d{1,40}$/)])).max(10_000),
});

export interface KeeperBudgetOptions {
  /** Wei for gas in any 24 hours. */
  readonly limit: bigint;
  readonly file: string;
  readonly log: Log;
  /** Milliseconds since 1970; a restart must not forget what was spent. */
  readonly clock: () => number;
}

/** What a keeper may still spend on gas today: kept in a file, so that neither others' defaults nor restarts empty the account. */
export class KeeperBudget {
  readonly #options: KeeperBudgetOptions;
  readonly #spent: Map<number, bigint>;
  #underWay = 0n;
  #leftAt = Number.NEGATIVE_INFINITY;

  private constructor(options: KeeperBudgetOptions, spent: Map<number, bigint>) {
    this.#options = options;
    this.#spent = spent;
  }

  /** @throws FileError FILE_UNREADABLE */
  static async load(options: KeeperBudgetOptions): Promise<KeeperBudget> {
    const { file, log } = options;
    const { spent = [] } = (await readKept(file, schema, { owner: true, log })) ?? {};
    return new KeeperBudget(options, new Map(spent.map(([hour, wei]) => [hour, BigInt(wei)])));
  }

  /** Whether something was left because of it a while ago or less. */
  get exhausted(): boolean {
    return this.#options.clock() < this.#leftAt + LEFT_MS;
  }

  get limit(): bigint {
    return this.#options.limit;
  }

  /** Sets aside what a thing may cost; false: there is not so much left. */
  take(wei: bigint): boolean {
    const { limit, log, clock } = this.#options;
    const spent = this.#spentToday();
    if (spent + this.#underWay + wei <= limit) {
      this.#underWay += wei;
      return true;
    }
    if (!this.exhausted) {
      log.warn(
        { code: 'KEEPER_BUDGET', spent: `${spent}`, budget: `${limit}` },
        'the keeper has spent its gas of a day, others’ defaults are left',
      );
    }
    this.#leftAt = clock();
    return false;
  }

  /** It is done, or was not: what it cost takes the place of what was set aside. */
  async spend(taken: bigint, wei: bigint): Promise<void> {
    this.#underWay -= taken;
    if (wei === 0n) return;
    const hour = this.#hour();
    this.#spent.set(hour, (this.#spent.get(hour) ?? 0n) + wei);
    const spent = [...this.#spent].map(([at, one]) => [at, one.toString()]);
    // What can't be written now is with the next one.
    await writeKept(this.#options.file, { format: 'sliceproof-keeper/1', spent }).catch((error: unknown) => {
      if (!(error instanceof FileError)) throw error;
    });
  }

  #spentToday(): bigint {
    const now = this.#hour();
    let sum = 0n;
    for (const [hour, wei] of this.#spent) {
      if (hour > now - HOURS) sum += wei;
      else this.#spent.delete(hour);
    }
    return sum;
  }

  #hour(): number {
    return Math.floor(this.#options.clock() / HOUR_MS);
  }
}
