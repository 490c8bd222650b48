import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');
const FOLDERS =
  'bench|bin|client|contracts|docs|examples|groth16|indexer|library|protocol|prover-node|scripts|slicer|test|verifier';
const NAMED = new RegExp(`\`((?:${FOLDERS})/[\\w./-]+)\``, 'g');

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
];

describe('files that the documents name', () => {
  it.each(pages)('are there: %s', (page) => {
    const named = [...readFileSync(path.join(root, page), 'utf8').matchAll(NAMED)].map(([, file]) => file);
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});
