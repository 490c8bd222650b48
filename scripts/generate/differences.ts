import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Files in which two folders differ, relative to them. */
export function differences(left: string, right: string): string[] {
  const [ours, theirs] = [filesOf(left), filesOf(right)];
  const all = new Set([...ours, ...theirs]);
  return [...all]
    .filter((file) => {
      if (!ours.has(file) || !theirs.has(file)) return true;
      return !readFileSync(path.join(left, file)).equals(readFileSync(path.join(right, file)));
    })
    .sort();
}

function filesOf(folder: string): ReadonlySet<string> {
  if (!existsSync(folder)) return new Set();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Set(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))),
  );
}
