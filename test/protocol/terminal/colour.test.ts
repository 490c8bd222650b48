import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { wantsColour } from '../../../protocol/terminal/colour.ts';
import { compileCache } from '../../support/cli.ts';

const cli = path.resolve(import.meta.dirname, '../../../bin/cli.ts');
const ESCAPE = String.fromCodePoint(27);

/** What the command line says of a mistake, into a pipe. */
async function mistake(env: Readonly<Record<string, string>>): Promise<string> {
  const ran = promisify(execFile)(process.execPath, [cli, 'job', 'status', 'x'], {
    env: { PATH: process.env.PATH, ...compileCache, ...env },
  });
  return ran.then(
    ({ stderr }) => stderr,
    ({ stderr }: { readonly stderr: string }) => stderr,
  );
}

describe('colours', () => {
  it.each([
    [true, true, {}],
    [true, true, { CI: '1' }],
    [false, undefined, {}],
    [false, undefined, { CI: '1', TERM: 'xterm' }],
    [false, true, { TERM: 'dumb' }],
    [false, true, { NO_COLOR: '1' }],
    [false, true, { NO_COLOR: '1', FORCE_COLOR: '1' }],
    [true, undefined, { FORCE_COLOR: '1' }],
    [false, true, { FORCE_COLOR: '0' }],
  ])('are %s where isTTY is %s and the environment %o', (wanted, isTTY, env) => {
    expect(wantsColour({ isTTY }, env)).toBe(wanted);
  });

  it('are not in a pipe of a build server, and are where they are forced', async () => {
    const [plain, forced] = await Promise.all([mistake({ CI: 'true' }), mistake({ FORCE_COLOR: '1' })]);
    expect(plain).toContain('error');
    expect(plain).not.toContain(ESCAPE);
    expect(forced).toContain(ESCAPE);
  });
});
