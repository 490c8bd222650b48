import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { costsPage, COSTS_FILE } from '../../scripts/costs-page.ts';

test('docs/costs.md is what the measurements that are kept make of it', async () => {
  const hint = 'run node bin/with-node.js --dev scripts/costs-page.ts';
  expect(await readFile(COSTS_FILE, 'utf8'), hint).toBe(await costsPage());
});
