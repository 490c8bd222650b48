// Run as a child process by the tests and killed by them: writes rows for ever, says each once it is committed.
import { openDatabase } from '../../../protocol/database/open.ts';

const database = await openDatabase({ folder: process.argv[2] });
await database.query('CREATE TABLE IF NOT EXISTS written (n int PRIMARY KEY, filler text)');
for (let n = 1; ; n++) {
  await database.query('INSERT INTO written VALUES ($1, $2)', [n, 'x'.repeat(500)]);
  process.stdout.write(`${n}\n`);
}
