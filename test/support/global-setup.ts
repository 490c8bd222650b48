import { EmptyCluster } from '../../protocol/database/empty-cluster.ts';

/** What many files need and the first of them would make while others make it too. */
export default async function setup(): Promise<void> {
  await new EmptyCluster().prepare();
}
