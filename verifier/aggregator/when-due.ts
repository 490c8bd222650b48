import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Queue } from '../../protocol/database/queue.ts';
import type { Log } from '../../protocol/log.ts';

export interface DueWork {
  /** In the queue. */
  readonly name: string;
  /** Why something has to be done now, if so. */
  due(signal: AbortSignal): Promise<string | undefined>;
  /** Does what is due. @returns false when it isn't worth its gas now: try again later */
  work(): Promise<boolean>;
}

export interface ScheduleOptions {
  readonly queue: Queue;
  /** The account that sends. */
  readonly account: string;
  readonly log: Log;
  /** Milliseconds between looks at what is due. */
  readonly pollingInterval: number;
}

/** Milliseconds until gas is asked for again, after it cost more than it brings. */
const UNPROFITABLE_PAUSE = 15_000;

/**
 * Looks again and again whether something is due, and has it done by one piece of work in the durable queue.
 * The piece is named by the account: of any number of aggregators on one database a single one works with it at a
 * time, what fails is tried again, and what a crash interrupts is taken up.
 */
export async function whenDue(
  todo: DueWork,
  { queue, account, log, pollingInterval }: ScheduleOptions,
): Promise<{ stop(): Promise<void> }> {
  const { name } = todo;
  const stopping = new AbortController();
  let notBefore = 0;
  const work = await queue.define(name, {
    schema: z.object({ account: z.string() }),
    retryLimit: 1000,
    retryDelayMax: 30,
  });
  await work.work(async () => {
    if (!(await todo.work())) notBefore = performance.now() + UNPROFITABLE_PAUSE;
  });

  const look = async (): Promise<void> => {
    if (performance.now() < notBefore) return;
    const reason = await todo.due(stopping.signal);
    if (reason === undefined) return;
    if (await work.send({ account }, { key: account })) log.debug({ work: name, reason }, 'work is due');
  };
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => {
        if (!stopping.signal.aborted) log.error({ work: name, err: error }, 'could not look at what is due');
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
