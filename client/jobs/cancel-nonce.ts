import { getAddress } from 'ethers';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';

/**
 * Uses up a nonce that the acting account signed with: what it signed is worth nothing then.
 * @param signer as what was signed has it
 * @throws ClientError NOT_SIGNER; ChainError CHAIN_REVERTED: NonceAlreadyUsed
 */
export async function cancelNonce(
  { contracts, sender }: Client,
  signer: string,
  nonce: bigint,
): Promise<{ readonly nonce: bigint }> {
  if (getAddress(signer) !== sender.address) {
    throw new ClientError('NOT_SIGNER', `only ${signer} can cancel what it signed, not ${sender.address}`);
  }
  await sender.send('cancel-nonce', () => contracts.market.cancelNonce.populateTransaction(nonce));
  return { nonce };
}
