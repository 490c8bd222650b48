import { ChainError } from '../errors.ts';
import { revertName } from '../revert.ts';

/**
 * EIP-7825: no transaction may use more gas. Held on every chain: whether one enforces it can't be asked, one that doesn't
 * today may from its next fork on, and a stake can't be put up on what may be forbidden when it is due.
 */
export const TRANSACTION_GAS = 16_777_216n;

/** Pools take no larger transaction, in bytes, signature and all (geth's `txMaxSize`). */
export const TRANSACTION_BYTES = 128 * 1024;

/** A fifth above the estimate: prices ramp and windows close between simulation and block. */
const MARGIN = [6n, 5n] as const;

/**
 * The gas limit of a transaction: what was estimated and a fifth more, as far as block and transaction let it.
 * @param blockGas the limit of the latest block
 * @param spare what code that isn't known may use beyond the estimate
 * @throws ChainError CHAIN_GAS_LIMIT when the estimate itself is above that
 */
export function gasLimitFor(what: string, estimate: bigint, blockGas: bigint, spare = 0n): bigint {
  const most = mostGas(blockGas);
  if (estimate > most) throw tooMuchGas(what, `${estimate} gas`, most);
  const limit = (estimate * MARGIN[0]) / MARGIN[1] + spare;
  return limit > most ? most : limit;
}

/** The most gas that one transaction may have. */
export function mostGas(blockGas: bigint): bigint {
  return blockGas < TRANSACTION_GAS ? blockGas : TRANSACTION_GAS;
}

export function tooMuchGas(
  what: string,
  needs: string,
  most: bigint | undefined,
  cause?: unknown,
): ChainError {
  const limit = most === undefined ? 'more than the chain lets one' : `one may have ${most}`;
  return new ChainError('CHAIN_GAS_LIMIT', `${what} takes ${needs} in one transaction, ${limit}`, {
    hint: 'Nothing was sent. Do less at once.',
    cause,
  });
}

/** @param bytes of the signed transaction @throws ChainError CHAIN_TRANSACTION_TOO_LARGE */
export function expectFits(what: string, bytes: number): void {
  if (bytes > TRANSACTION_BYTES) throw tooLarge(what, `${bytes} bytes`);
}

export function tooLarge(what: string, has: string, cause?: unknown): ChainError {
  return new ChainError(
    'CHAIN_TRANSACTION_TOO_LARGE',
    `${what} has ${has} in one transaction, pools take ${TRANSACTION_BYTES} at most`,
    { hint: 'Nothing was sent. Do less at once.', cause },
  );
}

/**
 * Whether less of the same at once may be sent. A pairing check that is left too little gas by the RPC's limit, or a block's,
 * fails as that of a false proof does.
 */
export function isTooMuch(error: unknown): boolean {
  return (
    error instanceof ChainError &&
    (error.code === 'CHAIN_GAS_LIMIT' ||
      error.code === 'CHAIN_TRANSACTION_TOO_LARGE' ||
      revertName(error) === 'ProofCheckFailed')
  );
}
