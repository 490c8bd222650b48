import { SliceproofError } from '../../../protocol/errors.ts';

/** A copy of `bytes` with other ones at `at`. */
export function patched(bytes: Uint8Array, at: number, replacement: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(replacement, at);
  return copy;
}

/** The code of the error that `action` throws; 'none' when it throws nothing, the error itself when it is not ours. */
export function codeOf(action: () => unknown): unknown {
  try {
    action();
    return 'none';
  } catch (error) {
    return error instanceof SliceproofError ? error.code : error;
  }
}

/** As {@link codeOf} for a promise. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'none',
    (error: unknown) => (error instanceof SliceproofError ? error.code : error),
  );
}
