// Run as a child process by the tests: opens a database and prints how that failed.
import { openDatabase } from '../../../protocol/database/open.ts';
import { DatabaseError } from '../../../protocol/database/errors.ts';

try {
  await openDatabase({ folder: process.argv[2] });
} catch (error) {
  if (!(error instanceof DatabaseError)) throw error;
  process.stdout.write(JSON.stringify({ code: error.code, retryable: error.retryable }));
}
process.exit(0);
