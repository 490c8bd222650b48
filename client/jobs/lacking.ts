import type { ChainError } from '../../protocol/chain/errors.ts';
import { nameRevert, revertName } from '../../protocol/chain/revert.ts';
import { contractInterfaces } from '../../protocol/contracts/market.ts';

/**
 * What a ledger lacks for a call that is tried without being sent; 0 if the call goes through.
 * @throws what else the market refuses it for
 */
export async function lackingFor(tried: Promise<unknown>): Promise<bigint> {
  try {
    await tried;
    return 0n;
  } catch (error) {
    const named = nameRevert(error, contractInterfaces);
    if (revertName(named) !== 'InsufficientBalance') throw named;
    const { available, needed } = (named as ChainError).details as { available: bigint; needed: bigint };
    return needed - available;
  }
}
