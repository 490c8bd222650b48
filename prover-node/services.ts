import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { JsonRpcProvider } from 'ethers';
import type { Sender } from '../protocol/chain/sending/sender.ts';
import type { Contracts } from '../protocol/contracts/market.ts';
import type { Log } from '../protocol/log.ts';
import type { Opened } from '../protocol/opened.ts';
import { identityOf } from '../protocol/store/identity.ts';
import { ModelProcess } from '../slicer/execute/process/model-process.ts';
import { FolderStore } from '../protocol/store/folder-store.ts';
import type { ArtifactStore } from '../protocol/store/store.ts';
import type { NodeAccount } from './account.ts';
import { Attempts } from './attempts.ts';
import { topUp } from './deposit.ts';
import { Bidder } from './bid/bidder.ts';
import { SignedBids } from './bid/signed-bids.ts';
import { Executions } from './execute/executions.ts';
import { Executor } from './execute/executor.ts';
import { traceSizeOf } from './execute/plan.ts';
import type { Lane } from './execute/model-runs.ts';
import { fallbackNotes, openTrust } from './execute/open-trust.ts';
import type { SliceRunner } from './execute/runner.ts';
import { HandIn } from './hand-in/hand-in.ts';
import { KeeperBudget } from './keep/budget.ts';
import { Keeper } from './keep/keeper.ts';
import type { Service } from './loop.ts';
import type { FixedSettings, LiveSettings } from './live.ts';
import type { Machine } from './machine.ts';
import { ModelCatalog } from './model/catalog.ts';
import { Circuits } from './model/circuits.ts';
import { ExternalProvers } from './model/external-provers.ts';
import { Readiness } from './model/readiness.ts';
import { Warming } from './model/warming.ts';
import { RefusedModels, type RefusedModel } from './model/refused-models.ts';
import { openNodeStore } from './model/watched-store.ts';
import { measureSpeed } from './pricing/measure.ts';
import { GasUsed } from './pricing/gas-used.ts';
import { jobGas, Pricer } from './pricing/pricer.ts';
import type { Speed } from './pricing/speed.ts';
import type { ProofShelf } from './prove/proofs.ts';
import { Prover } from './prove/prover.ts';
import type { StatementOptions } from './prove/statement.ts';
import { TraceTensors } from './prove/trace-tensors.ts';
import { Places } from './prove/places.ts';

import type { Amount } from './reasons.ts';
import type { NodeMetrics } from './status/metrics.ts';
import { Decisions } from './status/decisions.ts';
import type { Note, Vitals } from './status/health.ts';
import type { Outlook } from './status/outlook.ts';
import { asksOf, type ModelAsk } from './status/report.ts';
import { ChainPace } from './stake/chain-pace.ts';
import { traceGas } from './stake/decide.ts';
import { Disk } from './stake/disk.ts';
import { Stakes } from './stake/stakes.ts';
import { TakeUp } from './take-up.ts';
import type { MarketRivals } from './turns/rivals.ts';
import { Turns } from './turns/turns.ts';
import { Twin } from './twin.ts';
import { openWorkshop } from './work/open-workshop.ts';
import type { Workshop } from './work/workshop.ts';
import { memoryOfMachine } from './workers/memory.ts';
import { openSharedProvers, ownProvers, type Provers } from './workers/provers.ts';

/** What all services of a node share. */
export interface Common {
  readonly provider: JsonRpcProvider;
  readonly settings: FixedSettings;
  /** The other settings, which may change. */
  readonly live: LiveSettings;
  readonly contracts: Contracts;
  readonly sender: Sender;
  readonly account: NodeAccount;
  /** Who bids and claims besides it. */
  readonly rivals: MarketRivals;
  readonly shelf: ProofShelf;
  readonly speed: Speed;
  readonly metrics: NodeMetrics;
  readonly outlook: Outlook;
  /** How amounts are written for people. */
  readonly amount: Amount;
  readonly log: Log;
  /** Aborts when the node has stopped. */
  readonly signal: AbortSignal;
}

