import path from 'node:path';
import { getAddress, Wallet } from 'ethers';
import { sameAddress } from '../../protocol/chain/same-address.ts';
import { followLogs } from '../../protocol/chain/follow.ts';
import type { Head } from '../../protocol/chain/head.ts';
import { connect, WHILE_SOMEBODY_WAITS } from '../../protocol/chain/provider.ts';
import { openAsset } from '../../protocol/contracts/asset.ts';
import { readDeployment } from '../../protocol/contracts/read-deployment.ts';
import { expectChain, openContracts } from '../../protocol/contracts/market.ts';
import { createLog } from '../../protocol/log.ts';
import { readPrivateKey } from '../../protocol/private-key.ts';
import type { Snapshot } from '../chain/state.ts';
import { ChainView } from '../chain/view.ts';
import { ProofShelf } from '../prove/proofs.ts';
import type { NodeSettings } from '../settings.ts';
import { Earnings, type EarningsTotals } from '../earnings/earnings.ts';
import { askRunningNode } from './place.ts';
import type { StatusReport } from './report.ts';
import { proofRows, type ProofRow } from './server.ts';

/** What `sliceproof node status` shows. */
export interface NodeStatus {
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
  /** What the node itself says, when it runs and serves its status. */
  readonly running: StatusReport | null;
}

/** @returns the status, and how amounts are written for people */
export async function readStatus(
  settings: NodeSettings,
): Promise<{ readonly status: NodeStatus; readonly format: (amount: bigint) => string }> {
  const log = createLog(settings.name, 'warn');
  const account = getAddress(
    settings.account ?? new Wallet(await readPrivateKey(settings, process.env)).address,
  );
  const deployment = await readDeployment(settings.deployment);
  const provider = await connect({
    rpc: settings.rpc,
    rpcRate: settings.rpcRate,
    log,
    ...WHILE_SOMEBODY_WAITS,
  });
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
          .filter(({ state, holder }) => state === 'held' && sameAddress(holder, account))
          .map(({ index, unitPrice, windowEnd, lockEnd }) => ({
            jobId: job.id,
            slice: index,
            unitPrice,
            windowEnd,
            lockEnd,
          })),
      ),
      proofs: proofRows(shelf),
      running: (await askRunningNode(settings.dataDir)) ?? null,
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
      });
      let head: Head | undefined;
      for await (const found of blocks) {
        view.hear(found.logs);
        earnings.hear(found.logs);
        head = found.head;
        if (found.caughtUp) break;
      }
      end.abort();
      if (!head) throw end.signal.reason;
      return view.read(head);
    }
  } finally {
    provider.destroy();
  }
}
