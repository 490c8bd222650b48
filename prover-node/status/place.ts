import path from 'node:path';
import { z } from 'zod';
import { boundedText } from '../../protocol/body.ts';
import { readKept } from '../../protocol/files/kept-json.ts';
import { statusSchema, type StatusReport } from './report.ts';

/** In the data folder of a node that runs: where its status is served. */
export const STATUS_FILE = 'status.json';

const placeSchema = z.object({ url: z.url() });
export type StatusPlace = z.infer<typeof placeSchema>;

/** A report names each slice of each job that the node sees. */
const MAX_STATUS_BYTES = 64 << 20;

/** Asks the node that uses this data folder; undefined when none runs, or it serves no status. */
export async function askRunningNode(dataDir: string): Promise<StatusReport | undefined> {
  const place = await readKept(path.join(dataDir, STATUS_FILE), placeSchema, { owner: false });
  if (!place) return undefined;
  // Left behind by a node that was killed: nobody answers there, or somebody else does.
  const answer = await fetch(`${place.url}/status`)
    .then(
      async (response) => JSON.parse((await boundedText(response, MAX_STATUS_BYTES)) ?? 'null') as unknown,
    )
    .catch(() => undefined);
  return statusSchema.safeParse(answer).data;
}