export interface Services {
  readonly all: readonly Service[];
  /** What the node asks for the models that it knows; nothing before its first look. */
  asks(): readonly ModelAsk[];
  /** Models that ended the process that ran them. */
  refused(): readonly RefusedModel[];
  /** From now on nothing new is bid on or claimed; running proofs are finished. */
  drain(graceSeconds: number): Promise<void>;
  /** Resolves when no task runs. */
  idle(): Promise<void>;
  /** What the node's health follows from, as far as its services know. */
  vitals(): Promise<
    Pick<Vitals, 'stores' | 'native' | 'nativeNeeded' | 'twin' | 'othersSend' | 'givenUp' | 'jobs'>
  >;
  /** What its operator should know, although it can do its work. */
  notes(): readonly Note[];
  /** How many tasks run. */
  underWay(): number;
  /** Proofs that are made at once. */
  places(): number;
}

/** The services that the node's roles need. */
export async function openServices(given: Common, machine: Machine, opened: Opened): Promise<Services> {
  const twin = new Twin({
    account: given.account,
    log: given.log,
    onFailure: (code) => given.metrics.failed(code),
  });
  const takeUp = new TakeUp(twin.account, given.shelf);
  const common = { ...given, account: twin.account, takeUp };
  const { settings, live, contracts, sender, account, shelf, metrics, outlook, log } = common;
  const feeBps = Number(await contracts.market.feeBps());
  const cache = new FolderStore(path.join(settings.dataDir, 'artifacts'));
  const onFailure = (code: string): void => metrics.failed(code);
  const stores = openNodeStore({
    places: settings.store,
    cache,
    token: settings.storeToken,
    identity: identityOf(sender.wallet, account.address),
    log,
    onFailure,
  });
  const { store } = stores;
  const { clock } = machine;
  const attempts = new Attempts({ log, clock, onFailure });
  const refused = await RefusedModels.load(path.join(settings.dataDir, 'refused-models.json'), log);
  const trust = await openTrust({ settings, log, onFailure });
  const openLane = (runner: SliceRunner): Lane => {
    opened.defer(() => runner.close());
    const workshop = openWorkshop();
    opened.defer(() => workshop.close());
    return { runner, workshop };
  };
  const offered = openLane(machine.openRunner({ refused }, trust));
  const atStake = openLane(machine.openRunner({ refused, models: new ModelProcess() }));
  const catalog = new ModelCatalog(contracts, store, attempts);
  const gasUsed = await GasUsed.load(path.join(settings.dataDir, 'gas.json'), () => live.now, {
    owner: true,
    log,
  });
  const pricer = new Pricer(() => live.now, common.speed, gasUsed);
  const { pollSeconds } = settings;
  const provers = settings.roles.includes('prove')
    ? openProvers(common, { cache, store }, machine)
    : undefined;
  opened.defer(() => provers?.close());
  const pace = new ChainPace(common.provider, sender.address, clock, pollSeconds);
  const stakes = new Stakes({
    get limits() {
      return live.now;
    },
    get lists() {
      return live.lists;
    },
    catalog,
    get capacity() {
      return { workers: provers?.places ?? 0, safety: live.now.capacitySafety };
    },
    pollSeconds,
    pace,
    disk: new Disk(settings.dataDir, clock),
    underWay: {
      account: account.address,
      get gas() {
        return pricer.gas;
      },
      proves: settings.roles.includes('prove'),
      traceGas: (job) => {
        const model = catalog.ready(job.modelId);
        return model ? traceGas(traceSizeOf(job, model)) : 0n;
      },
      verifierGas: ({ modelId }, slice) =>
        BigInt(catalog.ready(modelId)?.manifest.slices[slice]?.external?.gasLimit ?? 0),
    },
  });
  const signedBids = await SignedBids.load(
    {
      ...common,
      get aggregators() {
        return live.now.aggregator;
      },
      get signing() {
        return live.now.bids === 'sign';
      },
      stakes,
      gasUsed,
      file: path.join(settings.dataDir, 'signed-bids.json'),
      randomBytes,
      clock,
    },
    twin,
  );
  const places = new Places(settings.workers);
  const tools = {
    cache,
    store,
    clock,
    attempts,
    ...offered,
    atStake,
    catalog,
    pricer,
    gasUsed,
    stakes,
    signedBids,
    places,
    begun: places,
    onFailure,
  };

  const proving = provers && (await openProving(common, { ...tools, provers }, machine, opened));
  const executor = settings.roles.includes('execute')
    ? new Executor({
        ...common,
        ...tools,
        turns: new Turns(account.address, common.rivals.executors),
        get models() {
          return live.now.models;
        },
        get backstopSeconds() {
          return live.now.backstopSeconds;
        },
        executions: new Executions(path.join(settings.dataDir, 'executions'), { owner: true, log }),
        readiness: proving?.readiness,
        randomBytes,
      })
    : undefined;
  if (executor && !proving) {
    log.warn('executes without proving: its bonds depend on others proving in time');
  }
  const keeperBudget = await KeeperBudget.load({
    get limit() {
      return live.now.keeperBudget;
    },
    file: path.join(settings.dataDir, 'keeper.json'),
    log,
    clock: Date.now,
  });
  const keeper = new Keeper({
    contracts,
    sender,
    account: account.address,
    attempts,
    gasUsed,
    get pricing() {
      return live.now;
    },
    get slashing() {
      return live.now.keeper;
    },
    get maxGasPrice() {
      return live.now.maxGasPrice;
    },
    budget: keeperBudget,
    log,
  });
  const decisions = new Decisions({
    dataDir: settings.dataDir,
    log,
    amount: common.amount,
    onRefusal: (code, count) => metrics.refused(code, count),
  });
  let gasPrice: bigint | undefined;
  const tidy: Service = {
    consider: (snapshot) => {
      const open = new Set(snapshot.jobs.map(({ id }) => id));
      attempts.keepJobs(open);
      outlook.keepJobs(open);
      decisions.note(outlook.jobs(), snapshot);
      gasPrice = snapshot.gasPrice;
      sender.lookOut();
      void shelf.keepUnkept();
      attempts.ensure('top up', {}, () => topUp(contracts, sender, settings.depositTarget, log));
    },
  };
  const asking = { catalog, proving, executor, pricer, feeBps, amount: common.amount };
  return {
    all: [
      stakes,
      signedBids,
      twin,
      takeUp,
      ...(executor ? [executor] : []),
      ...(proving?.services ?? []),
      keeper,
      tidy,
    ],
    asks: () => (gasPrice === undefined ? [] : asksOf(asking, gasPrice)),
    refused: () => refused.all(),
    async drain(graceSeconds) {
      executor?.stop();
      proving?.bidder.stop();
      places.stop();
      await proving?.queue.close(graceSeconds);
    },
    async idle() {
      await attempts.idle();
      await decisions.idle();
    },
    async vitals() {
      await stores.look();
      return {
        stores: { away: stores.away(), of: stores.count },
        native: pace.native,
        nativeNeeded: jobGas(settings.roles, pricer.gas) * (gasPrice ?? 0n),
        twin: twin.seen,
        othersSend: sender.othersSend,
        givenUp: live.now.models.flatMap((modelId) =>
          givenUpOf(modelId, catalog, attempts, proving?.readiness),
        ),
        jobs: outlook.jobs(),
      };
    },
    notes: () => [
      ...(keeperBudget.exhausted ? [budgetSpent(keeperBudget.limit)] : []),
      ...fallbackNotes(trust),
    ],
    underWay: () => attempts.underWay - places.waiting,
    places: () => provers?.places ?? 0,
  };
}

