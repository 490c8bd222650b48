import { AbiCoder, getAddress, keccak256, ZeroAddress, ZeroHash } from 'ethers';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { IAdmissionLists } from '../../protocol/contracts/generated/interfaces/IAdmissionLists.ts';
import type { AdmissionStruct } from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import type { Client } from '../client.ts';

/** Who may execute and prove, as a list says. */
export interface AdmissionList {
  /** At most 64. None: anyone with the record. */
  readonly accounts?: readonly string[];
  /** The accounts are the ones that may not. */
  readonly excluded?: boolean;
  /** How many slices an account must have been paid for before. */
  readonly minRecord?: number;
}

/** Who may execute and prove: a list, or what another admission contract (`IAdmission`) says, which is told `data`. */
export type JobAdmission = AdmissionList | { readonly hook: string; readonly data?: string };

/** A list as the contract of lists takes it. */
export type ListStruct = IAdmissionLists.ListStruct & { readonly accounts: string[] };

/** What a request says of who may execute and prove. */
export function admissionOf(
  { deployment: { addresses } }: Pick<Contracts, 'deployment'>,
  admission: JobAdmission | undefined,
): AdmissionStruct {
  if (admission && 'hook' in admission) return { hook: admission.hook, data: admission.data ?? ZeroHash };
  const list = listOf(admission);
  return list
    ? { hook: addresses.admissionLists, data: listIdOf(list) }
    : { hook: ZeroAddress, data: ZeroHash };
}

/** The list that is to be there for a job; undefined: it names none. Which accounts, not in which order, makes a list. */
export function listOf(admission: JobAdmission | undefined): ListStruct | undefined {
  if (admission === undefined || 'hook' in admission) return undefined;
  const { accounts = [], excluded = false, minRecord = 0 } = admission;
  if (accounts.length === 0 && minRecord === 0) return undefined;
  const sorted = [...new Set(accounts.map((one) => getAddress(one)))].sort((a, b) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : 1,
  );
  return { minRecord, excluded: excluded && sorted.length > 0, accounts: sorted };
}

/** What a list is known by: `AdmissionLists.idOf`. */
export function listIdOf({ minRecord, excluded, accounts }: ListStruct): string {
  const coder = AbiCoder.defaultAbiCoder();
  return keccak256(coder.encode(['tuple(uint32,bool,address[])'], [[minRecord, excluded, accounts]]));
}

/**
 * Makes a list where nobody has: one that isn't there admits nobody.
 * @throws ChainError CHAIN_REVERTED: ListTooLong
 */
export async function ensureList(
  { contracts: { admissionLists }, sender }: Pick<Client, 'contracts' | 'sender'>,
  list: ListStruct | undefined,
): Promise<void> {
  if (list === undefined || (await admissionLists.isMade(listIdOf(list)))) return;
  await sender.send('list', () => admissionLists.make.populateTransaction(list));
}
