import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startIndexer, type RunningIndexer } from '../../../indexer/service.ts';
import { indexerSettings, type IndexerSettings } from '../../../indexer/settings.ts';
import type { Deployment } from '../../../protocol/contracts/deployment.ts';
import { createLog, type Log } from '../../../protocol/log.ts';
import { createTestDatabase } from '../../protocol/database/postgres.ts';
import type { TestChain } from '../../support/anvil.ts';
import { until } from '../../support/until.ts';
import { copyTables } from './tables.ts';

/** A GraphQL answer, as it came. */
export interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

export interface TestService {
  readonly indexer: RunningIndexer;
  query<Data>(text: string, variables?: Record<string, unknown>): Promise<Data>;
  ask(text: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** Resolves once everything that is on the chain now is indexed. */
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

/** The whole indexer in this process, on a database of its own, asked over HTTP. */
export async function startService(
  chain: TestChain,
  deployment: Deployment,
  postgres: string | undefined,
  overrides: Partial<IndexerSettings> = {},
  log: Log = createLog('indexer', process.env.LOG ?? 'silent'),
): Promise<TestService> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-indexer-'));
  const made = postgres === undefined ? undefined : await createTestDatabase(postgres);
  if (made === undefined) await copyTables(folder);
  const settings = {
    ...indexerSettings.parse({
      rpc: chain.url,
      dataDir: folder,
      port: 0,
      pollMilliseconds: 20,
      ...(made === undefined ? {} : { databaseUrl: made.url }),
    }),
    ...overrides,
  };
  const indexer = await startIndexer(settings, deployment, log);
  const ask = async (text: string, variables: Record<string, unknown> = {}): Promise<Answer> => {
    const response = await fetch(`${indexer.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    });
    return (await response.json()) as Answer;
  };
  return {
    indexer,
    ask,
    async query<Data>(text: string, variables: Record<string, unknown> = {}) {
      const { data, errors } = await ask(text, variables);
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data as Data;
    },
    async caughtUp() {
      const head = await chain.provider.getBlockNumber();
      await until(() => (indexer.status().cursor ?? -1) >= head);
    },
    async close() {
      await indexer.close();
      await made?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
