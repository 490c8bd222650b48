import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const modules = path.resolve(import.meta.dirname, '../../../protocol/terminal');

/** Asks at a terminal that a person presses a key at, says what came, and what comes after that. */
const PROGRAM = `
  import { PassThrough } from 'node:stream';
  const [modules, how, key] = process.argv.slice(1);
  const { askLine, confirm } = await import(modules + '/confirm.ts');
  const { askSecret } = await import(modules + '/ask-secret.ts');
  const { leaveNothingUnfinished } = await import(modules + '/../files/unfinished.ts');
  leaveNothingUnfinished();
  const end = () => Object.assign(new PassThrough(), { isTTY: true });
  const [input, output] = [end(), end()];
  const asks = {
    line: () => askLine({ input, output }, 'which? '),
    confirmation: () => confirm({ input, output }, 'really?'),
    secret: () => askSecret('password: ', input),
  };
  setTimeout(() => input.write(JSON.parse(key)), 10);
  console.log(String(await asks[how]()));
  process.exit(0);`;

async function press(how: string, key: string): Promise<readonly unknown[]> {
  const args = ['--input-type=module', '-e', PROGRAM, modules, how, JSON.stringify(key)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const said = await text(child.stdout);
  const [code, signal] = await ended;
  return [said.trim(), code, signal];
}

describe('at a question', () => {
  it.each(['line', 'confirmation', 'secret'])('Ctrl-C ends the command: %s', async (how) => {
    expect(await press(how, '\u0003')).toEqual(['', null, 'SIGINT']);
  });

  it.each([
    ['line', ''],
    ['confirmation', 'false'],
    ['secret', 'undefined'],
  ])('Ctrl-D is no answer: %s', async (how, answer) => {
    expect(await press(how, '\u0004')).toEqual([answer, 0, null]);
  });

  it.each([
    ['line', 'yes'],
    ['confirmation', 'true'],
    ['secret', 'yes'],
  ])('an answer is one: %s', async (how, answer) => {
    expect(await press(how, 'yes\r')).toEqual([answer, 0, null]);
  });
});
