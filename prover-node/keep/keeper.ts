import type { ContractTransaction } from 'ethers';
import { sendInParts } from '../../protocol/chain/sending/in-parts.ts';
import type { Sender } from '../../protocol/chain/sending/sender.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import type { Attempts } from '../attempts.ts';
import type { JobView, Snapshot } from '../chain/state.ts';
import { maskOf } from '../../protocol/contracts/masks.ts';
import { costOf, type PricingPolicy } from '../pricing/cost.ts';
import type { GasUsed } from '../pricing/gas-used.ts';
import type { KeeperBudget } from './budget.ts';
import { planKeeping, type KeeperStep } from './plan.ts';

export interface KeeperOptions {
  readonly contracts: Contracts;
  readonly sender: Sender;
  /** Whose jobs are ended. */
  readonly account: string;
  readonly attempts: Attempts;
  readonly pricing: PricingPolicy;
  readonly gasUsed: Pick<GasUsed, 'record'>;
  /** Whether others' defaults are booked for the reward. Ending own jobs is always done. */
  readonly slashing: boolean;
  /** Wei a unit of gas above which no reward is worth it; undefined: no bound. */
  readonly maxGasPrice: bigint | undefined;
  /** Bounds the gas of what is done for a reward. */
  readonly budget: KeeperBudget;
  readonly log: Log;
}

/** Gas that booking defaults takes, about: the first of a job, and each further. */
const SLASH_GAS = 120_000n;
const SLASH_GAS_MORE = 40_000n;
/** And that ending a job takes. */
const EXPIRE_GAS = 250_000n;

/** Seconds after which what others may do as well, or nothing hangs on, is left for another look. */
const PATIENCE_SECONDS = 300;

/**
 * Ends what is over: books lapses of others when the reward is worth the gas, draws the audits of jobs that it executed
 * and finalizes them.
 */
export class Keeper {
  readonly #options: KeeperOptions;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  consider({ jobs, now, block, gasPrice }: Snapshot): void {
    const { account, pricing, slashing, maxGasPrice } = this.#options;
    const dear = maxGasPrice !== undefined && gasPrice > maxGasPrice;
    for (const job of jobs) {
      for (const step of planKeeping(job, now, block, account)) {
        const reward = 'reward' in step ? step.reward : undefined;
        const pays =
          reward !== undefined && !dear && reward > costOf(pricing, 0, { gas: gasOf(step), gasPrice });
        if (reward !== undefined && (!slashing || !pays)) continue;
        this.#do(job, step, block, reward === undefined ? undefined : gasOf(step) * gasPrice);
      }
    }
  }

  /** @param price wei that are reckoned with; undefined: it is not done for a reward, and costs what it costs */
  #do(job: JobView, step: KeeperStep, block: number, price: bigint | undefined): void {
    const { attempts, budget } = this.#options;
    const fields = { jobId: job.id, ...('slices' in step ? { slices: step.slices } : {}) };
    const name = `${step.kind} ${job.id} ${'slices' in step ? step.slices.join(',') : ''}`;
    if (price === undefined) {
      attempts.ensureSent(name, fields, block, () => this.#send(job, step, fields));
      return;
    }
    // Set aside before it runs, so that many at once don't pass together.
    if (attempts.isDue(name, block) && !budget.take(price)) return;
    attempts.ensureSent(name, fields, block, async () => {
      let cost = 0n;
      try {
        return await this.#send(job, step, fields, (fee) => (cost += fee));
      } finally {
        await budget.spend(price, cost);
      }
    });
  }

  /** @returns the block that its last transaction was mined in */
  async #send(
    job: JobView,
    step: KeeperStep,
    fields: Readonly<Record<string, unknown>>,
    onCost: (wei: bigint) => void = () => undefined,
  ): Promise<number> {
    const { contracts, sender, gasUsed, log } = this.#options;
    const { market } = contracts;
    const options = { withinSeconds: PATIENCE_SECONDS, onCost };
    let minedIn = 0;
    if (step.kind === 'slash') {
      await sendInParts(step.slices, async (part) => {
        const build = (): Promise<ContractTransaction> =>
          market.slash.populateTransaction(job.id, maskOf(part));
        minedIn = (await sender.send('slash', build, options)).blockNumber;
      });
    } else {
      const build = (): Promise<ContractTransaction> => {
        switch (step.kind) {
          case 'slash-execution':
            return market.slash.populateTransaction(job.id, 0);
          case 'draw':
            return market.draw.populateTransaction(job.id);
          case 'finalize':
            return market.finalize.populateTransaction(job.id);
          case 'expire':
            return market.expire.populateTransaction(job.id);
        }
      };
      const receipt = await sender.send(step.kind, build, options);
      minedIn = receipt.blockNumber;
      if (step.kind === 'finalize') void gasUsed.record('finalize', receipt.gasUsed);
    }
    log.info({ ...fields, step: step.kind }, 'keeper acted');
    return minedIn;
  }
}

function gasOf(step: KeeperStep): bigint {
  if (step.kind === 'expire') return EXPIRE_GAS;
  return SLASH_GAS + ('slices' in step ? SLASH_GAS_MORE * BigInt(step.slices.length - 1) : 0n);
}
