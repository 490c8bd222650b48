import { getAddress } from 'ethers';
import { ConfigError } from '../../protocol/errors.ts';
import { because, type Reason } from '../reasons.ts';
import type { NodeSettings } from '../settings.ts';

/** For whom the operator lets the node work; ids and addresses in lower case. */
export type Lists = Readonly<Record<ListSetting, ReadonlySet<string>>>;

export const LIST_SETTINGS = [
  'allowModels',
  'denyModels',
  'allowPublishers',
  'denyPublishers',
  'allowRequesters',
  'denyRequesters',
  'allowHooks',
] as const satisfies readonly (keyof NodeSettings)[];
type ListSetting = (typeof LIST_SETTINGS)[number];

/** The lists of the settings. @throws ConfigError CONFIG_INVALID: an address whose checksum is wrong */
export function listsOf(settings: Pick<NodeSettings, ListSetting>): Lists {
  const listOf = (key: ListSetting): ReadonlySet<string> => {
    if (!key.endsWith('Models')) for (const address of settings[key]) expectChecksum(address, key);
    return new Set(settings[key].map((one) => one.toLowerCase()));
  };
  return {
    allowModels: listOf('allowModels'),
    denyModels: listOf('denyModels'),
    allowPublishers: listOf('allowPublishers'),
    denyPublishers: listOf('denyPublishers'),
    allowRequesters: listOf('allowRequesters'),
    denyRequesters: listOf('denyRequesters'),
    allowHooks: listOf('allowHooks'),
  };
}

function expectChecksum(address: string, key: ListSetting): void {
  try {
    getAddress(address);
  } catch {
    throw new ConfigError(
      'CONFIG_INVALID',
      `Settings that can't be used: ${nameOfList(key)}: the capitals of ${address} are no address's, so a digit may be wrong.`,
      {
        hint: `Compare it digit by digit with where it is from. If all digits are right it is ${getAddress(address.toLowerCase())}.`,
        details: { settings: [key] },
      },
    );
  }
}

/** Whether it hangs on who published a model. */
export function asksForPublisher({ allowPublishers, denyPublishers }: Lists): boolean {
  return allowPublishers.size + denyPublishers.size > 0;
}

/**
 * Why the operator's lists leave a job to others: nothing of it is fetched, run, bid on or proved. What is denied is left, whether
 * it is allowed too or not; where something is allowed, everything else of its kind is left. Whoever isn't told of is not judged.
 * An admission contract that isn't the market's own has to be allowed: to a question it may answer otherwise than in a transaction, which is
 * paid for whether it lets the node in or not.
 */
export function whyNotListed(
  {
    modelId,
    requester,
    publisher,
    foreignHook,
  }: {
    readonly modelId: string;
    readonly requester?: string;
    readonly publisher?: string | undefined;
    readonly foreignHook?: string | undefined;
  },
  lists: Lists,
): Reason | undefined {
  const whyNot = (
    code: 'MODEL_DENIED' | 'PUBLISHER_DENIED' | 'REQUESTER_DENIED',
    named: string,
    value: string | undefined,
    [deny, allow]: readonly [ListSetting, ListSetting],
  ): Reason | undefined => {
    if (value === undefined) return undefined;
    const id = value.toLowerCase();
    if (lists[deny].has(id)) return because(code, () => `${named} ${value} is in ${nameOfList(deny)}`);
    if (lists[allow].size === 0 || lists[allow].has(id)) return undefined;
    return because(code, () => `${named} ${value} is not in ${nameOfList(allow)}`);
  };
  return (
    whyNot('MODEL_DENIED', 'its model', modelId, ['denyModels', 'allowModels']) ??
    whyNot('REQUESTER_DENIED', 'its requester', requester, ['denyRequesters', 'allowRequesters']) ??
    whyNot('PUBLISHER_DENIED', 'its model’s publisher', publisher, ['denyPublishers', 'allowPublishers']) ??
    (foreignHook === undefined || lists.allowHooks.has(foreignHook.toLowerCase())
      ? undefined
      : because('HOOK_NOT_ALLOWED', () => `its admission contract ${foreignHook} is not in allow-hooks`))
  );
}

/** A list's name in a file and as a flag. */
export function nameOfList(key: ListSetting): string {
  return key.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
}
