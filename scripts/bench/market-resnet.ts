import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Processes } from '../demo/processes.ts';
import type { Benchmark } from './benchmark.ts';
import { marketTable } from './market/table.ts';
import { runMarket } from './market/run.ts';

const BLOCK_SECONDS = 2;
/** SLICEPROOF_BENCH_NETWORK=perceptron goes the same way in a minute; it is not to be recorded. */
const NETWORK = process.env.SLICEPROOF_BENCH_NETWORK ?? 'ResNet-18, 32×32 colour, 10 classes';

/** A network that people have, whole on a market. */
export const marketResnet: Benchmark = {
  name: 'market-resnet',
  title: 'ResNet-18 on a market',
  run: async (log) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
    const processes = new Processes(path.join(folder, 'logs'));
    try {
      const setting = { network: NETWORK, blockSeconds: BLOCK_SECONDS };
      const run = await runMarket({ ...setting, folder }, processes, log);
      return marketTable(run, setting);
    } finally {
      await processes.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
