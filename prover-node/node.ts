import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { headsOf, type Heads } from '../protocol/chain/heads.ts';
import { connect } from '../protocol/chain/provider.ts';
import { Sender } from '../protocol/chain/sending/sender.ts';
import { openAsset } from '../protocol/contracts/asset.ts';
import { readDeployment } from '../protocol/contracts/read-deployment.ts';
import { contractInterfaces, expectChain, openContracts } from '../protocol/contracts/market.ts';
import { openDatabase } from '../protocol/database/open.ts';
import { lockAccount } from '../protocol/database/account-lock.ts';
import { writeKept } from '../protocol/files/kept-json.ts';
import { sweepDrafts } from '../protocol/files/write-whole.ts';
import { openLifetime } from '../protocol/lifetime.ts';
import type { Log } from '../protocol/log.ts';
import { openAll, type Opened } from '../protocol/opened.ts';
import { openAccount } from './account.ts';
import { watchForAlerts } from './alerts/watch.ts';
import { ChainView } from './chain/view.ts';
import { LiveSettings } from './live.ts';
import { Loop } from './loop.ts';
import { openMachine } from './machine.ts';
import { Speed } from './pricing/speed.ts';
import { ProofShelf } from './prove/proofs.ts';
import type { Amount } from './reasons.ts';
import { openServices, type Services } from './services.ts';
import type { NodeSettings } from './settings.ts';
import { diskFreeAt } from './stake/disk.ts';
import { Earnings } from './earnings/earnings.ts';
import { NodeMetrics } from './status/metrics.ts';
import { Outlook } from './status/outlook.ts';
import { STATUS_FILE, type StatusPlace } from './status/place.ts';
import { ailmentsOf, type Ailment } from './status/health.ts';
import { reportOf, type StatusReport } from './status/report.ts';
import { serveStatus, type StatusServer } from './status/server.ts';
import { RivalsHeard } from './turns/rivals.ts';

