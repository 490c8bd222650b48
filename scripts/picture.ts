// npm run picture [-- FILE]: docs/demo.svg, from a run of the demo made for it, or from a file that holds what one printed.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { SliceproofError } from '../protocol/errors.ts';
import { terminalPicture } from './picture/terminal-picture.ts';

const root = path.dirname(import.meta.dirname);
const COLUMNS = 110;

/** The first line that the picture shows, and the first that it doesn't: between them digits are read, proved and paid for. */
const FIRST = /^\d +One handwritten digit/;
const AFTER = /^GraphQL /;

/** What tells of waiting: no part of a picture. */
const LEFT_OUT =
  /^ +(waiting for|nothing has changed|the nodes check|job 0x\w+ (of|posted|executed|is given)|job 0x\w+: nobody|job 0x\w+ {2})/;

/** @throws SliceproofError PICTURE_DEMO when the demo fails */
async function printed(): Promise<string> {
  const child = spawn(process.execPath, ['scripts/demo/main.ts'], {
    cwd: root,
    env: { ...process.env, COLUMNS: String(COLUMNS), FORCE_COLOR: '1', NO_COLOR: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const output = await text(child.stdout);
  const code = await ended;
  if (code === 0) return output;
  throw new SliceproofError('PICTURE_DEMO', `the demo ended with ${code}`);
}

/** The lines that say what happened and what it came to. */
function told(output: string): string {
  const lines = output.split('\n').map((line) => ({ line, plain: stripVTControlCharacters(line) }));
  const first = lines.findIndex(({ plain }) => FIRST.test(plain));
  const after = lines.findIndex(({ plain }) => AFTER.test(plain));
  if (first < 0 || after < 0) throw new SliceproofError('PICTURE_DEMO', 'this is not what the demo prints');
  const shown = lines.slice(first, after).filter(({ plain }) => !LEFT_OUT.test(plain));
  return ['$ npm run demo', '…', ...shown.flatMap(({ line }) => foldedAt(line.trimEnd(), COLUMNS))].join(
    '\n',
  );
}

/** Long lines as a terminal would not break them: at a space, and indented. */
function foldedAt(line: string, columns: number): readonly string[] {
  if (stripVTControlCharacters(line).length <= columns) return [line];
  const at = line.lastIndexOf(' ', columns + line.length - stripVTControlCharacters(line).length);
  return [line.slice(0, at), ...foldedAt(`          ${line.slice(at + 1)}`, columns)];
}

const [file] = process.argv.slice(2);
const output = file === undefined ? await printed() : readFileSync(file, 'utf8');
const target = path.join(root, 'docs', 'demo.svg');
writeFileSync(target, terminalPicture('What npm run demo prints', told(output)));
