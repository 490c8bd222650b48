import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { REASON_CODES } from '../../prover-node/reasons.ts';

test('docs/operations.md says what each code of a reason means, and names no other', async () => {
  const docs = await readFile(path.resolve(import.meta.dirname, '..', '..', 'docs', 'operations.md'), 'utf8');
  const [table] = docs.slice(docs.indexOf('Why a node does not bid')).split('\n## ');
  const named = [...table.matchAll(/`([A-Z_]{4,})`/g)].map(([, code]) => code);
  expect(named.sort()).toEqual([...REASON_CODES].sort());
});
