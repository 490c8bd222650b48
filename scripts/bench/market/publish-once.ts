// Publishes a built model in a process of its own, as `model publish` does.
import { z } from 'zod';
import { publishModel } from '../../../client/models/publish-model.ts';
import { openClient } from '../../../client/open-client.ts';
import { demoAccounts } from '../../demo/accounts.ts';
import { answerFresh } from '../fresh.ts';
import { groundSchema } from './ground.ts';
import { ownUsage } from './usage.ts';

await answerFresh(z.strictObject({ ...groundSchema.shape, folder: z.string() }), async (request) => {
  const { rpc, deployment, store, folder } = request;
  const { privateKey } = demoAccounts().requester;
  const client = await openClient({ rpc, deployment, store: [store], privateKey });
  const { modelId, bytes, gasUsed } = await publishModel(client, folder);
  client.close();
  return { modelId, bytes, gas: Number(gasUsed), usage: ownUsage() };
});
