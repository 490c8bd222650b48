import type { Sender } from '../../protocol/chain/sender.ts';
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
  readonly log: Log;
}

/** Gas that booking one default takes, about, and ending a job. */
const SLASH_GAS = 120_000n;
const EXPIRE_GAS = 250_000n;

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
    const { account, pricing, slashing } = this.#options;
    for (const job of jobs) {
      for (const step of planKeeping(job, now, block, account)) {
        const gas = step.kind === 'expire' ? EXPIRE_GAS : SLASH_GAS;
        const forReward = 'reward' in step && step.reward !== undefined;
        if (forReward && (!slashing || step.reward <= costOf(pricing, 0, { gas, gasPrice }))) continue;
        this.#do(job, step, spanOf(block));
      }
    }
  }

  #do(job: JobView, step: KeeperStep, span: number): void {
    const { contracts, sender, attempts, log } = this.#options;
    const { market } = contracts;
    const fields = { jobId: job.id, ...('slices' in step ? { slices: step.slices } : {}) };
    const name = `${step.kind} ${job.id} ${'slices' in step ? step.slices.join(',') : ''} ${span}`;
    attempts.ensure(name, fields, async () => {
      await sender.send(step.kind, () => {
        switch (step.kind) {
          case 'slash':
            return market.slash.populateTransaction(job.id, maskOf(step.slices));
          case 'slash-execution':
            return market.slashExecution.populateTransaction(job.id);
          case 'draw':
            return market.draw.populateTransaction(job.id);
          case 'finalize':
            return market.finalize.populateTransaction(job.id);
          case 'expire':
            return market.expire.populateTransaction(job.id);
        }
      });
      log.info({ ...fields, step: step.kind }, 'keeper acted');
    });
  }
}