function budgetSpent(limit: bigint): Note {
  return {
    code: 'KEEPER_BUDGET',
    text: `the keeper leaves others’ defaults: keeper-budget, ${limit} wei, is spent for today`,
  };
}

/** Why a model of the settings, or a slice of it, is given up. */
function givenUpOf(
  modelId: string,
  catalog: ModelCatalog,
  attempts: Attempts,
  readiness: Readiness | undefined,
): string[] {
  const whole = catalog.givenUp(modelId) ?? attempts.refusalOf(`rehearse ${modelId}`);
  const slices = (catalog.find(modelId)?.manifest.slices ?? []).map(({ id }) => ({
    what: `slice ${id} of ${modelId}`,
    failure: readiness?.givenUp(modelId, id),
  }));
  return [{ what: `model ${modelId}`, failure: whole }, ...slices].flatMap(({ what, failure }) =>
    failure ? [`${what}: ${failure.code} ${failure.message}`] : [],
  );
}

/** What proves for this node. */
function openProvers(
  { settings, log }: Common,
  stores: { readonly cache: FolderStore; readonly store: ArtifactStore },
  machine: Machine,
): Provers {
  const { workers, databaseUrl, name } = settings;
  const pool = machine.openPool();
  if (databaseUrl === undefined) return ownProvers(pool, workers);
  const maxMemory = memoryOfMachine();
  return openSharedProvers({ ...stores, pool, workers, databaseUrl, name, maxMemory, log });
}

