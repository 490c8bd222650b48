import path from 'node:path';
import { z } from 'zod';
import { readKept } from '../../protocol/files/kept-json.ts';
import { statusSchema, type StatusReport } from './report.ts';

/** In the data folder of a node that runs: where its status is served. */
export const STATUS_FILE = 'status.json';

const placeSchema = z.object({ url: z.url() });
export type StatusPlace = z.infer<typeof placeSchema>;

/** Asks the node that uses this data folder; undefined when none runs, or it serves no status. */
export async function askRunningNode(dataDir: string): Promise<StatusReport | undefined> {
  const place = await readKept(path.join(dataDir, STATUS_FILE), placeSchema, { owner: false });
  if (!place) return undefined;
  // Left behind by a node that was killed: nobody answers there, or somebody else does.
  const answer = await fetch(`${place.url}/status`)
    .then((response) => response.json() as Promise<unknown>)
    .catch(() => undefined);
  return statusSchema.safeParse(answer).data;
}
