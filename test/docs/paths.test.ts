import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { pages, textOf } from '../support/doc-blocks.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const FOLDERS =
  'bench|bin|client|contracts|desk|docs|examples|groth16|indexer|library|protocol|prover-node|scripts|slicer|test|verifier';
const NAMED = new RegExp(`\`((?:${FOLDERS})/[\\w./-]+)\``, 'g');
/** A link to a file, or to a heading. */
const LINK = /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g;

/** What GitHub calls a heading in an address. */
const headingsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(pages)('%s', (page) => {
  it('names files that are there', () => {
    const named = [...textOf(page).matchAll(NAMED)].map(([, file]) => file);
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it('links to files and headings that are there', () => {
    const dead = [...textOf(page).matchAll(LINK)].filter(([, file, heading]) => {
      const target = file === '' ? page : path.join(path.dirname(page), file);
      if (!existsSync(path.join(root, target))) return true;
      return heading !== undefined && !headingsOf(target).includes(heading);
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });
});

it('the README leads to every page', () => {
  const linked = [...textOf('README.md').matchAll(LINK)].map(([, file]) => path.normalize(file));
  // Written to be read on npm, by name, and what is linked from the index of circuits.
  const elsewhere = (page: string): boolean => page.startsWith(path.join('docs', 'circuits'));
  expect(pages.filter((page) => page !== 'README.md' && !elsewhere(page) && !linked.includes(page))).toEqual(
    [],
  );
});
