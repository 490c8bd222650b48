// Makes a job's receipt in a process of its own and computes all its slices again, as `job verify --recheck` does; then
// checks the receipt against the chain alone, as `job verify --receipt` does.
import { z } from 'zod';
import { openClient } from '../../../client/open-client.ts';
import { decodeReceipt } from '../../../protocol/receipt.ts';
import { checkReceipt } from '../../../verifier/job/check-receipt.ts';
import { recheckSlices } from '../../../verifier/job/recheck.ts';
import { verifyJob } from '../../../verifier/job/verify-job.ts';
import { demoAccounts } from '../../demo/accounts.ts';
import { cpuSecondsOf } from '../benchmark.ts';
import { answerFresh } from '../fresh.ts';
import { groundSchema } from './ground.ts';
import { ownUsage } from './usage.ts';

await answerFresh(z.strictObject({ ...groundSchema.shape, jobId: z.string() }), async (request) => {
  const { rpc, deployment, store, jobId } = request;
  const { privateKey } = demoAccounts().requester;
  const client = await openClient({ rpc, deployment, store: [store], privateKey });
  const { contracts, provider } = client;
  const verified = await verifyJob({
    contracts,
    provider,
    store: client.store,
    jobId,
    recheck: recheckSlices,
  });
  const usage = ownUsage();
  const text = new TextEncoder().encode(JSON.stringify(verified.receipt));
  let fullyProved = false;
  const checkCpuSeconds = await cpuSecondsOf(async () => {
    ({ fullyProved } = (await checkReceipt(decodeReceipt(text), { contracts, provider })).receipt);
  });
  client.close();
  const { rechecked, rebuildable = false, inputOpened } = verified;
  return {
    ...{ fullyProved, rechecked, rebuildable, inputOpened, receiptBytes: text.length },
    ...{ usage, checkCpuSeconds },
  };
});
