import { ethers } from './chain.ts';
import type { World } from './world.ts';

/** Alice's permit (ERC-2612) for the market to take `value` of the asset until `deadline`, inclusive. */
export async function permit(w: World, value: bigint, deadline: number | bigint) {
  const { name } = await w.token.eip712Domain();
  const signature = await w.alice.signTypedData(
    { name, version: '1', chainId: w.chainId, verifyingContract: w.addresses.asset },
    {
      Permit: [
        { name: 'owner', type: 'address' },
        { name: 'spender', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    {
      owner: w.alice.address,
      spender: w.addresses.market,
      value,
      nonce: await w.token.nonces(w.alice.address),
      deadline,
    },
  );
  return ethers.Signature.from(signature);
}
