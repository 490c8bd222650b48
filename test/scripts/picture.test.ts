import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { terminalPicture } from '../../scripts/picture/terminal-picture.ts';

const ESC = '\u001b';

describe('a picture of a terminal', () => {
  it('has each part of a line at its place, in its look, with nothing of it read as markup', () => {
    const drawn = terminalPicture('a & b', `${ESC}[1mone${ESC}[22m <two>\n  ${ESC}[32mthree${ESC}[39m\n`);
    expect(drawn).toContain('<text x="16" y="28" textLength="21.6" class="bold">one</text>');
    expect(drawn).toContain('<text x="37.6" y="28" textLength="43.2"> &lt;two&gt;</text>');
    expect(drawn).toContain('<text x="30.4" y="45" textLength="36" class="green">three</text>');
    expect(drawn).not.toContain(ESC);
  });

  it('is dark on dark pages', () => {
    expect(terminalPicture('', 'x')).toContain('prefers-color-scheme:dark');
  });
});

it('the picture in the README is of a run that ended well, and is small', async () => {
  const drawn = await readFile(path.join(import.meta.dirname, '..', '..', 'docs', 'demo.svg'), 'utf8');
  expect(drawn.length).toBeLessThan(40_000);
  expect(drawn).toContain('npm run demo');
  expect(drawn).toContain('the invariant holds');
  expect(drawn).not.toContain('DO NOT HOLD');
});
