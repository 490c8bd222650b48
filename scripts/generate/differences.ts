import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

/** Files in which two folders differ, relative to them; of two files, the empty name. */
export function differences(left: string, right: string): string[] {
  const [ours, theirs] = [filesOf(left), filesOf(right)];
  const all = new Set([...ours, ...theirs]);
  return [...all]
    .filter((file) => {
      if (!ours.has(file) || !theirs.has(file)) return true;
      return !contentOf(path.join(left, file)).equals(contentOf(path.join(right, file)));
    })
    .sort();
}

/** Two versions of Brotli needn't make the same bytes of the same content. */
function contentOf(file: string): Buffer {
  const bytes = readFileSync(file);
  return file.endsWith('.br') ? brotliDecompressSync(bytes) : bytes;
}

function filesOf(folder: string): ReadonlySet<string> {
  if (!existsSync(folder)) return new Set();
  if (statSync(folder).isFile()) return new Set(['']);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Set(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))),
  );
}
