import { NodeError } from '../errors.ts';
import type { NodeSettings } from '../settings.ts';
import { readDecisions, type Decision } from './decisions.ts';
import { askRunningNode } from './place.ts';
import type { StatusReport } from './report.ts';

/** What `sliceproof node explain` shows. */
export interface Explanation {
  readonly jobId: string;
  /** The oldest first. */
  readonly decisions: readonly Decision[];
  /** Of a node that runs, serves its status and still sees the job. */
  readonly now: StatusReport['jobs'][number] | null;
}

/** @throws NodeError NODE_NO_DECISION */
export async function explainJob(
  { dataDir }: Pick<NodeSettings, 'dataDir'>,
  job: string,
): Promise<Explanation> {
  const jobId = job.toLowerCase();
  const [decisions, running] = await Promise.all([readDecisions(dataDir, jobId), askRunningNode(dataDir)]);
  const now = running?.jobs.find((other) => other.jobId === jobId) ?? null;
  if (decisions.length === 0 && !now) {
    throw new NodeError('NODE_NO_DECISION', `the node in ${dataDir} decided nothing about job ${jobId}`, {
      hint: 'Check the id. The node may not have run while the job was open, or have decided on so many others since that it forgot.',
    });
  }
  return { jobId, decisions, now };
}