interface Tools {
  readonly cache: FolderStore;
  readonly store: ArtifactStore;
  readonly clock: () => number;
  readonly attempts: Attempts;
  readonly runner: SliceRunner;
  readonly workshop: Workshop;
  readonly atStake: Lane;
  readonly catalog: ModelCatalog;
  readonly pricer: Pricer;
  readonly gasUsed: GasUsed;
  readonly stakes: Stakes;
  readonly signedBids: SignedBids;
  readonly places: Places;
  readonly begun: Places;
  readonly onFailure: (code: string) => void;
}

async function openProving(
  common: Common & { readonly takeUp: TakeUp },
  tools: Tools & { readonly provers: Provers },
  machine: Machine,
  opened: Opened,
): Promise<{
  readonly services: readonly Service[];
  readonly bidder: Bidder;
  readonly queue: { close(graceSeconds: number): Promise<void> };
  readonly circuits: Circuits;
  readonly readiness: Readiness;
}> {
  const { settings, live, contracts, account, speed, outlook, log, takeUp } = common;
  const { dataDir } = settings;
  const { attempts, catalog, provers } = tools;
  outlook.begin('opening the queue of proofs');
  const queue = await machine.openQueue();
  opened.defer(() => queue.close(0));
  const externalProvers = new ExternalProvers(settings.externalProver, settings.proverTimeoutSeconds);
  const circuits = new Circuits({ ...common, ...tools, externalProvers, dataDir, randomBytes });
  const statementOf = (lane: Lane): StatementOptions => {
    const traces = new TraceTensors({ ...tools, ...lane });
    return { contracts, runner: lane.runner, traces, prover: account.address };
  };
  const statement = { offered: statementOf(tools), atStake: statementOf(tools.atStake) };
  const readiness = new Readiness({ circuits, attempts, statement: statement.offered });
  const bidder = new Bidder({
    ...common,
    ...tools,
    readiness,
    turns: new Turns(account.address, common.rivals.bidders),
    get policy() {
      return live.now.bidding;
    },
    get capacity() {
      return { workers: provers.places, safety: live.now.capacitySafety };
    },
    get backstopSeconds() {
      return live.now.backstopSeconds;
    },
  });
  const prover = new Prover({
    ...common,
    ...tools,
    account: account.address,
    queue: queue.tasks,
    get workers() {
      return provers.places;
    },
    circuits,
    readiness,
    statement,
    get capacitySafety() {
      return live.now.capacitySafety;
    },
    get backstopSeconds() {
      return live.now.backstopSeconds;
    },
  });
  const handIn = new HandIn({
    ...common,
    ...tools,
    contracts,
    get aggregators() {
      return live.now.aggregator;
    },
    get settleMargin() {
      return live.now.settleMargin;
    },
  });
  const warming = new Warming(catalog, readiness, () => live.now.models, takeUp);
  const measuring: Service = {
    consider() {
      if (takeUp.pending) return;
      attempts.ensure('measure speed', {}, () => measureSpeed(speed, provers, randomBytes, log));
    },
  };
  return { services: [bidder, prover, handIn, measuring, warming], bidder, queue, circuits, readiness };
}
