import { readdir, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import type { Random } from '../random.ts';

/** Files of a node that can be made again, or that the chain knows. */
const DAMAGEABLE =
  /^(speed|proven-circuits|status)\.json$|^(proofs|executions)\/.*\.json$|^artifacts\/..\/[0-9a-f]{64}$|^queue\/postgres\/global\/pg_control$/;

/** Breaks a file of a node that doesn't run: cuts it, empties it, or changes a byte. @returns what was done, if there was one */
export async function damage(dataDir: string, random: Random): Promise<string | undefined> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true }).catch(() => []);
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dataDir, path.join(entry.parentPath, entry.name)))
    .filter((name) => DAMAGEABLE.test(name))
    .sort();
  // Each kind as often as the other, however many there are of it.
  const kinds = [...new Set(names.map((name) => path.dirname(name).split('/')[0]))];
  if (kinds.length === 0) return undefined;
  const kind = random.of(kinds);
  const name = random.of(names.filter((one) => path.dirname(one).split('/')[0] === kind));
  const file = path.join(dataDir, name);
  const bytes = await readFile(file);
  const how = random.of(['cut', 'emptied', 'changed'] as const);
  if (how === 'cut') await truncate(file, Math.floor(bytes.length / 2));
  if (how === 'emptied') await truncate(file, 0);
  if (how === 'changed' && bytes.length > 0) {
    bytes[random.below(bytes.length)] ^= 1 + random.below(255);
    await writeWhole(file, bytes);
  }
  return `${name} ${how}`;
}
