import { CommanderError, type Command } from 'commander';
import { SliceproofError } from '../errors.ts';

/** A command line that can't be followed. Codes: `USAGE_*`. */
export class UsageError extends SliceproofError {}

const CODES: Readonly<Record<string, string>> = {
  'commander.unknownOption': 'USAGE_UNKNOWN_OPTION',
  'commander.unknownCommand': 'USAGE_UNKNOWN_COMMAND',
  'commander.missingMandatoryOptionValue': 'USAGE_MISSING',
  'commander.missingArgument': 'USAGE_MISSING',
  'commander.optionMissingArgument': 'USAGE_MISSING_VALUE',
  'commander.excessArguments': 'USAGE_EXCESS_ARGUMENT',
  'commander.invalidArgument': 'USAGE_INVALID_VALUE',
  'commander.conflictingOption': 'USAGE_CONFLICT',
  'commander.help': 'USAGE_NO_COMMAND',
};

/** What commander calls for these faults; its types don't name them. */
interface Faults {
  missingMandatoryOptionValue(option: unknown): void;
  missingArgument(name: string): void;
  unknownOption(flag: string): void;
}

/**
 * Makes a command and all below it throw what is wrong with a command line as errors of ours: mistyped flags before missing
 * ones, and all that is missing at once. Help and version end with commander's own error, whose exit code is 0.
 */
export function nameUsageErrors(command: Command): void {
  command
    .configureOutput({ outputError: () => undefined })
    .showHelpAfterError(false)
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : usageError(command, error);
    });
  const faults = command as unknown as Faults;
  let unknown: readonly string[] = [];
  const parseOptions = command.parseOptions.bind(command);
  command.parseOptions = (args) => {
    const parsed = parseOptions(args);
    unknown = parsed.unknown;
    return parsed;
  };
  const refuseMissing = (): void => {
    const mistyped = unknown.find((word) => word.startsWith('-'));
    if (mistyped !== undefined) faults.unknownOption(mistyped);
    command.error(`missing: ${missingOf(command).join(', ')}`, { code: 'commander.missingArgument' });
  };
  faults.missingMandatoryOptionValue = refuseMissing;
  faults.missingArgument = refuseMissing;
  for (const below of command.commands) nameUsageErrors(below);
}

/** What a command can't do without and wasn't given, as its help writes it. */
function missingOf(command: Command): readonly string[] {
  const options = command.options.filter(
    (option) => option.mandatory && command.getOptionValue(option.attributeName()) === undefined,
  );
  const values = command.args.filter((word) => !word.startsWith('-'));
  const places = command.registeredArguments.filter(({ required }, i) => required && values[i] === undefined);
  return [...places.map((place) => `<${place.name()}>`), ...options.map(({ flags }) => flags)];
}

function usageError(command: Command, { code, message }: CommanderError): UsageError {
  const [said, suggestion] = message.replace(/^error: /, '').split('\n');
  const name = CODES[code] ?? 'USAGE_WRONG';
  return new UsageError(
    name,
    name === 'USAGE_NO_COMMAND'
      ? `expected one of: ${command.commands.map((below) => below.name()).join(', ')}`
      : [said, suggestion].filter(Boolean).join(' '),
    { hint: `See \`${pathOf(command)} --help\`.`, details: { command: pathOf(command) } },
  );
}

/** `sliceproof job post` */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
