import type { Command } from 'commander';
import { describeSettings, resolveSettings, type Settings } from '../../protocol/config.ts';
import { nodeSettings, type NodeSettings } from '../settings.ts';

const SERVICE = 'node';

/** What commander gives of the flags that {@link withSettings} adds. */
export type SettingsFlags = Readonly<Record<string, string | undefined>>;

/** A flag for every setting; what is not given is left to environment, file and default. */
export function withSettings<C extends Command>(command: C): C {
  command.option('--config <file>', 'TOML file with settings, in its table [node]');
  for (const { flag, description, unit, defaultValue } of describeSettings(nodeSettings, SERVICE)) {
    const unitText = unit === undefined ? '' : ` (${unit})`;
    const defaultText = defaultValue === undefined ? '' : `; default ${showValue(defaultValue)}`;
    command.option(`${flag} <value>`, `${description}${unitText}${defaultText}`);
  }
  return command;
}

/** The settings that count in the end. @throws ConfigError */
export function settingsOf({ config, ...flags }: SettingsFlags): Settings<NodeSettings> {
  return resolveSettings(nodeSettings, { service: SERVICE, flags, env: process.env, file: config });
}

/** A setting's value as people read it. */
export function showValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(showValue).join(', ');
  return value === undefined ? '–' : `${value as string | number | bigint | boolean}`;
}
