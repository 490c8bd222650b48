// Every command that there is, with every wrong use that one can think of: walked through commander's own tree, so that a new
// command can't be left out.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { loadProgram } from '../../bin/program.ts';
import { pathOf } from '../../protocol/terminal/usage.ts';
import { sliceproof as runSliceproof } from '../support/sliceproof.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const program = (await loadProgram()) as unknown as Command;

function* walk(command: Command): Generator<Command> {
  yield command;
  for (const below of command.commands) yield* walk(below);
}

const all = [...walk(program)];
const wordsOf = (command: Command): string[] => pathOf(command).split(' ').slice(1);
const named = (commands: readonly Command[]) => commands.map((one) => [pathOf(one), one] as const);
const leaves = all.filter(({ commands }) => commands.length === 0);
const needing = leaves.filter((one) => needsOf(one).length > 0);
const withJson = leaves.filter(({ options }) => options.some(({ long }) => long === '--json'));

/** What a command can't do without, as its help writes it. */
function needsOf({ options, registeredArguments }: Command): string[] {
  return [
    ...registeredArguments.filter(({ required }) => required).map((one) => `<${one.name()}>`),
    ...options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags),
  ];
}

/** What a command can't do without, filled with names of nothing; from a chain that isn't there where it needs one. */
function falseUse(command: Command): string[] {
  const value = (choices: readonly string[] | undefined): string => choices?.[0] ?? '/nonexistent/x';
  const { options, registeredArguments } = command;
  return [
    ...registeredArguments.filter(({ required }) => required).map(({ argChoices }) => value(argChoices)),
    ...options
      .filter(({ mandatory }) => mandatory)
      .flatMap(({ long, argChoices }) => [String(long), value(argChoices)]),
    ...(options.some(({ long }) => long === '--config') ? ['--config', '/nonexistent/x.toml'] : []),
  ];
}

let out = '';
let errors = '';

async function sliceproof(...args: readonly string[]): Promise<number> {
  const { stdout, stderr, code } = await runSliceproof(args);
  [out, errors] = [stdout, stderr];
  return code;
}

const lineOf = (): string => errors.split('\n')[0];

describe.each(named(all))('%s', (name, command) => {
  const words = wordsOf(command);

  test('has help, with an example and a sentence on each flag, the same by `help …`', async () => {
    expect(await sliceproof(...words, '--help')).toBe(0);
    const help = out;
    expect(help).toContain(`Usage: ${name}`);
    if (command.commands.length === 0) expect(help).toMatch(/Examples?:\n {2}\$ /);
    for (const { flags, description } of command.options) expect(description, flags).not.toBe('');
    expect(command.summary() === '' && command !== program, 'a summary').toBe(false);
    if (words.length > 0) {
      expect(await sliceproof('help', ...words)).toBe(0);
      expect(out).toBe(help);
    }
    expect(errors).toBe('');
  });

  test('says what is wrong with a flag that it hasn’t got, before anything else', async () => {
    expect(await sliceproof(...words, '--nonsense')).toBe(1);
    expect(lineOf()).toMatch(/^error USAGE_UNKNOWN_OPTION unknown option '--nonsense'/);
    expect(errors).toContain(`See \`${name} --help\``);
    expect(out).toBe('');
  });

  test('says it as JSON too', async () => {
    expect(await sliceproof(...words, '--nonsense', '--json')).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'USAGE_UNKNOWN_OPTION', details: { command: name } },
    });
  });
});

test.each(named(needing))('%s names all that is missing at once', async (_, command) => {
  expect(await sliceproof(...wordsOf(command))).toBe(1);
  expect(lineOf()).toBe(`error USAGE_MISSING missing: ${needsOf(command).join(', ')}`);
});

