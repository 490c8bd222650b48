import { requestIdOf, type Posting } from '../../protocol/contracts/job-id.ts';
import type { ISliceMarket } from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';

/** What a job's trace comes with, from the event of its post. */
export async function requestIdOfJob(
  market: Pick<ISliceMarket, 'queryFilter' | 'filters'>,
  posting: Posting,
  jobId: string,
): Promise<string> {
  const [posted] = await market.queryFilter(market.filters.JobPosted(jobId));
  return requestIdOf(posting, posted.args.request);
}
