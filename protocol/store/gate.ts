import type { SignedRequest } from './signed-request.ts';
import type { UploadBook } from './upload-book.ts';

/** Decides who may put and fetch what at a store that is served. */
export interface Gate {
  readonly book: UploadBook;
  /** Whether an address, as a client signed it, is one of this store's. */
  isOwn(store: string): boolean;
  /**
   * Whether an upload may begin.
   * @returns whether its account holds nothing in the market: such share a part of the room
   * @throws StoreError STORE_FORBIDDEN
   */
  admitUpload(request: SignedRequest): Promise<{ readonly stranger: boolean }>;
  /** @throws StoreError STORE_FORBIDDEN; STORE_CHAIN_AWAY (retryable) */
  admitRead(request: SignedRequest): Promise<void>;
  /** An artifact came. */
  arrived(sha256: string): Promise<void>;
}
