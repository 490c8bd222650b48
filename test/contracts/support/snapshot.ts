import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

type Figures = Readonly<Record<string, number | readonly string[]>>;

const folder = path.join(import.meta.dirname, '..', '..', '..', 'snapshots');

/**
 * Compares figures with the committed ones, exactly. With UPDATE_SNAPSHOTS=1 they are written instead, for a commit
 * that says why they changed.
 */
export function expectSnapshot(file: string, figures: Figures): void {
  const target = path.join(folder, file);
  const sorted = Object.fromEntries(Object.entries(figures).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (process.env['UPDATE_SNAPSHOTS'] === '1') {
    writeFileSync(target, `${JSON.stringify(sorted, null, 2)}\n`);
    return;
  }
  const committed = existsSync(target) ? (JSON.parse(readFileSync(target, 'utf8')) as Figures) : {};
  expect(
    sorted,
    `${file} changed: UPDATE_SNAPSHOTS=1 npx hardhat test, and say why in the commit`,
  ).to.deep.equal(committed);
}
