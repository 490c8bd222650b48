import type { ContractTransaction } from 'ethers';
import { sendInParts } from '../../protocol/chain/sending/in-parts.ts';
import type { Sender } from '../../protocol/chain/sending/sender.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import type { Attempts } from '../attempts.ts';
import { maskOf, spanOf, type JobView, type Snapshot } from '../chain/state.ts';
import { costOf, type PricingPolicy } from '../pricing/cost.ts';
import { planKeeping, type KeeperStep } from './plan.ts';

export interface KeeperOptions {
  readonly contracts: Contracts;
  readonly sender: Sender;
  /** Whose jobs are ended. */
  readonly account: string;
  readonly attempts: Attempts;
  readonly pricing: PricingPolicy;
  /** Whether others' defaults are booked for the reward. Ending own jobs is always done. */
  readonly slashing: boolean;
  /** Wei a unit of gas above which no reward is worth it; undefined: no bound. */
  readonly maxGasPrice: bigint | undefined;
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
        this.#do(job, step, spanOf(block));
      }
    }
  }

  #do(job: JobView, step: KeeperStep, span: number): void {
    const { contracts, sender, attempts, log } = this.#options;
    const { market } = contracts;
    const fields = { jobId: job.id, ...('slices' in step ? { slices: step.slices } : {}) };
    const name = `${step.kind} ${job.id} ${'slices' in step ? step.slices.join(',') : ''} ${span}`;
    const times = { withinSeconds: PATIENCE_SECONDS };
    attempts.ensure(name, fields, async () => {
      if (step.kind === 'slash') {
        await sendInParts(step.slices, async (part) => {
          await sender.send('slash', () => market.slash.populateTransaction(job.id, maskOf(part)), times);
        });
        log.info({ ...fields, step: step.kind }, 'keeper acted');
        return;
      }
      const build = (): Promise<ContractTransaction> => {
        switch (step.kind) {
          case 'slash-execution':
            return market.slashExecution.populateTransaction(job.id);
          case 'draw':
            return market.draw.populateTransaction(job.id);
          case 'finalize':
            return market.finalize.populateTransaction(job.id);
          case 'expire':
            return market.expire.populateTransaction(job.id);
        }
      };
      await sender.send(step.kind, build, times);
      log.info({ ...fields, step: step.kind }, 'keeper acted');
    });
  }
}

function gasOf(step: KeeperStep): bigint {
  if (step.kind === 'expire') return EXPIRE_GAS;
  return SLASH_GAS + ('slices' in step ? SLASH_GAS_MORE * BigInt(step.slices.length - 1) : 0n);
}
