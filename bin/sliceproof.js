#!/usr/bin/env node
// The command line: `npx sliceproof …` inside the clone. See cli/main.ts.
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, 'cli/main.ts');
await import(fileURLToPath(new URL('./with-node.js', import.meta.url)));
