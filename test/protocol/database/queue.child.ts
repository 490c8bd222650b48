// Run as a child process by the tests and killed by them: sends two pieces of work, starts on them, never ends.
import { z } from 'zod';
import { openDatabase } from '../../../protocol/database/open.ts';
import { openQueue } from '../../../protocol/database/queue.ts';
import { createLog } from '../../../protocol/log.ts';

const database = await openDatabase({ folder: process.argv[2] });
const queue = await openQueue(database, { log: createLog('child', 'silent') });
const work = await queue.define('prove', { schema: z.object({ slice: z.number() }) });
await work.send({ slice: 1 }, { key: 'one' });
await work.send({ slice: 2 }, { key: 'two' });
await work.work(async ({ slice }) => {
  process.stdout.write(`started ${slice}\n`);
  await new Promise(() => undefined);
});