export interface NodeOptions {
  readonly settings: NodeSettings;
  /** 0x and 64 hexadecimal digits. */
  readonly privateKey: string;
  readonly log: Log;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

export interface RunningNode {
  readonly account: string;
  /** Of the status server, when there is one. */
  readonly url: string | undefined;
  /**
   * Takes over what changed in its settings and can be taken over while it runs; says in its log what, and what needs a restart.
   * @throws ConfigError CONFIG_INVALID, and everything is as it was
   */
  reload(settings: NodeSettings): void;
  /**
   * Takes on nothing new, finishes the proofs that run (those that wait are taken up at the next start), hands in
   * what is proved, and lets go of everything.
   */
  stop(): Promise<void>;
}

/** Seconds that running proofs have to finish when the node is stopped. */
const FINISH_SECONDS = 20;
/** Milliseconds that transactions and hand-ins have after that. */
const HAND_IN_MS = 10_000;

/**
 * Starts a node. Everything that it does follows from the contract's state and from what it has on disk, so it
 * takes up its work wherever it was left.
 * @throws ConfigError DEPLOYMENT_UNREADABLE, CHAIN_MISMATCH,
 * NODE_NOT_OPERATOR, NODE_DEPOSIT_NOT_OWN;
 * KEY_AT_WORK (another process acts with the key); DatabaseError DATABASE_LOCKED (another node uses the data folder);
 * NodeError NODE_CANNOT_LISTEN
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  return openAll((opened) => assemble(options, opened));
}

/** What the node's status tells once it works. */
interface Running {
  readonly account: string;
  readonly earnings: Earnings;
  readonly loop: Loop;
  readonly sender: Sender;
  readonly heads: Pick<Heads, 'latest' | 'blockSeconds'>;
  readonly services: Pick<Services, 'asks' | 'refused' | 'vitals' | 'notes' | 'places'>;
  readonly amount: Amount;
}

/** Why the node can't do its work, whatever it does now. */
async function healthOf(
  { dataDir }: Pick<NodeSettings, 'dataDir'>,
  outlook: Outlook,
  now: Running | undefined,
): Promise<readonly Ailment[]> {
  return ailmentsOf({
    ...(now ? await now.services.vitals() : NOT_KNOWN),
    head: now?.heads.latest,
    blockSeconds: now?.heads.blockSeconds ?? 0,
    doing: outlook.doing,
    current: now?.loop.current === true,
    clock: Date.now() / 1000,
    diskFree: await diskFreeAt(dataDir),
    amount: now?.amount ?? String,
  });
}

function openStatus(
  settings: NodeSettings,
  {
    live,
    outlook,
    shelf,
    metrics,
    running,
  }: {
    readonly live: LiveSettings;
    readonly outlook: Outlook;
    readonly shelf: ProofShelf;
    readonly metrics: NodeMetrics;
    readonly running: () => Running | undefined;
  },
): Promise<StatusServer> | undefined {
  const { name, workers, statusHost: host, statusPort: port } = settings;
  if (port === undefined) return undefined;
  const report = async (): Promise<StatusReport> => {
    const now = running();
    const who = { name, account: now?.account ?? null };
    return reportOf(outlook, who, {
      capacity: { workers: now?.services.places() ?? workers, safety: live.now.capacitySafety },
      models: now?.services.asks() ?? [],
      refusedModels: now?.services.refused() ?? [],
      health: await healthOf(settings, outlook, now),
      notes: now?.services.notes() ?? [],
      waiting: now?.sender.waiting,
      amount: now?.amount ?? String,
    });
  };
  return serveStatus({ host, port, metrics, shelf, report });
}

/** What is known before the services are there. */
const NOT_KNOWN = {
  stores: { away: [], of: 0 },
  native: undefined,
  nativeNeeded: 0n,
  twin: false,
  othersSend: false,
  givenUp: [],
  jobs: [],
};

async function assemble(
  { settings, privateKey, log, signal: startSignal }: NodeOptions,
  opened: Opened,
): Promise<RunningNode> {
  const { dataDir, pollSeconds } = settings;
  const live = new LiveSettings(settings);
  const lifetime = openLifetime(startSignal);
  opened.defer(() => lifetime.end());
  const outlook = new Outlook(log);
  const shelf = await ProofShelf.open(path.join(dataDir, 'proofs'), { owner: true, log });
  let running: Running | undefined = undefined;
  const metrics = new NodeMetrics(
    () => running?.earnings.totals(),
    () => running?.sender.waiting,
    () => healthOf(settings, outlook, running),
  );
  // The first thing, so that whoever waits for the node can ask what it does.
  const status = await openStatus(settings, { live, outlook, shelf, metrics, running: () => running });
  if (status) {
    opened.defer(() => status.close());
    log.info({ url: status.url }, 'status served');
  }

  const alerts = watchForAlerts({
    settings: () => live.now,
    name: settings.name,
    account: () => running?.account,
    health: () => healthOf(settings, outlook, running),
    slashed: () => (running?.loop.current ? running.earnings.totals().slashed : undefined),
    amount: (units) => running?.amount(units) ?? String(units),
    clock: Date.now,
    log,
    onFailure: (code) => metrics.failed(code),
  });
  opened.defer(() => alerts.close());

  const deployment = await readDeployment(settings.deployment);
  outlook.begin('connecting to the chain');
  const provider = await connect({
    rpc: settings.rpc,
    rpcRate: settings.rpcRate,
    log,
    pollingInterval: pollSeconds && pollSeconds * 1000,
    connectTimeout: Number.POSITIVE_INFINITY,
    // A start waits as running does; once it works, its stop decides.
    signal: lifetime.signal,
  });
  opened.defer(() => provider.destroy());
  expectChain(deployment, provider._network.chainId);
  const contracts = openContracts(deployment, provider);
  const sender = new Sender({
    provider,
    privateKey,
    interfaces: contractInterfaces,
    log,
    signal: lifetime.signal,
    get maxGasPrice() {
      return live.now.maxGasPrice;
    },
    alone: true,
  });
  const holder = await openAccount(contracts, sender, settings);
  const account = holder.address;
  const asset = await openAsset(contracts);
  const amount = (units: bigint): string => asset.format(units);

  // Opening the queue's database is also what keeps a second node out of the folder.
  outlook.begin('opening the database');
  const database = await openDatabase({ folder: path.join(dataDir, 'queue'), remade: log });
  opened.defer(() => database.close());
  if (status) {
    const file = path.join(dataDir, STATUS_FILE);
    await writeKept(file, { url: status.url } satisfies StatusPlace);
    opened.defer(() => rm(file, { force: true }));
  }
  opened.defer(
    await lockAccount(provider, {
      log,
      signal: startSignal,
      address: sender.address,
      service: `node ${settings.name}`,
      place: path.resolve(dataDir),
    }),
  );
  // Only now is it certain that nobody else writes here.
  await sweepDrafts(dataDir);
  const speed = await Speed.load(path.join(dataDir, 'speed.json'), { owner: true, log });
  const earnings = new Earnings(contracts.market, account);
  const rivals = new RivalsHeard(contracts.market.interface);
  const services = await openServices(
    {
      provider,
      settings,
      live,
      contracts,
      sender,
      account: holder,
      rivals,
      shelf,
      speed,
      metrics,
      outlook,
      amount,
      log,
      signal: lifetime.signal,
    },
    openMachine(settings, database, log),
    opened,
  );

  const operator = account === sender.address ? undefined : sender.address;
  const view = new ChainView({
    provider,
    contracts,
    account,
    operator,
    log,
    lookedAt: (id) => shelf.hasOpen(id),
  });
  const onFailure = (code: string): void => metrics.failed(code);
  const loop = new Loop({
    provider,
    contracts,
    view,
    earnings,
    rivals,
    services: services.all,
    log,
    pollSeconds,
    onFailure,
  });
  opened.defer(() => loop.stop());
  outlook.begin('working');
  lifetime.started();
  running = {
    account,
    earnings,
    loop,
    sender,
    heads: headsOf(provider),
    services,
    amount,
  };
  loop.start();
  log.info(
    { account, market: deployment.addresses.market, roles: settings.roles, status: status?.url },
    'node ready',
  );

  const stop = async (): Promise<void> => {
    await services.drain(FINISH_SECONDS);
    // What was proved last is handed in, and what is under way gets its receipt.
    loop.actOnce();
    await Promise.race([
      Promise.all([services.idle(), sender.idle()]),
      sleep(HAND_IN_MS, undefined, { ref: false }),
    ]);
    lifetime.end();
    await opened.close();
  };
  let stopping: Promise<void> | undefined;
  return {
    account,
    url: status?.url,
    reload(next) {
      const { changed, refused } = live.change(next);
      if (refused.length > 0) {
        log.error(
          { code: 'NODE_NEEDS_RESTART', settings: refused },
          'settings that only a restart takes over',
        );
      }
      log.info({ settings: changed }, changed.length > 0 ? 'settings changed' : 'no settings changed');
    },
    stop: () => (stopping ??= stop()),
  };
}
