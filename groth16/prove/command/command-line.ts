import { ProveError } from '../errors.ts';

/** A program and its arguments, the files' places in braces, e.g. `['prover', '{zkey}', '{witness}', …]`. */
export type CommandLine = readonly string[];

/** The files that a prover reads (.zkey, .wtns) and writes (JSON as snarkjs has it). */
export interface CommandFiles {
  readonly zkey: string;
  readonly witness: string;
  readonly proof: string;
  readonly public: string;
}

const PLACEHOLDERS = ['zkey', 'witness', 'proof', 'public'] as const;

/**
 * A prover's command line, which names the four files.
 *
 * @throws ProveError PROVER_COMMAND for an open quote, and as {@link checkCommandLine}
 */
export function parseCommandLine(line: string): CommandLine {
  const words = splitCommandLine(line);
  checkCommandLine(words);
  return words;
}

/**
 * Splits a command line at blanks; quotes hold an argument together. No shell runs it: nothing else is special.
 *
 * @throws ProveError PROVER_COMMAND for an open quote
 */
export function splitCommandLine(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const letter of line) {
    if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else word = (word ?? '') + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + letter;
    }
  }
  if (quote !== undefined) {
    throw new ProveError('PROVER_COMMAND', `the prover's command line has an open ${quote}: ${line}`);
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** @throws ProveError PROVER_COMMAND when there is no program or one of the four files is not named */
export function checkCommandLine(command: CommandLine): void {
  const [program = '', ...rest] = command;
  const missing = PLACEHOLDERS.filter((place) => !rest.some((word) => word.includes(`{${place}}`)));
  if (program === '' || missing.length > 0) {
    throw new ProveError(
      'PROVER_COMMAND',
      program === ''
        ? 'expected the command line of a prover, it is empty'
        : `the prover's command line does not name {${missing.join('}, {')}}`,
      { hint: 'for example: prover {zkey} {witness} {proof} {public}' },
    );
  }
}

/** The arguments with the files' paths in their places; braces around anything else stay as they are. */
export function fillCommandLine<Place extends string>(
  command: CommandLine,
  files: Readonly<Record<Place, string>>,
): CommandLine {
  return command.map((word) =>
    word.replace(/\{(\w+)\}/g, (whole, place: Place) => (Object.hasOwn(files, place) ? files[place] : whole)),
  );
}
