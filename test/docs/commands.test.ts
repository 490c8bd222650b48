// Every command that a page shows is run by a test, or the page says why it isn't; and all of them are commands that there are.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { loadProgram } from '../../bin/program.ts';
import { blocksOf, pages, type DocBlock } from '../support/doc-blocks.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const program = (await loadProgram()) as unknown as Command;

/** The tests that run the blocks of a page: each reads the page, and runs all of its blocks of these languages. */
const RUN_BY: Readonly<Record<string, string>> = {
  'README.md sh': 'test/e2e/readme.test.ts',
  'README.md ts': 'test/e2e/readme.test.ts',
  'README.md graphql': 'test/e2e/readme.test.ts',
  'docs/tutorial.md sh': 'test/e2e/readme.test.ts',
  'docs/tutorial.md python': 'test/e2e/readme.test.ts',
  'docs/graphql.md graphql': 'test/indexer/docs.test.ts',
  'docs/ceremony.md sh': 'test/slicer/build/ceremony/docs.test.ts',
  'docs/verification-policy.md sh': 'test/slicer/build/ceremony/docs.test.ts',
  'docs/library.md js': 'test/package/installed.test.ts',
  'docs/external-provers.md js': 'test/groth16/prove/command/worker.test.ts',
  'groth16/README.md js': 'test/groth16/alone/alone.test.ts',
  'docs/graphql.md ts': 'test/indexer/clients.test.ts',
};

/** What a machine runs, or asks. */
const RUNS = ['sh', 'ts', 'js', 'python', 'graphql'];
const COMMAND =
  /^\s*(?:\w+=\S* +)*(?:sudo |npx )?(sliceproof|npm|npx|node|python3?|pip|git|export|\.ci\/run)\b/m;

const runs = ({ language, code }: DocBlock): boolean =>
  RUNS.includes(language) || (language === '' && COMMAND.test(code));

describe.each(pages)('%s', (page) => {
  const blocks = blocksOf(page).filter(runs);

  it('has no command that no test runs without saying why', () => {
    const left = blocks.filter(({ language, notRun }) => {
      const test = RUN_BY[`${page} ${language}`];
      return notRun === undefined && test === undefined;
    });
    expect(left.map(({ line, code }) => `${page}:${line}: ${code.split('\n')[0]}`)).toEqual([]);
  });

  it('is read by the tests that are said to run it', () => {
    const tests = new Set(blocks.flatMap(({ language }) => RUN_BY[`${page} ${language}`] ?? []));
    const without = [...tests].filter(
      (test) => !readFileSync(path.join(root, test), 'utf8').includes(`'${page}'`),
    );
    expect(without).toEqual([]);
  });

  it('shows commands and flags that there are', () => {
    const wrong = blocks.flatMap(({ code, line }) =>
      commandsOf(code).flatMap((words) => {
        const reason = unknownIn(words);
        return reason === undefined ? [] : [`${page}:${line}: ${reason} in sliceproof ${words.join(' ')}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

it('no page is said to be run that has nothing to run', () => {
  const shown = new Set(pages.flatMap((page) => blocksOf(page).map(({ language }) => `${page} ${language}`)));
  expect(Object.keys(RUN_BY).filter((key) => !shown.has(key))).toEqual([]);
});

/** The words after each `sliceproof` that a script calls. */
function commandsOf(code: string): readonly (readonly string[])[] {
  const lines = code.replaceAll('\\\n', ' ').split('\n');
  return lines.flatMap((line) => {
    const [, rest] = /^\s*(?:\w+=\S* +)*(?:npx )?sliceproof (.*)$/.exec(line) ?? [];
    return rest === undefined
      ? []
      : [
          rest
            .split(/ [#>|] ?/)[0]
            .trim()
            .split(/\s+/),
        ];
  });
}

/** The first word that no command or flag is called. */
function unknownIn(words: readonly string[]): string | undefined {
  let command = program;
  for (const [i, word] of words.entries()) {
    const below = command.commands.find((one) => one.name() === word);
    if (below) command = below;
    else if (command.commands.length > 0 && !word.startsWith('-')) return word;
    if (!word.startsWith('-')) continue;
    const known = [...command.options.flatMap(({ short, long }) => [short, long]), '--help', '--version'];
    const negated = known.includes(word.replace(/^--no-/, '--'));
    if (!known.includes(word.split('=')[0]) && !negated) return words[i];
  }
  return command.commands.length > 0 && !words.includes('--help') && !words.includes('--version')
    ? words.join(' ')
    : undefined;
}
