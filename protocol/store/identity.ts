import { getAddress, type Wallet } from 'ethers';
import type { StoreIdentity } from './signed-request.ts';

/**
 * Signs with a key.
 * @param account whom it acts for: one that named the key its operator. Default: the key's own.
 */
export function identityOf(wallet: Wallet, account?: string): StoreIdentity {
  return {
    account: account === undefined ? wallet.address : getAddress(account),
    signMessage: (text) => wallet.signMessage(text),
  };
}
