import { Contract, formatUnits, MaxUint256, parseUnits, Signature, type ContractTransaction } from 'ethers';
import { BadInputError } from '../errors.ts';
import { ChainError } from '../chain/errors.ts';
import type { SendingAccount } from '../chain/account.ts';
import type { Contracts } from './market.ts';

const ABI = [
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function balanceOf(address) view returns (uint256)',
  'function allowance(address,address) view returns (uint256)',
  'function approve(address,uint256) returns (bool)',
  'function nonces(address) view returns (uint256)',
  'function eip712Domain() view returns (bytes1, string name, string version, uint256 chainId, address verifyingContract, bytes32, uint256[])',
];

/** The market's ERC-20: what amounts mean to people. */
export interface Asset {
  readonly symbol: string;
  readonly decimals: number;
  balanceOf(account: string): Promise<bigint>;
  /** `12.5 TST`; with `places`, rounded down to so many decimal places for people. */
  format(amount: bigint, places?: number): string;
  /** @throws BadInputError AMOUNT_MALFORMED for text that is no amount of this asset, none above its largest and none below 0 */
  parse(text: string): bigint;
}

export async function openAsset({ market, deployment }: Contracts): Promise<Asset> {
  const token = new Contract(deployment.addresses.asset, ABI, market.runner);
  const [symbol, decimals] = (await Promise.all([token.symbol(), token.decimals()])) as [string, bigint];
  const places = Number(decimals);
  return {
    symbol,
    decimals: places,
    balanceOf: (account) => token.balanceOf(account) as Promise<bigint>,
    format: (amount, shown = places) => {
      const unit = 10n ** BigInt(Math.max(0, places - shown));
      return `${formatUnits(amount - (amount % unit), places).replace(/\.0$/, '')} ${symbol}`;
    },
    parse: (text) => {
      const refuse = (cause?: unknown): BadInputError =>
        new BadInputError(
          'AMOUNT_MALFORMED',
          `expected an amount of ${symbol}, 0 or more with at most ${places} places, got ${text.slice(0, 80)}`,
          { cause },
        );
      if (!/^\d{1,40}(\.\d{1,80})?$/.test(text.trim())) throw refuse();
      try {
        return parseUnits(text.trim(), places);
      } catch (cause) {
        throw refuse(cause);
      }
    },
  };
}

/**
 * Moves `amount` of the sender's asset into its ledger: with a signed permit in one transaction where the asset
 * has EIP-2612, else by approval and deposit.
 * @throws ChainError ASSET_TOO_LITTLE, CHAIN_REVERTED
 */
export async function depositToLedger(
  sender: SendingAccount,
  contracts: Contracts,
  amount: bigint,
): Promise<void> {
  const call = await depositCall(sender, contracts, amount);
  await sender.send('deposit', () => Promise.resolve(call));
}

/**
 * The call that deposits an amount, for a transaction of its own or a part of one ({@link IMarketCore.multicall}). Approves first
 * where the asset has no EIP-2612.
 * @throws ChainError ASSET_TOO_LITTLE, CHAIN_REVERTED
 */
export async function depositCall(
  sender: SendingAccount,
  contracts: Contracts,
  amount: bigint,
): Promise<ContractTransaction> {
  const { market, deployment } = contracts;
  const token = new Contract(deployment.addresses.asset, ABI, market.runner);
  const held = (await token.balanceOf(sender.address)) as bigint;
  if (held < amount) {
    const asset = await openAsset(contracts);
    throw new ChainError(
      'ASSET_TOO_LITTLE',
      `a deposit of ${asset.format(amount)} was asked, ${sender.address} holds ${asset.format(held)}`,
      {
        hint: `Send it the market's asset, ${deployment.addresses.asset}.`,
        details: { held, amount },
      },
    );
  }
  const permit = await signPermit(sender, token, deployment.addresses.market, amount).catch(() => undefined);
  if (permit) {
    const { deadline, signature } = permit;
    return market.depositWithPermit.populateTransaction(
      amount,
      deadline,
      signature.v,
      signature.r,
      signature.s,
    );
  }
  await sender.send('approve', () => token.approve.populateTransaction(deployment.addresses.market, amount));
  return market.deposit.populateTransaction(amount);
}

/** Leave for the market to take an amount of an account's asset, which anybody can bring: EIP-2612. */
export interface Permit {
  readonly deadline: bigint;
  readonly signature: Signature;
}

/** A permit of the sender's. Rejects when the asset knows none. */
export function permitDeposit(sender: SendingAccount, contracts: Contracts, amount: bigint): Promise<Permit> {
  const { market, deployment } = contracts;
  const token = new Contract(deployment.addresses.asset, ABI, market.runner);
  return signPermit(sender, token, deployment.addresses.market, amount);
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
  return { deadline, signature: Signature.from(signed) };
}
