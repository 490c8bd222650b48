import path from 'node:path';
import { Command } from 'commander';
import { getAddress, Wallet } from 'ethers';
import { followLogs } from '../../protocol/chain/follow.ts';
import { connect } from '../../protocol/chain/provider.ts';
import { openAsset } from '../../protocol/contracts/asset.ts';
import { readDeployment } from '../../protocol/contracts/deployment.ts';
import { expectChain, openContracts } from '../../protocol/contracts/market.ts';
import { createLog } from '../../protocol/log.ts';
import { readPrivateKey } from '../../protocol/private-key.ts';
import { printJson, printTable, standardOutput } from '../../protocol/terminal/output.ts';
import type { Snapshot } from '../chain/state.ts';
import { ChainView } from '../chain/view.ts';
import { ProofShelf } from '../prove/proofs.ts';
import { nodeService, type NodeSettings } from '../settings.ts';
import { Earnings, type EarningsTotals } from '../status/earnings.ts';
import { proofRows, type ProofRow } from '../status/server.ts';
import { settingsOf, withSettings, type SettingsFlags } from '../../protocol/terminal/service-settings.ts';

/** `sliceproof node status` */
export function statusCommand(): Command {
  return withSettings(new Command('status'), nodeService)
    .summary('show ledger, holds, proofs and earnings of a node')
    .description('Reads the chain and the node’s data folder; the node may run meanwhile or not.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ sliceproof node status --config node.toml --json')
    .action(async ({ json, ...flags }: SettingsFlags) => {
      const { values: settings } = settingsOf(nodeService, flags);
      const account = settings.account ?? new Wallet(await readPrivateKey(settings, process.env)).address;
      const { status, format } = await readStatus(settings, getAddress(account));
      const output = standardOutput(json !== undefined);
      if (output.json) return printJson(output, status);
      printTable(
        output,
        ['account', 'free', 'reserved', 'proving', 'executing', 'keeping', 'slashed'],
        [
          [
            status.account,
            format(status.balance),
            format(status.reserved),
            format(status.earnings.proving),
            format(status.earnings.executing),
            format(status.earnings.keeping),
            format(status.earnings.slashed),
          ],
        ],
      );
      printTable(
        output,
        ['held slice', 'of job', 'unit price', 'window ends', 'hold ends'],
        status.holds.map(({ jobId, slice, unitPrice, windowEnd, lockEnd }) => [
          slice,
          jobId,
          unitPrice,
          timeOf(windowEnd),
          timeOf(lockEnd),
        ]),
      );
      printTable(
        output,
        ['proved slice', 'of job', 'constraints', 'prove s', 'CPU s', 'peak MiB', 'outcome', 'price'],
        status.proofs.map((row) => [
          row.slice,
          row.jobId,
          row.constraints,
          row.proveSeconds.toFixed(2),
          row.cpuSeconds.toFixed(2),
          Math.round(row.peakRssBytes / 2 ** 20),
          row.outcome,
          row.pricePaid === null ? '–' : format(BigInt(row.pricePaid)),
        ]),
      );
    });
}

interface NodeStatus {
  readonly account: string;
  readonly balance: bigint;
  readonly reserved: bigint;
  readonly earnings: EarningsTotals;
  readonly holds: readonly {
    readonly jobId: string;
    readonly slice: number;
    readonly unitPrice: bigint;
    readonly windowEnd: number;
    readonly lockEnd: number;
  }[];
  readonly proofs: readonly ProofRow[];
}

/** @returns the status, and how amounts are written for people */
async function readStatus(
  settings: NodeSettings,
  account: string,
): Promise<{ readonly status: NodeStatus; readonly format: (amount: bigint) => string }> {
  const log = createLog(settings.name, 'warn');
  const deployment = await readDeployment(settings.deployment);
  const provider = await connect({ rpc: settings.rpc, log });
  try {
    expectChain(deployment, provider._network.chainId);
    const contracts = openContracts(deployment, provider);
    const earnings = new Earnings(contracts.market, account);
    const view = new ChainView({ provider, contracts, account, log, lookedAt: () => false });
    const shelf = await ProofShelf.open(path.join(settings.dataDir, 'proofs'));
    const snapshot = await snapshotOf();
    const asset = await openAsset(contracts);
    const status: NodeStatus = {
      account,
      balance: snapshot.balance,
      reserved: snapshot.reserved,
      earnings: earnings.totals(),
      holds: snapshot.jobs.flatMap((job) =>
        job.slices
          .filter(({ state, holder }) => state === 'held' && holder.toLowerCase() === account.toLowerCase())
          .map(({ index, unitPrice, windowEnd, lockEnd }) => ({
            jobId: job.id,
            slice: index,
            unitPrice,
            windowEnd,
            lockEnd,
          })),
      ),
      proofs: proofRows(shelf),
    };
    return { status, format: (amount) => asset.format(amount) };

    async function snapshotOf(): Promise<Snapshot> {
      const end = new AbortController();
      const blocks = followLogs({
        provider,
        addresses: [deployment.addresses.market],
        fromBlock: deployment.block,
        log,
        signal: end.signal,
        pollingInterval: 250,
      });
      let head = 0;
      for await (const found of blocks) {
        view.hear(found.logs);
        earnings.hear(found.logs);
        head = found.head;
        if (found.caughtUp) break;
      }
      end.abort();
      return view.read(head);
    }
  } finally {
    provider.destroy();
  }
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
