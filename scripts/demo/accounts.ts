import { HDNodeWallet, Mnemonic } from 'ethers';

/** The phrase of every development chain, Anvil and Hardhat alike, known to everybody: its accounts hold nothing of worth. */
const PHRASE = 'test test test test test test test test test test test junk';

/** Who takes part in the demo. The first account is the deployer's. */
export const ROLES = ['deployer', 'requester', 'aggregator', 'ada', 'bell', 'cora'] as const;
export type Role = (typeof ROLES)[number];

export interface Account {
  readonly role: Role;
  readonly address: string;
  readonly privateKey: string;
}

/** The demo's accounts, funded by the chain at its start. */
export function demoAccounts(): Readonly<Record<Role, Account>> {
  const accounts = ROLES.map((role, index) => {
    return [role, { role, ...accountAt(index) }] as const;
  });
  return Object.fromEntries(accounts) as Record<Role, Account>;
}

/** One of a development chain's accounts, of which it funds as many as it is told to. */
export function accountAt(index: number): { readonly address: string; readonly privateKey: string } {
  const { address, privateKey } = HDNodeWallet.fromMnemonic(
    Mnemonic.fromPhrase(PHRASE),
    `m/44'/60'/0'/0/${index}`,
  );
  return { address, privateKey };
}
