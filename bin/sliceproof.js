#!/usr/bin/env node
// The command line: `npx sliceproof …` inside the clone. See bin/cli.ts.
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, 'bin/cli.ts');
await import(fileURLToPath(new URL('./with-node.js', import.meta.url)));
