import type { Sender } from '../protocol/chain/sending/sender.ts';
import { depositToLedger } from '../protocol/contracts/deposits.ts';
import type { Contracts } from '../protocol/contracts/market.ts';
import type { Log } from '../protocol/log.ts';

/**
 * Brings the ledger up to a target, what is reserved counted, from the account's wallet.
 * @throws ChainError ASSET_TOO_LITTLE, CHAIN_REVERTED
 */
export async function topUp(contracts: Contracts, sender: Sender, target: bigint, log: Log): Promise<void> {
  const [balance, reserved] = await contracts.market.accountOf(sender.address);
  const missing = target - balance - reserved;
  if (missing <= 0n) return;
  await depositToLedger(sender, contracts, missing);
  log.info({ deposited: missing.toString(), target: target.toString() }, 'ledger topped up');
}
