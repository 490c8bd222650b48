import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable, SliceproofError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/log.ts';
import type { FolderStore } from '../../protocol/store/folder-store.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import { Groth16Error } from '../../groth16/errors.ts';
import type { ProverPool } from '../../groth16/prove/pool.ts';
import type { Exchange } from './exchange.ts';
import { Keys } from './keys.ts';
import type { Memory } from './memory.ts';
import type { Piece, PieceAnswer } from './piece.ts';

export interface TakeOptions {
  readonly exchange: Exchange;
  /** Named in answers. */
  readonly worker: string;
  /** Proofs made at once. */
  readonly places: number;
  readonly pool: Pick<ProverPool, 'prove'>;
  /** Asked for keys; what it gives is kept in the cache. */
  readonly store: ArtifactStore;
  readonly cache: FolderStore;
  readonly memory: Memory;
  readonly log: Log;
}

/** Milliseconds at most that a worker without enough memory for a piece waits before it gives it back. */
const STAND_BACK_MS = 3_000;

/** Makes proofs of the exchange, until that is closed. */
export function takePieces(options: TakeOptions): Promise<void> {
  const { exchange, worker, places, log } = options;
  const keys = new Keys(options);
  return exchange.take(async (piece, signal) => {
    try {
      return await prove(options, keys, piece, signal);
    } catch (error) {
      // Or else it would be there first again when the piece is.
      if (error instanceof Groth16Error && error.code === 'PROVE_MEMORY') {
        await sleep(Math.random() * STAND_BACK_MS, undefined, { signal });
      }
      // What is wrong with key or witness is wrong on every machine; anything else may pass, or go well elsewhere.
      if (!(error instanceof Groth16Error) || isRetryable(error) || keys.doubt(piece.key)) throw error;
      log.warn({ key: piece.key.sha256, code: error.code, reason: error.message }, 'proof refused');
      return { worker, failure: failureOf(error) } satisfies PieceAnswer;
    }
  }, places);
}

async function prove(
  { worker, pool, memory, log }: TakeOptions,
  keys: Keys,
  { key, witness }: Piece,
  signal: AbortSignal,
): Promise<PieceAnswer> {
  const started = performance.now();
  const provingKey = await keys.of(key, signal);
  const release = await memory.take(memory.estimate(key), signal);
  log.debug({ key: key.sha256 }, 'proof begun');
  try {
    const made = await pool.prove({
      provingKey,
      witness: Buffer.from(witness, 'base64'),
      signal,
    });
    const { proof, publicSignals, cpuSeconds, peakRssBytes } = made;
    memory.record(key.sha256, peakRssBytes);
    await keys.proved(key);
    // With the key's way here and the wait for memory: what it takes to have a proof made here.
    const proveSeconds = (performance.now() - started) / 1000;
    log.info({ key: key.sha256, proveSeconds, cpuSeconds, peakRssBytes }, 'proof made');
    return { worker, proof, publicSignals, proveSeconds, cpuSeconds, peakRssBytes };
  } finally {
    release();
  }
}

function failureOf({ code, message, hint }: SliceproofError) {
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
