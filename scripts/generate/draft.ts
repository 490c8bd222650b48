import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';

const state = path.resolve(import.meta.dirname, '..', '..', '.sliceproof');

/**
 * Runs with a folder of its own, on the disk of the clone and where git doesn't look: what is moved to its place from there is whole, and what a
 * process that was killed leaves there is nowhere committed.
 * @param work what it leaves in the folder is removed
 */
export function inDraft(kind: string, work: (folder: string) => void): void {
  mkdirSync(state, { recursive: true });
  const folder = mkdtempSync(path.join(state, `${kind}-`));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
