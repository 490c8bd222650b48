import { existsSync } from 'node:fs';
import path from 'node:path';
import { resolveSettings } from '../../../protocol/config.ts';
import type { ProofSubmission } from '../../../protocol/proof-submission.ts';
import { startAggregator, type Aggregator } from '../../../verifier/aggregator/service.ts';
import { aggregatorSettings } from '../../../verifier/aggregator/settings.ts';
import { copyAggregatorDatabase } from '../../support/service-databases.ts';
import { listeningLog, type World } from './world.ts';

/** A real aggregator of a world, which settles with the chain's fifth account unless it is given another key. */
export async function aggregatorOf(
  { chain, deploymentFile, folder }: World,
  flags: Readonly<Record<string, unknown>>,
  privateKey = chain.keys[4],
): Promise<Aggregator> {
  const settings = resolveSettings(aggregatorSettings, {
    service: 'aggregator',
    flags: {
      rpc: chain.url,
      deployment: deploymentFile,
      dataDir: path.join(folder, 'aggregator'),
      port: 0,
      pollSeconds: 0.2,
      logLevel: 'silent',
      ...flags,
    },
  }).values;
  const { databaseUrl, dataDir } = settings;
  if (databaseUrl === undefined && !existsSync(dataDir)) await copyAggregatorDatabase(dataDir);
  return startAggregator({ settings, privateKey, log: listeningLog().log });
}

/** What passes the schema of submissions, and proves nothing. */
export const SHAPED_PROOF: ProofSubmission['proof'] = {
  pi_a: ['1', '2', '1'],
  pi_b: [
    ['1', '2'],
    ['3', '4'],
    ['1', '0'],
  ],
  pi_c: ['1', '2', '1'],
  protocol: 'groth16',
  curve: 'bn128',
};
