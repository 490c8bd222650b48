import { describeSettings, redactSettings } from '../protocol/config.ts';
import { listsOf, LIST_SETTINGS, type Lists } from './stake/lists.ts';
import { nodeSettings, type NodeSettings } from './settings.ts';

/** What a node that runs takes over from its settings when it is told that they changed; everything else a restart takes over. */
const LIVE_SETTINGS = [
  ...LIST_SETTINGS,
  'aggregator',
  'models',
  'costPerSecond',
  'assetPerNative',
  'marginBps',
  'minMarginBps',
  'minUnitPrice',
  'maxUnitPrice',
  'bidding',
  'bids',
  'capacitySafety',
  'bidGas',
  'settleGas',
  'executeGas',
  'maxBond',
  'maxStakeShare',
  'maxGasPrice',
  'minProfit',
  'settleMargin',
  'backstopSeconds',
  'keeper',
  'keeperBudget',
  'alertUrl',
  'alertAfterSeconds',
  'logLevel',
] as const satisfies readonly (keyof NodeSettings)[];
type LiveSetting = (typeof LIVE_SETTINGS)[number];

/** What stays as it was when the node started. */
export type FixedSettings = Omit<NodeSettings, LiveSetting>;

/** A setting that has another value than before, as people write it; secrets are struck out. */
interface Change {
  readonly setting: string;
  readonly from: unknown;
  readonly to: unknown;
}

interface Reloaded {
  /** These count from now on. */
  readonly changed: readonly Change[];
  /** These need a restart: they count as they did. */
  readonly refused: readonly Change[];
}

/** The settings that may change while the node runs. Whoever reads one reads it anew each time. */
export class LiveSettings {
  #now: NodeSettings;
  #lists: Lists;

  /** @throws ConfigError CONFIG_INVALID */
  constructor(settings: NodeSettings) {
    this.#lists = listsOf(settings);
    this.#now = settings;
  }

  get now(): Pick<NodeSettings, LiveSetting> {
    return this.#now;
  }

  get lists(): Lists {
    return this.#lists;
  }

  /** Takes over what can be taken over. @throws ConfigError CONFIG_INVALID, and nothing is */
  change(next: NodeSettings): Reloaded {
    const lists = listsOf(next);
    const changes = changesOf(this.#now, next);
    const isLive = (key: string): boolean => LIVE_SETTINGS.some((live) => live === key);
    const live = Object.fromEntries(LIVE_SETTINGS.map((key) => [key, next[key]]));
    this.#lists = lists;
    this.#now = { ...this.#now, ...live };
    return {
      changed: changes.flatMap(([key, change]) => (isLive(key) ? [change] : [])),
      refused: changes.flatMap(([key, change]) => (isLive(key) ? [] : [change])),
    };
  }
}

function changesOf(before: NodeSettings, after: NodeSettings): (readonly [string, Change])[] {
  const [was, is] = [before, after].map((values) => redactSettings(nodeSettings, values));
  return describeSettings(nodeSettings, 'node').flatMap(({ key, file }) => {
    const [old, now] = [before, after].map((values) => textOf(values[key as keyof NodeSettings]));
    return old === now ? [] : [[key, { setting: file, from: shown(was[key]), to: shown(is[key]) }] as const];
  });
}

function textOf(value: unknown): string | undefined {
  return JSON.stringify(shown(value));
}

/** For a line of JSON. */
function shown(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : (value ?? null);
}
