#!/usr/bin/env node
// The command line: `npx sliceproof …` inside the clone. See bin/cli.ts.
import { readFileSync } from 'node:fs';

const [, , ...args] = process.argv;
if (args.length === 1 && ['--version', '-V'].includes(args[0])) {
  // Known before anything is installed.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${version}\n`);
} else {
  process.argv.splice(2, 0, 'bin/cli.ts');
  await import('./with-node.js');
}
