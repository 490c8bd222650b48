import type { MeasuredProof } from './worker-messages.ts';

/** One slice to prove. */
export interface ProveJob {
  /** The .zkey's bytes (not changed afterwards) or the path of its file. */
  readonly provingKey: Uint8Array | string;
  /** The .wtns's bytes. */
  readonly witness: Uint8Array;
  /** Gives the job up; a running proof is killed with its process. */
  readonly signal?: AbortSignal;
}

/** What is told of a job to a pool that others share: see `prover-node/workers`. */
export interface SharedJob extends ProveJob {
  /** The key by its digest, where others can fetch it. */
  readonly key?: { readonly sha256: string; readonly bytes: number };
  /** Larger goes first. Default: 0. */
  readonly priority?: number;
}

/** Processes that prove. */
export interface ProverPool {
  /**
   * Proves one job when a process is free; jobs start in the order they came.
   *
   * @throws ProveError PROVE_* for a job: PROVE_WITNESS_LENGTH, PROVE_SCALAR_RANGE, PROVE_KEY_*, PROVE_COMMAND_*,
   * PROVE_FAILED, PROVE_ABORTED; PROVER_* for the processes: PROVER_WORKER_LOST (retryable: it died),
   * PROVER_WORKER_START, PROVER_POOL_CLOSED; FORMAT_*, ZKEY_* and WITNESS_* codes of the formats for broken files
   */
  prove(job: ProveJob): Promise<MeasuredProof>;
  /** Process ids of the workers alive now. */
  readonly processIds: readonly number[];
  /** Kills the processes; jobs that wait or run reject with PROVER_POOL_CLOSED. */
  close(): Promise<void>;
}
