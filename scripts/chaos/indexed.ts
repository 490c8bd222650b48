import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Counts } from './counts.ts';

const answerSchema = z.object({
  data: z.object({
    status: z.object({ cursor: z.number().nullable() }),
    totals: z.object({
      jobs: z.number(),
      settledSlices: z.number(),
      invariants: z.array(z.object({ name: z.string(), holds: z.boolean() })),
    }),
  }),
});
const QUERY = '{ status { cursor } totals { jobs settledSlices invariants { name holds } } }';
const LOOK_MS = 500;

/** Milliseconds without a block read after which the indexer counts as stuck. */
const STUCK_MS = 300_000;

/**
 * What the indexer has otherwise than the chain, once it has read as far as `head`; that it doesn't come so far is such a thing too.
 * @param url where it is now; it may be elsewhere after a restart
 */
export async function indexDiffers(
  url: () => string | undefined,
  head: number,
  { jobs, slicesPaid }: Counts,
): Promise<readonly string[]> {
  let [reached, movedAt] = [-1, performance.now()];
  for (;;) {
    const answer = await ask(url());
    const cursor = answer?.status.cursor ?? -1;
    if (cursor > reached) [reached, movedAt] = [cursor, performance.now()];
    if (performance.now() - movedAt > STUCK_MS) return [`it stands at block ${reached} of ${head}`];
    if (answer && cursor >= head) {
      const { totals } = answer;
      return [
        ...(totals.jobs === jobs ? [] : [`${totals.jobs} jobs of ${jobs}`]),
        ...(totals.settledSlices === slicesPaid
          ? []
          : [`${totals.settledSlices} settled slices of ${slicesPaid}`]),
        ...totals.invariants.filter(({ holds }) => !holds).map(({ name }) => `${name} does not hold`),
      ];
    }
    await sleep(LOOK_MS);
  }
}

async function ask(url: string | undefined): Promise<z.infer<typeof answerSchema>['data'] | undefined> {
  if (url === undefined) return undefined;
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY }),
    });
    return answerSchema.parse(await response.json()).data;
  } catch {
    // Killed a moment ago, or not at the chain yet.
    return undefined;
  }
}
