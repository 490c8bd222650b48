// Preloaded with --import: says on standard error when a package is loaded that takes its time.
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

const SLOW =
  /node_modules\/(ethers|@electric-sql|@prisma|pg|pg-boss|graphql|graphql-yoga|onnxruntime-node|snarkjs)\//;

registerHooks({
  load(url, context, nextLoad) {
    const name = SLOW.exec(url)?.[1];
    if (name !== undefined) writeSync(2, `loaded ${name}\n`);
    return nextLoad(url, context);
  },
});
