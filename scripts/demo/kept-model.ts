import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';

/** Built models that are kept, those used last: an older source's are of no use. */
const KEPT = 3;

/**
 * A model's folder, from an earlier start if one built it from the same things.
 *
 * It is built in `workshop` and becomes visible whole, by a rename: of two demos that build at once one wins, and the
 * other takes what is there. What is kept is only read.
 * @param kept the folder of kept models
 * @param workshop a folder of this run's own on the same disk, not there yet
 */
export async function keptModel(
  { kept, digest, workshop }: { readonly kept: string; readonly digest: string; readonly workshop: string },
  build: (folder: string) => Promise<void>,
): Promise<{ readonly folder: string; readonly built: boolean }> {
  const folder = path.join(kept, digest);
  if (await isThere(folder)) {
    // A folder that can only be read serves as well.
    await utimes(folder, new Date(), new Date()).catch(() => undefined);
    return { folder, built: false };
  }
  await build(workshop);
  await mkdir(kept, { recursive: true });
  try {
    await rename(workshop, folder);
  } catch (error) {
    if (!(await isThere(folder))) throw error;
  }
  await forgetOld(kept);
  return { folder, built: true };
}

/** Hashes files by name and content; folders with all that is in them but what is generated. */
export async function digestOf(root: string, places: readonly string[], more: string): Promise<string> {
  const hash = createHash('sha256').update(more);
  for (const file of (await Promise.all(places.map((place) => filesUnder(path.join(root, place))))).flat()) {
    const name = path.relative(root, file).replaceAll(path.sep, '/');
    const bytes = await readFile(file);
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

async function filesUnder(place: string): Promise<string[]> {
  if ((await stat(place)).isFile()) return [place];
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !path.relative(place, file).split(path.sep).includes('generated'))
    .sort();
}

async function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}

async function forgetOld(kept: string): Promise<void> {
  const used = await Promise.all(
    (await readdir(kept)).map(async (name) => {
      const folder = path.join(kept, name);
      // Another demo may just have removed it.
      const found = await stat(folder).catch(() => undefined);
      return { folder, at: found?.mtimeMs ?? 0 };
    }),
  );
  const old = used.sort((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(old.map(({ folder }) => rm(folder, { recursive: true, force: true })));
}
