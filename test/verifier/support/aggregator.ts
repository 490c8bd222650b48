import { existsSync } from 'node:fs';
import path from 'node:path';
import { createLog, type Log } from '../../../protocol/log.ts';
import { submissionAnswerSchema, type SubmissionAnswer } from '../../../protocol/proof-submission.ts';
import { startAggregator, type Aggregator } from '../../../verifier/aggregator/service.ts';
import { aggregatorSettings, type AggregatorSettings } from '../../../verifier/aggregator/settings.ts';
import type { ProofView, SettlementView } from '../../../verifier/aggregator/http/views.ts';
import { copyAggregatorDatabase } from '../../support/service-databases.ts';
import { ROLES, type World } from './world.ts';

/** Settings for tests: settles only by size, unless told otherwise. */
export function testSettings(
  world: World,
  name: string,
  settings: Partial<Record<keyof AggregatorSettings, unknown>> = {},
): AggregatorSettings {
  return aggregatorSettings.parse({
    rpc: world.chain.url,
    deployment: world.deploymentFile,
    dataDir: path.join(world.folder, name),
    port: 0,
    maxBatch: 64,
    maxAgeSeconds: 3600,
    safetySeconds: 30,
    pollSeconds: 0.1,
    stopSeconds: 5,
    ...settings,
  });
}

export async function startTestAggregator(
  world: World,
  name: string,
  settings: Partial<Record<keyof AggregatorSettings, unknown>> = {},
  log: Log = createLog('aggregator', process.env.TEST_LOG ?? 'silent'),
  clock = Date.now,
): Promise<Aggregator> {
  const own = testSettings(world, name, settings);
  if (own.databaseUrl === undefined && !existsSync(own.dataDir)) await copyAggregatorDatabase(own.dataDir);
  return startAggregator({
    settings: own,
    privateKey: world.chain.keys[ROLES.aggregator],
    log,
    clock,
  });
}

/** Hands in anything; the status and the answer. */
export async function submit(
  url: string,
  body: unknown,
): Promise<{ readonly status: number; readonly answer: SubmissionAnswer }> {
  const response = await fetch(`${url}/proofs`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, answer: submissionAnswerSchema.parse(await response.json()) };
}

export async function proofsAt(url: string, jobId: string, slice: number): Promise<ProofView[]> {
  const response = await fetch(`${url}/proofs/${jobId}/${slice}`);
  return ((await response.json()) as { proofs: ProofView[] }).proofs;
}

export async function settlementsAt(url: string): Promise<SettlementView[]> {
  const response = await fetch(`${url}/settlements`);
  return ((await response.json()) as { settlements: SettlementView[] }).settlements;
}
