import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { fileBeside } from '../beside.ts';

const BESIDE_US = fileURLToPath(fileBeside(import.meta.url, '../../.sliceproof/empty-cluster'));

/** Starts PGlite on files that are there, or has it make them. */
export const startOnFiles = (files: string): Promise<PGlite> =>
  PGlite.create(files, {
    // PostgreSQL's own 128 MiB are taken and cleared at every start: half of its time, and two fifths of the process's memory.
    startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'],
  });

/**
 * Files of an embedded database that nothing is in yet. To make them keeps a core busy for five to ten seconds, to copy
 * them takes a tenth of one: the first that are needed are kept beside the clone's other derived files, or in the installed package, and every new
 * database begins as a copy. Where they can't be kept or copied, PGlite makes its own.
 */
export class EmptyCluster {
  /** Folder of the kept files. */
  readonly kept: Promise<string>;

  /** @param parent folder that the files are kept in, by PGlite's version: those of another one may not fit */
  constructor(parent: string = BESIDE_US) {
    this.kept = versionOfPglite().then((version) => path.join(parent, version));
  }

  /** Makes the kept files, if there are none. Whoever is first to have them whole puts them there for all. */
  async prepare(): Promise<void> {
    const kept = await this.kept;
    if (await isThere(kept)) return;
    const draft = `${kept}-${randomUUID()}`;
    try {
      await mkdir(path.dirname(kept), { recursive: true });
      const made = await startOnFiles(draft);
      // Nobody makes a second database in it. They are two thirds of the files, and a copy costs by the file.
      await made.exec("UPDATE pg_database SET datistemplate = false WHERE datname LIKE 'template_'");
      await made.exec('DROP DATABASE template0');
      await made.exec('DROP DATABASE template1');
      await made.close();
      await rename(draft, kept);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      if (!(await isThere(kept))) throw error;
    }
  }

  /** Starts PGlite on a folder that isn't there yet: on a copy of the kept files, or else on files of its own making. */
  async startOn(files: string): Promise<PGlite> {
    if (await this.#copyTo(files)) {
      try {
        return await startOnFiles(files);
      } catch {
        // A power cut can leave the kept files damaged; without them the next ones are made anew.
        await rm(await this.kept, { recursive: true, force: true });
      }
    }
    await rm(files, { recursive: true, force: true });
    return startOnFiles(files);
  }

  /** False where they can't be kept or copied, as without the right to write beside the clone's files. */
  async #copyTo(files: string): Promise<boolean> {
    try {
      await this.prepare();
      // A thousand small files: the asynchronous copy takes ten times as long.
      cpSync(await this.kept, files, { recursive: true });
      return true;
    } catch {
      return false;
    }
  }
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

async function versionOfPglite(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const file = path.join(path.dirname(path.dirname(entry)), 'package.json');
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}
