import { CommanderError, type Command } from 'commander';
import { describeError, errorAsJson, exitCodeOf } from '../protocol/terminal/fail.ts';
import { printJson, standardOutput } from '../protocol/terminal/output.ts';
import { loadProgram } from './program.ts';

/**
 * Runs a command line. With `--json` standard output has one JSON document, whatever comes: the result, or
 * `{ "error": … }`; people read errors on standard error.
 * @param args without Node and the script
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  // `help job post` is `job post --help`, for which only that side need be loaded.
  const asked = args[0] === 'help' ? [...args.slice(1), '--help'] : [...args];
  try {
    const program = await loadProgram({ side: asked[0] });
    await program.parseAsync(withoutHelpOfNothing(program as never, asked), { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const end = asked.indexOf('--');
    if (asked.slice(0, end < 0 ? undefined : end).includes('--json')) {
      printJson(standardOutput(true), errorAsJson(error));
    }
    process.stderr.write(describeError(error));
    return exitCodeOf(error);
  }
}

/** Where a command is named that there isn't, its words alone: asked for help, commander shows that of the one above. */
function withoutHelpOfNothing(program: Command, args: readonly string[]): string[] {
  let command = program;
  for (const [i, word] of args.entries()) {
    if (word.startsWith('-') || command.commands.length === 0) break;
    const below = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (below === undefined) return args.slice(0, i + 1);
    command = below;
  }
  return [...args];
}
