import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { EmptyCluster } from '../../protocol/database/empty-cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of what the files of this run share: see `shared.ts`. */
    readonly sharedFolder: string;
  }
}

/** What many files need and the first of them would make while others make it too; what this returns is called in the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await new EmptyCluster().prepare();
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-shared-'));
  project.provide('sharedFolder', folder);
  return () => rm(folder, { recursive: true, force: true });
}
