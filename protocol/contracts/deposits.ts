import { Contract, hexlify, MaxUint256, randomBytes, Signature, type ContractTransaction } from 'ethers';
import type { SendingAccount } from '../chain/account.ts';
import { ChainError } from '../chain/errors.ts';
import { openAsset, type Asset } from './asset.ts';
import type { Contracts } from './market.ts';

const ABI = [
  'function allowance(address,address) view returns (uint256)',
  'function approve(address,uint256) returns (bool)',
  'function nonces(address) view returns (uint256)',
  'function eip712Domain() view returns (bytes1, string name, string version, uint256 chainId, address verifyingContract, bytes32, uint256[])',
];

/** Permit2, at the same address wherever it is. */
export const PERMIT2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3';

/** In the wallet there is the market's asset, or the chain's coin, which the market wraps where that is its asset. */
export type DepositFrom = 'asset' | 'coins';

/**
 * Moves an amount (10^-18 of the asset, as the ledger counts; rounded up to what the asset can move) into the sender's ledger,
 * in one transaction if nothing has to be approved.
 * @throws ChainError ASSET_TOO_LITTLE, COINS_TOO_LITTLE, CHAIN_REVERTED
 */
export async function depositToLedger(
  sender: SendingAccount,
  contracts: Contracts,
  amount: bigint,
  from: DepositFrom = 'asset',
): Promise<void> {
  const call =
    from === 'coins'
      ? await coinsCall(sender, contracts, await coinsFor(sender, contracts, amount))
      : await depositCall(sender, contracts, amount);
  await sender.send('deposit', () => Promise.resolve(call));
}

/** The call that deposits coins: they are the amount. */
function coinsCall(
  sender: SendingAccount,
  { market }: Contracts,
  coins: bigint,
): Promise<ContractTransaction> {
  return market.deposit.populateTransaction(sender.address, coins, { value: coins });
}

/**
 * The call that deposits an amount, for a transaction of its own or a part of one ({@link IMarketCore.multicall}): with a signed
 * permit where the asset has EIP-2612, by Permit2 where the account approved the asset to it, else with an approval before it.
 * @throws ChainError ASSET_TOO_LITTLE, CHAIN_REVERTED
 */
export async function depositCall(
  sender: SendingAccount,
  contracts: Contracts,
  amount: bigint,
): Promise<ContractTransaction> {
  const { market, deployment } = contracts;
  const asset = await openAsset(contracts);
  const held = await asset.balanceOf(sender.address);
  const moved = movedFor(asset, amount);
  if (held < moved * asset.scale) {
    throw new ChainError(
      'ASSET_TOO_LITTLE',
      `a deposit of ${asset.format(amount)} was asked, ${sender.address} holds ${asset.format(held)}`,
      {
        hint: `Send it the market's asset, ${deployment.addresses.asset}.`,
        details: { held, amount },
      },
    );
  }
  const token = new Contract(deployment.addresses.asset, ABI, market.runner);
  const permit = await signPermit(sender, token, deployment.addresses.market, moved).catch(() => undefined);
  if (permit) {
    const { deadline, signature } = permit;
    return market.depositWithPermit.populateTransaction(
      sender.address,
      moved,
      deadline,
      signature.v,
      signature.r,
      signature.s,
    );
  }
  if (((await token.allowance(sender.address, PERMIT2)) as bigint) >= moved) {
    const nonce = BigInt(hexlify(randomBytes(32)));
    const signature = await signTransfer(sender, contracts, moved, nonce);
    return market.depositWithPermit2.populateTransaction(moved, nonce, MaxUint256, signature);
  }
  await sender.send('approve', () => token.approve.populateTransaction(deployment.addresses.market, moved));
  return market.deposit.populateTransaction(sender.address, moved);
}

/**
 * The coins that make up an amount of an asset which is the chain's coin, wrapped.
 * @throws ChainError COINS_TOO_LITTLE, ASSET_NO_COIN
 */
export async function coinsFor(
  sender: SendingAccount,
  contracts: Contracts,
  amount: bigint,
): Promise<bigint> {
  const { market, deployment } = contracts;
  const asset = await openAsset(contracts);
  const coins = movedFor(asset, amount);
  const held = (await market.runner?.provider?.getBalance(sender.address)) ?? 0n;
  if (held < coins) {
    throw new ChainError(
      'COINS_TOO_LITTLE',
      `a deposit of ${asset.format(amount)} was asked, ${sender.address} holds ${asset.format(held * asset.scale)} in coins`,
      { details: { held, coins } },
    );
  }
  const tried = coins === 0n ? 1n : coins;
  await market.deposit
    .staticCall(sender.address, tried, { value: tried, from: sender.address })
    .catch((cause: unknown) => {
      throw new ChainError(
        'ASSET_NO_COIN',
        `the market's asset, ${deployment.addresses.asset}, takes no coins: it isn't the chain's coin, wrapped`,
        { hint: 'Deposit the asset itself.', cause },
      );
    });
  return coins;
}

/** What the asset moves for an amount of the ledger: rounded up to its smallest unit. */
function movedFor({ scale }: Pick<Asset, 'scale'>, amount: bigint): bigint {
  return (amount + scale - 1n) / scale;
}

/** Leave for the market to take an amount of an account's asset, which anybody can bring: EIP-2612. */
export interface Permit {
  /** In the asset's smallest unit. */
  readonly moved: bigint;
  readonly deadline: bigint;
  readonly signature: Signature;
}

/** A permit of the sender's for an amount of the ledger. Rejects when the asset knows none. */
export async function permitDeposit(
  sender: SendingAccount,
  contracts: Contracts,
  asset: Asset,
  amount: bigint,
): Promise<Permit> {
  const { market, deployment } = contracts;
  const token = new Contract(deployment.addresses.asset, ABI, market.runner);
  return signPermit(sender, token, deployment.addresses.market, movedFor(asset, amount));
}

async function signPermit(
  sender: SendingAccount,
  token: Contract,
  spender: string,
  value: bigint,
): Promise<Permit> {
  const [nonce, domain] = (await Promise.all([token.nonces(sender.address), token.eip712Domain()])) as [
    bigint,
    { name: string; version: string; chainId: bigint; verifyingContract: string },
  ];
  const deadline = MaxUint256;
  const { name, version, chainId, verifyingContract } = domain;
  const signed = await sender.wallet.signTypedData(
    { name, version, chainId, verifyingContract },
    {
      Permit: [
        { name: 'owner', type: 'address' },
        { name: 'spender', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    { owner: sender.address, spender, value, nonce, deadline },
  );
  return { moved: value, deadline, signature: Signature.from(signed) };
}

/** What Permit2 takes for leave to move an amount to the market, which only the sender's own call can use. */
async function signTransfer(
  sender: SendingAccount,
  { deployment }: Contracts,
  amount: bigint,
  nonce: bigint,
): Promise<string> {
  const { chainId, addresses } = deployment;
  return sender.wallet.signTypedData(
    { name: 'Permit2', chainId, verifyingContract: PERMIT2 },
    {
      PermitTransferFrom: [
        { name: 'permitted', type: 'TokenPermissions' },
        { name: 'spender', type: 'address' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
      TokenPermissions: [
        { name: 'token', type: 'address' },
        { name: 'amount', type: 'uint256' },
      ],
    },
    {
      permitted: { token: addresses.asset, amount },
      spender: addresses.market,
      nonce,
      deadline: MaxUint256,
    },
  );
}
