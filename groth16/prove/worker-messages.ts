import type { BackendName, ProvedStatement } from './backend.ts';

/** Pool to worker process. */
export interface ProveRequest {
  readonly id: number;
  readonly backend: BackendName;
  readonly key: {
    /** Equal for equal keys: the worker keeps the last one. */
    readonly id: string;
    /** The key's bytes or the path of its file; absent when the worker has it. */
    readonly source?: Uint8Array | string;
  };
  readonly witness: Uint8Array;
}

/** Worker process to pool. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'proved'; readonly id: number } & MeasuredProof)
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly retryable: boolean;
    };

/** A proof with what it took. */
export interface MeasuredProof extends ProvedStatement {
  /** Wall time, reading a new key included. */
  readonly proveSeconds: number;
  /** Processor time of the worker process, user and system. */
  readonly cpuSeconds: number;
  /** Highest resident memory of the worker process during the proof (outside Linux: in its life so far). */
  readonly peakRssBytes: number;
}
