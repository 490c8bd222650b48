// A requester of the chaos run, as a process that may be killed at any moment: what it has posted it reads from the chain.
import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from '../../client/open-client.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { readPublishedModel } from '../../client/jobs/read-model.ts';
import { JOB_STATES } from '../../protocol/contracts/states.ts';
import { createLog } from '../../protocol/log.ts';
import { requesterSchema } from './requester-task.ts';
import { INPUT_SIZE } from './model.ts';

const LOOK_MS = 1000;

const task = requesterSchema.parse(JSON.parse(process.env.CHAOS_TASK ?? '{}'));
const log = createLog('requester', 'info');
const client = await openClient({ ...task, store: [task.store], log });
const published = await readPublishedModel(client, task.modelId);
const { market, deployment } = client.contracts;

for (;;) {
  const posted = await market.queryFilter(market.filters.JobPosted(), deployment.block);
  const now = (await client.provider.getBlock('latest'))?.timestamp ?? 0;
  const jobs = await Promise.all(
    posted.map(async ({ args: { jobId } }) => {
      const { state, commitBy } = await market.jobOf(jobId);
      return { jobId, state: JOB_STATES[Number(state)], commitBy: Number(commitBy) };
    }),
  );
  const open = jobs.filter(({ state }) => state !== 'finalized' && state !== 'closed').length;
  for (const { jobId, state, commitBy } of jobs) {
    if (state !== 'posted' || now <= commitBy) continue;
    // Nobody took it in its time, which counts against the run: its escrow comes back.
    log.warn({ jobId }, 'nobody executed the job');
    await client.sender.send('expire', () => market.expire.populateTransaction(jobId));
  }
  if (posted.length >= task.jobs && open === 0) break;
  if (posted.length < task.jobs && open < task.atOnce) {
    const inputs = [Float64Array.from({ length: INPUT_SIZE }, (_, i) => (posted.length * 7 + i * 5) % 16)];
    const { jobId } = await postJob(client, {
      published,
      inputs,
      offer: {
        minUnitPrice: 2_000n,
        maxUnitPrice: 20_000n,
        maxExecutionPrice: 50_000_000n,
        rampSeconds: 2,
        bidWindow: 2,
        commitSeconds: task.commitSeconds,
        proveSeconds: task.proveSeconds,
        jobSeconds: 5 * task.proveSeconds,
        validSeconds: 3600,
      },
    });
    log.info({ jobId, number: posted.length + 1 }, 'job posted');
    continue;
  }
  await sleep(LOOK_MS);
}
client.close();
process.exit(0);
