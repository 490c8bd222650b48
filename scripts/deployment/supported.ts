import type { Provider } from 'ethers';
import { SliceproofError } from '../../protocol/errors.ts';

/**
 * Contracts that a kind of chain has at a fixed address, and what of it the market can't do with. They are looked for rather
 * than chain ids: chains of these kinds are many, and new ones come.
 */
const UNSUPPORTED = [
  {
    kind: 'Arbitrum and the chains made like it',
    address: '0x0000000000000000000000000000000000000064',
    because: 'block.number is another chain’s there, and blockhash no block’s, so audits could not be drawn',
  },
  {
    kind: 'zkSync and the chains made like it',
    address: '0x000000000000000000000000000000000000800b',
    because: 'code and addresses of contracts are made otherwise there, and keys and models are kept as code',
  },
] as const;

/**
 * Refuses a chain on which the contracts would not do what they promise.
 * @throws SliceproofError CHAIN_UNSUPPORTED
 */
export async function requireSupported(provider: Provider): Promise<void> {
  for (const { kind, address, because } of UNSUPPORTED) {
    if ((await provider.getCode(address)) === '0x') continue;
    throw new SliceproofError('CHAIN_UNSUPPORTED', `this chain is one of ${kind}: ${because}`, {
      hint: 'Deploy on Ethereum, or on a chain that runs its blocks and addresses as Ethereum does.',
    });
  }
}