test.each(named(needing))('%s says of a mistyped flag what was meant', async (_, command) => {
  const flag = command.options
    .map(({ long }) => long ?? '')
    .find((long) => long.length > 5 && long[3] !== long[4]);
  if (flag === undefined) return;
  const mistyped = `${flag.slice(0, 3)}${flag[4]}${flag[3]}${flag.slice(5)}`;
  expect(await sliceproof(...wordsOf(command), mistyped)).toBe(1);
  expect(lineOf()).toContain('Did you mean');
  expect(lineOf()).toContain(flag);
});

test.each(named(withJson))('%s --json ends a failure with JSON, and with no bug', async (_, command) => {
  const code = await sliceproof(...wordsOf(command), ...falseUse(command), '--json');
  expect([1, 75], errors).toContain(code);
  const { error } = JSON.parse(out) as { error: { code: string; message: string } };
  expect(error.code).toMatch(/^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/);
  expect(errors).toContain(error.code);
  expect(errors).not.toMatch(/\n\s+at /);
});

test('a command that there isn’t is met with the one that was meant, on each level', async () => {
  expect(await sliceproof('modle', 'build')).toBe(1);
  expect(lineOf()).toContain('Did you mean model?');
  expect(await sliceproof('job', 'stats')).toBe(1);
  expect(lineOf()).toMatch(/USAGE_UNKNOWN_COMMAND.*Did you mean status\?/);
  expect(await sliceproof('job', '--json')).toBe(1);
  expect(lineOf()).toMatch(/USAGE_/);
});

test.each([
  [['help', 'modle'], 'model'],
  [['modle', '--help'], 'model'],
  [['help', 'job', 'stats'], 'status'],
  [['job', 'stats', '-h'], 'status'],
] as const)('%j is no help to anything, and says what was meant', async (words, meant) => {
  expect(await sliceproof(...words)).toBe(1);
  expect(out).toBe('');
  expect(lineOf()).toContain(
    `USAGE_UNKNOWN_COMMAND unknown command '${words.find((word) => /modle|stats/.test(word))}' (Did you mean ${meant}?)`,
  );
});

test.each([
  ['account', 'deposit', '-5'],
  ['account', 'withdraw', 'five'],
  ['account', 'operator', `0x${'1'.repeat(40)}`, '--max-daily', '1e3'],
  ['job', 'post', '--model', `0x${'1'.repeat(64)}`, '--input', 'x', '--max-cost', '0x10'],
  ['job', 'quote', '--model', `0x${'1'.repeat(64)}`, '--settle-tip', '1,5'],
  ['job', 'raise', `0x${'1'.repeat(64)}`, '--max-unit-price', '9'.repeat(30)],
])('%s %s … refuses what is no amount before it reaches for a chain', async (...words) => {
  expect(await sliceproof(...words, '--rpc', 'http://127.0.0.1:1', '--deployment', '/nonexistent')).toBe(1);
  expect(lineOf()).toMatch(/^error AMOUNT_MALFORMED expected an amount of the asset, 0 or more/);
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('for %s knows every command and flag', async (shell) => {
    expect(await sliceproof('completion', shell)).toBe(0);
    for (const command of all) {
      for (const below of command.commands) expect(out).toContain(below.name());
      for (const { long } of command.options) expect(out).toContain(String(long).replace('--', ''));
    }
  });

  test('in bash offers what can come next', async () => {
    await sliceproof('completion', 'bash');
    const offered = (...words: readonly string[]): string[] => {
      const line = ['sliceproof', ...words].map((word) => `'${word}'`).join(' ');
      const script = `${out}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _sliceproof; echo "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: root, encoding: 'utf8' });
      expect(stderr).toBe('');
      return stdout.trim().split(' ');
    };
    expect(offered('jo')).toEqual(['job']);
    expect(offered('job', 'pos')).toEqual(['post', 'post-signed']);
    expect(offered('job', 'post', '--mode')).toEqual(['--model']);
    expect(offered('job', 'post', '--model', '0x1', '--inp')).toEqual(['--input']);
  });
});
