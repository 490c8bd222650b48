import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Client } from '../../client/client.ts';
import type { JobStatus } from '../../client/jobs/job-status.ts';
import type { PublishedManifest } from '../../client/jobs/read-model.ts';
import type { Account, Role } from './accounts.ts';
import { Errand } from './errand.ts';
import { askNodes, nodesAsks } from './nodes.ts';
import { asksFor } from './offer.ts';
import type { Screen } from './screen.ts';
import { NODE_NAMES, type Places } from './services.ts';
import { Board } from './watch.ts';

export interface ErrandsContext {
  readonly client: Client;
  readonly model: PublishedManifest;
  readonly screen: Screen;
  readonly accounts: Readonly<Record<Role, Account>>;
  readonly places: Pick<Places, 'nodes' | 'aggregator'>;
  /** How many times dearer and slower than measured a first offer may turn out. */
  readonly slack: number;
}

/** What became of one input. */
export interface FinishedErrand {
  readonly status: JobStatus;
  /** Jobs that were posted for the same input before, and given up. */
  readonly abandoned: readonly string[];
}

/** Milliseconds between looks at what the nodes say. */
const TEND_MS = 3000;

/** Has some inputs answered at once: posts a job for each, and shows and mends it until it is finalized. */
export async function runErrands(
  { client, model, screen, accounts, places, slack }: ErrandsContext,
  inputs: readonly (readonly Float64Array[])[],
): Promise<readonly FinishedErrand[]> {
  const { modelId } = model.model;
  const provable = model.manifest.slices.filter((slice) => slice.provable).length;
  let asks = await nodesAsks(places, modelId, provable, screen);
  const names = new Map(NODE_NAMES.map((name) => [accounts[name].address, name as string]));
  const board = new Board({
    client,
    screen,
    nameOf: (address) => names.get(address) ?? address.slice(0, 8),
    aggregator: places.aggregator,
    sliceNames: model.manifest.slices.map(({ name }) => name),
  });
  const posting = new PQueue({ concurrency: 1 });
  const errands = inputs.map(
    (tensors) =>
      new Errand(
        {
          client,
          model,
          screen,
          board,
          jobs: inputs.length,
          slack,
          asks: async () => (asks = asksFor(await askNodes(places), modelId, provable) ?? asks),
          alone: (work) => posting.add(work),
        },
        tensors,
      ),
  );
  const over = new AbortController();
  const tending = tendAll(client, places, errands, over.signal);
  const ends = Promise.all(errands.map((errand) => errand.run())).finally(() => over.abort());
  const [statuses] = await Promise.all([ends, tending]);
  await board.settle();
  return statuses.map((status, i) => ({ status, abandoned: errands[i].abandoned }));
}

/** Looks at what the nodes say, again and again, until the jobs are over. */
async function tendAll(
  { provider }: Client,
  places: Pick<Places, 'nodes'>,
  errands: readonly Errand[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(TEND_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const [reports, block] = await Promise.all([askNodes(places), provider.getBlock('latest')]);
    const anyHeld = errands.some((errand) => errand.anyHeld);
    for (const errand of errands) await errand.tend(reports, block?.timestamp ?? 0, anyHeld);
  }
}
