import path from 'node:path';
import type { Client } from '../../../client/client.ts';
import { jobResult, type JobResult } from '../../../client/jobs/job-result.ts';
import type { JobStatus } from '../../../client/jobs/job-status.ts';
import { readPublishedModel } from '../../../client/jobs/read-model.ts';
import { splitWhole, wholeInputs } from '../../../protocol/wholes.ts';
import { demoAccounts } from '../../demo/accounts.ts';
import { deployMarket } from '../../demo/deployment.ts';
import { runErrands } from '../../demo/errands.ts';
import { askNodes, nodesAsks, readProofs, type NodeProof } from '../../demo/nodes.ts';
import type { Processes } from '../../demo/processes.ts';
import { linesOnly } from '../../demo/screen.ts';
import { NODE_NAMES, startChainAndStore, startServices, type Places } from '../../demo/services.ts';
import { untilOver, type Progress } from '../until-over.ts';
import { readJobLife, type JobLife } from './read-job.ts';
import { build, publish, verify, type Built, type Published, type Verified } from './steps.ts';
import type { Usage } from './usage.ts';

export interface MarketRun {
  readonly built: Built;
  readonly published: Published;
  readonly status: JobStatus;
  /** Jobs that were posted before, and given up. */
  readonly abandoned: number;
  readonly life: JobLife;
  readonly result: JobResult;
  readonly verified: Verified;
  /** Of the job that was finalized. */
  readonly proofs: readonly NodeProof[];
  /** By the name of a process: when all nodes were ready, and when the job was finalized. */
  readonly usage: ReadonlyMap<string, { readonly ready: Usage; readonly end: Usage }>;
  readonly format: Client['asset']['format'];
}

export interface MarketToRun {
  /** One of MARKET_NETWORKS. */
  readonly network: string;
  readonly blockSeconds: number;
  /** Of this run's own; 8 GiB for a network of a million constraints. */
  readonly folder: string;
}

/** Many times dearer and slower than the nodes measured: they share a machine, with one another and with others. */
const SLACK = 8;

/**
 * A network's whole way over a market of a chain, a store, an aggregator and three nodes, as processes: built, published, asked about
 * one input, proved in all its slices, settled, and its receipt checked.
 * @throws BenchError BENCH_STUCK, BENCH_PROCESS; SliceproofError DEMO_PROCESS_ENDED
 */
export async function runMarket(
  { network, blockSeconds, folder }: MarketToRun,
  processes: Processes,
  log: (line: string) => void,
): Promise<MarketRun> {
  const model = path.join(folder, 'model');
  log(`building ${network}`);
  const built = await build(network, model);
  log('publishing');
  const ground = await startChainAndStore(processes, folder, ['--block-time', String(blockSeconds)]);
  const accounts = demoAccounts();
  const client = await deployMarket(ground, accounts);
  try {
    const published = await publish(ground, model);
    const manifest = await readPublishedModel(client, published.modelId);
    const from = await client.provider.getBlockNumber();
    const screen = linesOnly(log);
    const services = await startServices(processes, ground, folder, accounts, published.modelId);
    const inputs = splitWhole(wholeInputs(manifest.manifest)[0], Float64Array.from(built.input));
    const provable = manifest.manifest.slices.filter((slice) => slice.provable).length;
    const work = async (): Promise<Pick<MarketRun, 'status' | 'abandoned' | 'usage'>> => {
      await nodesAsks(services, published.modelId, provable, screen);
      const ready = usageOf(processes);
      const [{ status, abandoned }] = await runErrands(
        { client, model: manifest, screen, accounts, places: services, slack: SLACK },
        [inputs],
      );
      const end = usageOf(processes);
      const usage = new Map([...end].map(([name, used]) => [name, { ready: ready.get(name), end: used }]));
      return { status, abandoned: abandoned.length, usage };
    };
    const done = await unlessStuck(work(), client, services, processes);
    const { jobId } = done.status;
    const proofs = await readProofs(services);
    log('checking the receipt');
    return {
      ...{ built, published, ...done },
      life: await readJobLife(client, from, jobId),
      result: await jobResult(client, jobId),
      verified: await verify(ground, jobId),
      proofs: proofs.filter((proof) => proof.jobId === jobId),
      format: (amount, digits) => client.asset.format(amount, digits),
    };
  } finally {
    client.close();
  }
}

function usageOf(processes: Processes): ReadonlyMap<string, Usage> {
  return new Map(
    [...NODE_NAMES, 'aggregator', 'store', 'chain'].map((name) => [name, processes.usageOf(name)]),
  );
}

/** The work's result; fails when a process ends, or when neither the chain nor any node gets on for long. */
async function unlessStuck<T>(
  work: Promise<T>,
  { contracts: { deployment }, provider }: Client,
  services: Pick<Places, 'nodes'>,
  processes: Processes,
): Promise<T> {
  let over = false;
  const look = async (): Promise<Progress> => {
    if (over) return { over, state: 'over' };
    const [events, reports] = await Promise.all([
      provider.getLogs({ address: deployment.addresses.market, fromBlock: deployment.block }),
      askNodes(services),
    ]);
    const nodes = reports.map(({ name, doing, models }) => {
      const ready = models.reduce((sum, { slices }) => sum + slices.length, 0);
      return `${name} ${doing}, ${ready} slices ready`;
    });
    return { over, state: [`${events.length} events`, ...nodes].join('; ') };
  };
  const ended = work.finally(() => {
    over = true;
  });
  const stuck = untilOver(look).then(() => ended);
  // Whoever comes first is listened to; what the others say when all is stopped is nobody's.
  stuck.catch(() => undefined);
  return Promise.race([ended, stuck, processes.failure]);
}
