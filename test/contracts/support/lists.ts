import { AdmissionLists__factory } from '../../../protocol/contracts/generated/index.ts';
import type { World } from './world.ts';

/** The lists of a world's deployment. */
export function listsOf(w: World) {
  return AdmissionLists__factory.connect(w.addresses.admissionLists, w.owner);
}

/** Makes a list of accounts, and what a request says to have it asked. */
export async function listed(
  w: World,
  accounts: readonly { readonly address: string }[],
  { excluded = false, minRecord = 0 }: { readonly excluded?: boolean; readonly minRecord?: number } = {},
) {
  const lists = listsOf(w);
  const list = { minRecord, excluded, accounts: accounts.map(({ address }) => address) };
  await lists.make(list);
  return { hook: w.addresses.admissionLists, data: await lists.idOf(list) };
}
