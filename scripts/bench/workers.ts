import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import PQueue from 'p-queue';
import { createLog } from '../../protocol/log.ts';
import { FolderStore } from '../../protocol/store/folder-store.ts';
import type { MeasuredProof } from '../../groth16/prove/pool.ts';
import { developmentSetup } from '../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../groth16/setup/trapdoor.ts';
import { Exchange } from '../../prover-node/workers/exchange.ts';
import type { Piece, PieceAnswer } from '../../prover-node/workers/piece.ts';
import type { Benchmark } from './benchmark.ts';
import { cpuSecondsOf, rounded } from './benchmark.ts';
import { makeDatabase } from './database.ts';
import { sliceCircuit } from './slice-circuit.ts';
import { startWorkerProcess } from './worker-process.ts';

const POWER = 14;
const PROOFS = 24;
const ANSWERED_AT_ONCE = 1_000;
/** Pieces that one node has in the queue at once. */
const AT_ONCE = 64;

/** What workers on other machines add, and what the queue itself bears. */
export const workers: Benchmark = {
  name: 'workers',
  title: 'Workers over one queue',
  run: async (log) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
    const database = await makeDatabase('bench');
    const open = (): Promise<Exchange> =>
      Exchange.open({
        databaseUrl: database.url,
        instance: 'node bench',
        log: createLog('bench', 'silent'),
      });
    const rows: (string | number)[][] = [];
    try {
      const store = new FolderStore(path.join(folder, 'store'));
      const piece = await pieceIn(store);
      const exchange = await open();
      const settings = { databaseUrl: database.url, store: store.folder };
      for (const count of [1, 2, 4]) {
        log(`${count} of them`);
        const names = Array.from({ length: count }, (_, i) => `worker-${count}-${i}`);
        const processes = await Promise.all(names.map((name) => startWorkerProcess(folder, name, settings)));
        // Each has the key and its code warm.
        await askFor(exchange, piece, 3 * count);
        const begun = performance.now();
        const made = await askFor(exchange, piece, PROOFS);
        const wall = (performance.now() - begun) / 1000;
        const cpu = made.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / PROOFS;
        rows.push([count, PROOFS, rounded(wall, 1), rounded(PROOFS / wall, 2), rounded(cpu, 2), '–']);
        for (const process of processes) await process.stop();
      }
      await exchange.close();
      log('the queue alone');
      rows.push(await queueAlone(await open(), piece));
    } finally {
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    }
    return {
      about:
        `Proofs of one circuit (2^${POWER}) by worker processes of one place each, on one machine, asked for over a PostgreSQL on it, ` +
        `${AT_ONCE} at once. The last line has takers in the asking process who answer at once, so that only the queue takes time: its ` +
        'CPU is that of asking and taking, without the database’s.',
      columns: [
        'workers',
        'proofs',
        'wall s',
        'proofs a second',
        'CPU s a proof',
        'CPU ms of the queue a proof',
      ],
      rows,
    };
  },
};

async function pieceIn(store: FolderStore): Promise<Piece> {
  const { r1cs, makeWitness } = sliceCircuit(POWER);
  const phase1 = deriveDevelopmentPhase1(new TextEncoder().encode('bench'));
  const { provingKey } = await developmentSetup(r1cs, { phase1 });
  const { sha256, bytes } = await store.put(provingKey);
  return { key: { sha256, bytes }, witness: Buffer.from(makeWitness()).toString('base64') };
}

function askFor(exchange: Exchange, piece: Piece, times: number): Promise<MeasuredProof[]> {
  const asking = new PQueue({ concurrency: AT_ONCE });
  const ask = () => exchange.prove(piece, { priority: 0, signal: undefined });
  return asking.addAll(Array.from({ length: times }, () => ask));
}

async function queueAlone(exchange: Exchange, piece: Piece): Promise<(string | number)[]> {
  const proof: PieceAnswer = {
    worker: 'bench',
    proof: {
      pi_a: ['1', '2', '1'],
      pi_b: [
        ['1', '1'],
        ['1', '1'],
        ['1', '0'],
      ],
      pi_c: ['1', '2', '1'],
      protocol: 'groth16',
      curve: 'bn128',
    },
    publicSignals: [],
    proveSeconds: 0,
    cpuSeconds: 0,
    peakRssBytes: 0,
  };
  await exchange.take(() => Promise.resolve(proof), AT_ONCE);
  await askFor(exchange, piece, AT_ONCE);
  const begun = performance.now();
  const cpu = await cpuSecondsOf(() => askFor(exchange, piece, ANSWERED_AT_ONCE));
  const wall = (performance.now() - begun) / 1000;
  await exchange.close();
  return [
    'none prove',
    ANSWERED_AT_ONCE,
    rounded(wall, 1),
    rounded(ANSWERED_AT_ONCE / wall, 1),
    '–',
    rounded((1000 * cpu) / ANSWERED_AT_ONCE, 1),
  ];
}
