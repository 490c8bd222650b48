import { concat, getCreate2Address, keccak256, type Provider, type Signer } from 'ethers';
import { SliceproofError } from '../../protocol/errors.ts';

/**
 * The deterministic deployment proxy that is at this address on most chains: it takes a salt and the code that creates a contract,
 * and its address follows from these two, whoever sends them.
 */
export const FACTORY = '0x4e59b44847b379578588920cA78FbF26c0B4956C';

/** The proxy's whole code. */
const FACTORY_CODE =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3';
/** Where it is not yet: a transaction, signed for all chains by a key that nobody has, that makes it for 100,000 gas at 100 gwei. */
const MAKER = '0x3fAB184622Dc19b6109349B94811493BF2a45362';
const MADE_BY =
  '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222';
const MAKING_COSTS = 10n ** 16n;

/** Where the factory makes a contract. @param init what creates it, arguments included */
export function addressOf(salt: string, init: string): string {
  return getCreate2Address(FACTORY, salt, keccak256(init));
}

/** What is sent to the factory. */
export function creation(salt: string, init: string): { readonly to: string; readonly data: string } {
  return { to: FACTORY, data: concat([salt, init]) };
}

/**
 * Makes sure that the factory is there.
 * @throws SliceproofError DEPLOYMENT_FAILED where something else is at its address, or the chain doesn't take its transaction
 */
export async function ensureFactory(provider: Provider, signer: Signer): Promise<void> {
  const found = await provider.getCode(FACTORY);
  if (found === FACTORY_CODE) return;
  if (found !== '0x') throw failed('another contract is at its address');
  const lacking = MAKING_COSTS - (await provider.getBalance(MAKER));
  if (lacking > 0n) await (await signer.sendTransaction({ to: MAKER, value: lacking })).wait();
  await (
    await provider.broadcastTransaction(MADE_BY).catch((cause: unknown) => {
      throw failed('the chain takes no transactions that are signed for all chains', cause);
    })
  ).wait();
  if ((await provider.getCode(FACTORY)) !== FACTORY_CODE) throw failed('its transaction made something else');
}

function failed(reason: string, cause?: unknown): SliceproofError {
  return new SliceproofError(
    'DEPLOYMENT_FAILED',
    `${FACTORY}, which makes contracts, can't be had: ${reason}`,
    {
      hint: 'See https://github.com/Arachnid/deterministic-deployment-proxy; contracts have the same addresses on every chain by it.',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
