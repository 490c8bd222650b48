import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { EmptyCluster } from '../../protocol/database/empty-cluster.ts';
import { quickFolder } from './quick-folder.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of what the files of this run share: see `shared.ts`. */
    readonly sharedFolder: string;
  }
}

/**
 * Gives the run a folder for all that is temporary, which its processes inherit, and makes what many files need and the first of
 * them would make while others make it too; what this returns is called in the end.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await new EmptyCluster().prepare();
  const folder = quickFolder();
  process.env.TMPDIR = folder;
  const sharedFolder = path.join(folder, 'shared');
  await mkdir(sharedFolder);
  project.provide('sharedFolder', sharedFolder);
  return () => rm(folder, { recursive: true, force: true });
}
