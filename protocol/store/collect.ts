import type { Log } from '../log.ts';
import type { Market } from './market.ts';
import type { UploadBook } from './upload-book.ts';

export interface CollectOptions {
  readonly book: UploadBook;
  readonly market: Market;
  /** How long artifacts that no job and no model names are kept, from when they were put last. */
  readonly unclaimedSeconds: number;
  /** How long a job's artifacts are kept after its end. */
  readonly endedSeconds: number;
  /** Whether artifacts of registered models stay, however old. */
  readonly keepModels: boolean;
  readonly log: Log;
}

/**
 * Deletes artifacts that nobody needs any more. Only what came over HTTP: what an operator laid into the folder stays.
 * Nothing is deleted before all that is on chain was seen.
 */
export async function collect(options: CollectOptions): Promise<void> {
  const { book, market, log } = options;
  if (!market.anchors.caughtUp) return;
  const ends = new Map<string, Promise<number | undefined>>();
  const chainNow = await market.now();
  const now = Math.floor(Date.now() / 1000);
  let count = 0;
  let bytes = 0;
  for (const [sha256, upload] of [...book.all()]) {
    if (!(await isOver(sha256, upload.at))) continue;
    await book.remove(sha256);
    count += 1;
    bytes += upload.bytes;
  }
  if (count > 0) log.info({ count, bytes, left: book.totalBytes }, 'artifacts deleted that nobody needs');

  async function isOver(sha256: string, at: number): Promise<boolean> {
    if (options.keepModels && market.anchors.isOfModel(sha256)) return false;
    const jobs = market.anchors.jobsOf(sha256);
    if (jobs.length === 0) return at + options.unclaimedSeconds < now;
    for (const { jobId } of jobs) {
      const end = ends.get(jobId) ?? market.stakes.job(jobId).then(({ overBy }) => overBy);
      ends.set(jobId, end);
      const overBy = await end;
      if (overBy === undefined || overBy + options.endedSeconds >= chainNow) return false;
    }
    // Put for a job that is over: whoever put it again since may have another in mind.
    return at + options.unclaimedSeconds < now;
  }
}
