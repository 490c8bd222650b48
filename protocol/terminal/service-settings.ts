import { Command, Help } from 'commander';
import type { z } from 'zod';
import { describeSettings, redactSettings, resolveSettings, type Service, type Settings } from '../config.ts';
import { printJson, printTable, standardOutput } from './output.ts';

/** A service's settings on the command line: a flag for each, and `config print`. */
export interface ServiceSettings<S extends z.ZodObject> {
  readonly schema: S;
  readonly service: Service;
}

/** What commander gives of the flags that {@link withSettings} adds. */
export type SettingsFlags = Readonly<Record<string, string | undefined>>;

/** Adds a flag for every setting; what is not given is left to environment, file and default. */
export function withSettings<C extends Command, S extends z.ZodObject>(
  command: C,
  { schema, service }: ServiceSettings<S>,
): C {
  command.option('--config <file>', `TOML file with settings, in its table [${service}]`);
  for (const { flag, description, unit, defaultValue } of describeSettings(schema, service)) {
    const unitText = unit === undefined ? '' : ` (${unit})`;
    const defaultText = defaultValue === undefined ? '' : `; default ${showValue(defaultValue)}`;
    command.option(`${flag} <value>`, `${description}${unitText}${defaultText}`);
  }
  return command;
}

/** The settings that count in the end. @throws ConfigError */
export function settingsOf<S extends z.ZodObject>(
  { schema, service }: ServiceSettings<S>,
  { config, ...flags }: SettingsFlags,
): Settings<z.infer<S>> {
  return resolveSettings(schema, { service, flags, env: process.env, file: config });
}

/**
 * `… config print`: what counts in the end and where it comes from, secrets hidden.
 * @param path the commands before `print`. Default: `<service> config`
 */
export function configCommand<S extends z.ZodObject>(
  settings: ServiceSettings<S>,
  path = `${settings.service} config`,
): Command {
  const { schema, service } = settings;
  const print = withSettings(new Command('print'), settings)
    .summary('show what counts in the end, and where it comes from')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n  $ sliceproof ${path} print --config ${service}.toml`)
    .action(({ json, ...flags }: SettingsFlags) => {
      const { values, origins } = settingsOf(settings, flags);
      const output = standardOutput(json !== undefined);
      const shown = redactSettings(schema, values);
      if (output.json) return printJson(output, shown);
      printTable(
        output,
        ['setting', 'value', 'from'],
        describeSettings(schema, service).map(({ key, file }) => [file, showValue(shown[key]), origins[key]]),
      );
    });
  return new Command('config').summary('show the settings').description('The settings.').addCommand(print);
}

/** The settings as help lists them: the name in the environment, the name in the file, what it is. */
export function settingsHelp({ schema, service }: ServiceSettings<z.ZodObject>): string {
  const rows = describeSettings(schema, service).map(({ env, file, description, defaultValue }) => {
    const shown = defaultValue === undefined ? '' : `; default ${showValue(defaultValue)}`;
    return [`${env[env.length - 1]}, ${file}`, `${description}${shown}`] as const;
  });
  const width = Math.max(...rows.map(([names]) => names.length));
  const help = new Help();
  help.prepareContext({});
  const lines = rows.map(([names, about]) => help.formatItem(names, width, about, help));
  return `\nSettings, by their names in the environment and in the table [${service}] of the\nfile; flags go before both:\n${lines.join('\n')}`;
}

/** A setting's value as people read it. */
function showValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(showValue).join(', ');
  return value === undefined ? '–' : `${value as string | number | bigint | boolean}`;
}
