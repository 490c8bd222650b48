import { SliceproofError } from '../errors.ts';
import type { Artifact } from './digest.ts';

/** What goes wrong between a side and the artifact store. */
export class StoreError extends SliceproofError {}

/** The largest artifact that is taken or fetched when the caller names no bound: 512 MiB. */
export const DEFAULT_MAX_BYTES = 512 * 1024 * 1024;

/** Who may fetch an artifact: anybody, or those with a stake in a job that it belongs to. */
export const VISIBILITIES = ['public', 'private'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export interface GetOptions {
  /** Give up on an artifact larger than this. Default {@link DEFAULT_MAX_BYTES}. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface PutOptions {
  /** Who may fetch it from a store that knows accounts. Default: everybody. */
  readonly visibility?: Visibility;
}

/**
 * Where artifacts (models, keys, inputs, traces) are kept, addressed by the sha-256 of their bytes. Nobody
 * trusts a store: `get` answers only bytes whose digest is the one asked for.
 */
export interface ArtifactStore {
  /**
   * @param sha256 0x and 64 hexadecimal digits
   * @throws StoreError STORE_NOT_FOUND; STORE_WRONG_BYTES (a lying or damaged store); STORE_TOO_LARGE;
   * STORE_UNREACHABLE (retryable)
   */
  get(sha256: string, options?: GetOptions): Promise<Uint8Array>;
  /**
   * @throws StoreError STORE_FULL, STORE_QUOTA, STORE_UNAUTHORISED, STORE_FORBIDDEN, STORE_REFUSED, STORE_UNREACHABLE
   * (retryable)
   */
  put(bytes: Uint8Array, options?: PutOptions): Promise<Artifact>;
}
