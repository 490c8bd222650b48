import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Queue } from '../../../protocol/database/queue.ts';
import type { Log } from '../../../protocol/log.ts';
import type { Settler } from './settler.ts';

export interface ScheduleOptions {
  readonly queue: Queue;
  readonly settler: Settler;
  /** The account that settles. */
  readonly account: string;
  readonly log: Log;
  /** Milliseconds between looks at what is due. */
  readonly pollingInterval: number;
}

/** Milliseconds until gas is asked for again, after it cost more than the tips. */
const UNPROFITABLE_PAUSE = 15_000;

/**
 * Looks again and again whether proofs are due, and has them settled by one piece of work in the durable queue.
 * The piece is named by the account: of any number of aggregators on one database a single one settles with it at a
 * time, what fails is tried again, and what a crash interrupts is taken up.
 */
export async function settleWhenDue(options: ScheduleOptions): Promise<{ stop(): Promise<void> }> {
  const { queue, settler, account, log, pollingInterval } = options;
  const stopping = new AbortController();
  let notBefore = 0;
  const work = await queue.define('settle', {
    schema: z.object({ account: z.string() }),
    retryLimit: 1000,
    retryDelayMax: 30,
  });
  await work.work(async () => {
    if (!(await settler.settleDue())) notBefore = performance.now() + UNPROFITABLE_PAUSE;
  });

  const look = async (): Promise<void> => {
    if (performance.now() < notBefore) return;
    const reason = await settler.due(stopping.signal);
    if (reason === undefined) return;
    if (await work.send({ account }, { key: account })) log.debug({ reason }, 'proofs are due');
  };
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => {
        if (!stopping.signal.aborted) log.error({ err: error }, 'could not look at what is due');
      });
      await sleep(pollingInterval, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await looking;
    },
  };
}
