import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { openPool } from '../prover-pool.ts';
import { tryProver } from '../pricing/measure.ts';
import type { NodeSettings } from '../settings.ts';
import { LEAST_DISK } from '../stake/decide.ts';
import { diskFreeAt } from '../stake/disk.ts';
import { ill, look, ok, type Finding } from './finding.ts';

/** Bytes that a process which proves takes at its peak, for slices of 2^16 constraints. */
const PROVER_BYTES = 160 << 20;
/** Free bytes below which a disk is soon full: keys of some models. */
const SMALL_DISK = 2 ** 30;

const mib = (bytes: number): string => `${Math.floor(bytes / 2 ** 20).toLocaleString('en-US')} MiB`;

/** The data folder: whether it can be written to, and what is free there. */
export async function examineFolder({ dataDir }: Pick<NodeSettings, 'dataDir'>): Promise<Finding> {
  const what = 'data folder';
  const probe = path.join(dataDir, `.probe-${process.pid}`);
  try {
    await mkdir(dataDir, { recursive: true });
    await writeWhole(probe, '');
    await rm(probe);
  } catch (error) {
    return ill(
      what,
      `${dataDir} can't be written to: ${(error as Error).message}`,
      'Name another as data-dir, or give its user leave.',
    );
  }
  const free = await diskFreeAt(dataDir);
  if (free === undefined) return ok(what, `${dataDir} can be written to`);
  const found = `${dataDir}, ${mib(free)} free`;
  if (free < LEAST_DISK)
    return ill(what, found, `Make room: ${mib(LEAST_DISK)} are the least that a job needs.`);
  return free < SMALL_DISK
    ? look(what, found, 'Make room: keys and traces of some models fill it.')
    : ok(what, found);
}

/** Cores and memory beside `workers` and `threads`. */
export function examineWorkers({ workers, threads }: Pick<NodeSettings, 'workers' | 'threads'>): Finding {
  const what = 'workers';
  const cores = availableParallelism();
  const each = threads > 1 ? ` of ${threads} threads` : '';
  const found = `${workers}${each} on ${cores} cores and ${mib(totalmem())}`;
  if (workers * threads > cores) {
    const most = Math.max(1, Math.floor(cores / threads));
    const then = threads > cores ? `, and threads to ${cores}` : '';
    return look(what, found, `Set workers to ${most} at most${then}: more prove no faster, each slower.`);
  }
  return workers * PROVER_BYTES > totalmem() / 2
    ? look(what, found, `Each takes some ${mib(PROVER_BYTES)}: set fewer.`)
    : ok(what, found);
}

/** Proves a small circuit with what the settings say, and verifies the proof. */
export async function examineProver(settings: NodeSettings): Promise<Finding> {
  const what = `prover ${settings.backend}`;
  const pool = openPool({ ...settings, workers: 1 });
  try {
    const { constraints, proveSeconds, holds } = await tryProver(pool, (size) => randomBytes(size));
    const found = `${constraints.toLocaleString('en-US')} constraints in ${proveSeconds.toFixed(2)} s`;
    return holds
      ? ok(what, `${found}; the proof holds`)
      : ill(what, `${found}, and the proof does not hold`, 'Take the backend native-js.');
  } finally {
    await pool.close();
  }
}
