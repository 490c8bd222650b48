import { getAddress } from 'ethers';
import type { TextSigner } from '../chain/account.ts';
import type { StoreIdentity } from './signed-request.ts';

/**
 * Signs as an account.
 * @param account whom it acts for: one that named the signer its operator. Default: the signer's own.
 */
export function identityOf(
  signer: Pick<TextSigner, 'address' | 'signMessage'>,
  account?: string,
): StoreIdentity {
  return {
    account: account === undefined ? signer.address : getAddress(account),
    signMessage: (text) => signer.signMessage(text),
  };
}
