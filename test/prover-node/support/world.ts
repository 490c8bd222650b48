import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from '../../../client/client.ts';
import { openClient } from '../../../client/open-client.ts';
import { postJob } from '../../../client/jobs/post-job.ts';
import type { JobToPost } from '../../../client/jobs/request.ts';
import { readPublishedModel, type PublishedManifest } from '../../../client/jobs/read-model.ts';
import { registerBuild } from '../../../client/models/register-build.ts';
import { resolveSettings } from '../../../protocol/config.ts';
import { TestToken__factory } from '../../../protocol/contracts/generated/index.ts';
import { createLog, type Log } from '../../../protocol/log.ts';
import { FolderStore } from '../../../protocol/store/folder-store.ts';
import { startStore } from '../../../protocol/store/service.ts';
import { storeService } from '../../../protocol/store/settings.ts';
import { nodeSettings, type NodeSettings } from '../../../prover-node/settings.ts';
import { startChain, type TestChain } from '../../verifier/support/chain.ts';
import { inAsset } from '../../support/in-asset.ts';
import { openDeployed } from '../../support/deployed.ts';
import { copyNodeDatabase } from '../../support/service-databases.ts';
import { buildSmallModel, sampleOf } from './model.ts';

/** Asset units that everybody has in the wallet. */
const WEALTH = 10n ** 24n;

/** A chain, a store, the contracts, a published model, and a requester. */
export interface World {
  readonly folder: string;
  readonly chain: TestChain;
  readonly deploymentFile: string;
  readonly storeFolder: FolderStore;
  readonly storeUrl: string;
  /** The requester's. */
  readonly client: Client;
  /** The client of another of the chain's accounts, to be closed by who asks for it. */
  clientOf(key: number): Promise<Client>;
  readonly model: PublishedManifest;
  /**
   * Settings of a node that lives in a folder of its own.
   * @param measured whether the folder has a speed and a database from earlier, so that the node needn't make them at its start
   */
  settings(name: string, overrides?: Readonly<Record<string, unknown>>, measured?: boolean): NodeSettings;
  /** Posts a job for a sample input; `offer` over the defaults, for the requester or another's client. */
  post(seed: number, offer?: Partial<JobToPost['offer']>, by?: Client): Promise<string>;
  close(): Promise<void>;
}

const SPEED = { format: 'sliceproof-speed/1', secondsPerThousandConstraints: 0.5, circuits: {} };

/**
 * The chain's clock is the wall's. What a job has to sit out is short, and what somebody has to be done in is far longer than
 * any machine takes, so that nothing depends on who is faster; a test that wants one of these times to end moves the clock.
 */
export const OFFER: JobToPost['offer'] = {
  minUnitPrice: 2_000n,
  maxUnitPrice: 20_000n,
  maxExecutionPrice: 50_000_000n,
  rampSeconds: 4,
  bidWindow: 2,
  commitSeconds: 3_600,
  proveSeconds: 3_600,
  jobSeconds: 20_000,
};

/**
 * @param build leaves the model that is published in a folder, as `sliceproof model build` does
 * @param blockSeconds between blocks without transactions
 */
export async function openWorld(
  build: (folder: string) => Promise<unknown> = (folder) => buildSmallModel(folder),
  blockSeconds = 1,
): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), 'prover-node-'));
  const chain = await startChain(blockSeconds);
  const { deployment, file: deploymentFile } = await openDeployed(chain.provider, folder, {
    // A market may let requesters be in a hurry: its nodes have to see to that themselves.
    minProveSeconds: 5,
    minCommitSeconds: 1,
    minJobSeconds: 1,
  });
  const token = TestToken__factory.connect(deployment.addresses.asset, chain.signer(0));
  for (const index of [1, 2, 3, 4])
    await (await token.mint(await chain.signer(index).getAddress(), WEALTH)).wait();
  const storeFolder = new FolderStore(path.join(folder, 'store'));
  const store = await startStore({
    settings: resolveSettings(storeService.schema, {
      service: 'store',
      flags: {
        folder: storeFolder.folder,
        port: 0,
        rpc: chain.url,
        deployment: deploymentFile,
        pollSeconds: 0.2,
      },
    }).values,
    token: undefined,
    log: createLog('store', 'silent'),
  });
  const clientOf = (key: number): Promise<Client> =>
    openClient({
      rpc: chain.url,
      deployment: deploymentFile,
      store: [store.url],
      privateKey: chain.keys[key],
    });
  const client = await clientOf(1);
  await build(path.join(folder, 'model'));
  const { modelId } = await registerBuild(client, path.join(folder, 'model'));
  const model = await readPublishedModel(client, modelId);
  const begun = path.join(folder, 'begun');
  await copyNodeDatabase(begun);
  return {
    folder,
    chain,
    deploymentFile,
    storeFolder,
    storeUrl: store.url,
    client,
    clientOf,
    model,
    settings: (name, overrides = {}, measured = true) => {
      const dataDir = path.join(folder, name);
      if (measured) {
        mkdirSync(dataDir, { recursive: true });
        if (!existsSync(path.join(dataDir, 'queue')))
          cpSync(begun, path.join(dataDir, 'queue'), { recursive: true });
        writeFileSync(path.join(dataDir, 'speed.json'), JSON.stringify(SPEED));
      }
      return resolveSettings(nodeSettings, {
        service: 'node',
        flags: {
          name,
          rpc: chain.url,
          deployment: deploymentFile,
          store: [store.url],
          dataDir,
          roles: ['execute', 'prove'],
          pollSeconds: 0.2,
          costPerSecond: inAsset(1_000n),
          depositTarget: inAsset(10n ** 12n),
          logLevel: 'silent',
          ...overrides,
        },
      }).values;
    },
    post: async (seed, offer = {}, by = client) =>
      (
        await postJob(by, {
          published: model,
          inputs: [sampleOf(seed).input],
          offer: { ...OFFER, ...offer },
        })
      ).jobId,
    async close() {
      client.close();
      await store.close();
      await chain.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A log whose lines can be looked at. @param stamp what each line has besides */
export function listeningLog(stamp: () => Readonly<Record<string, unknown>> = () => ({})): {
  readonly log: Log;
  readonly lines: Record<string, unknown>[];
} {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('test', 'silent');
  const keep =
    (level: string) =>
    (fields: unknown, message?: string): void => {
      if (typeof fields === 'string') lines.push({ ...stamp(), level, message: fields });
      else lines.push({ ...stamp(), level, message, ...(fields as Record<string, unknown>) });
      if (process.env.SHOW_LOG)
        process.stderr.write(
          `${JSON.stringify(lines[lines.length - 1], (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v instanceof Error ? v.stack : v))}\n`,
        );
    };
  return {
    lines,
    log: Object.assign(Object.create(log) as Log, {
      trace: keep('trace'),
      debug: keep('debug'),
      info: keep('info'),
      warn: keep('warn'),
      error: keep('error'),
    }),
  };
}
