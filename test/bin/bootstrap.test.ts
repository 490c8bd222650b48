// The bootstrap as files of a folder of its own, with real processes; that both of the README's commands work in an empty home
// is seen by .ci/fresh.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'with spaces '));
  cpSync(path.join(root, 'bin'), path.join(folder, 'bin'), { recursive: true });
  for (const file of ['package.json', '.npmrc']) cpSync(path.join(root, file), path.join(folder, file));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script of the folder with nothing of this shell's environment but what is given. */
function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
}

describe('which Node is new enough', () => {
  it.each([
    ['v18.20.8', false],
    ['v20.20.2', false],
    ['v22.17.1', false],
    ['v22.18.0', true],
    ['v22.22.0', true],
    ['v23.5.0', false],
    ['v23.6.0', true],
    ['v24.0.0', true],
    ['v27.1.0', true],
    ['', false],
    ['nonsense', false],
  ])('%s: %s', async (version, expected) => {
    const { isNewEnough } = (await import(path.join(folder, 'bin', 'bootstrap', 'node.js'))) as {
      readonly isNewEnough: (version: string) => boolean;
    };
    expect(isNewEnough(version)).toBe(expected);
  });
});

describe('the version', () => {
  it('is known before anything is installed, and nothing is installed for it', () => {
    const { status, stdout, stderr } = run(['bin/sliceproof.js', '--version']);
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect(existsSync(path.join(folder, 'node_modules'))).toBe(false);
  });
});

describe('an old Node', () => {
  /** A folder whose `node` says that it is an old one, and runs scripts as such. */
  function oldNode(): string {
    const bin = mkdtempSync(path.join(folder, 'old-'));
    const pretend = path.join(bin, 'pretend.cjs');
    writeFileSync(
      pretend,
      `Object.defineProperty(process, 'version', { value: 'v18.20.8' });
       Object.defineProperty(process.versions, 'node', { value: '18.20.8' });`,
    );
    return pretend;
  }

  it('is told once more that it is too old, and never starts itself again', () => {
    const { status, stderr } = run(['--require', oldNode(), 'bin/with-node.js', '--restarted', 'x.ts'], {
      PATH: process.env['PATH'],
    });
    expect(status).toBe(1);
    expect(stderr).toContain('a newer Node was started, and it says that it is v18.20.8');
    expect(stderr).toContain('Install Node');
  });

  it('gets a newer one in the clone, which runs the script with its arguments and its exit code', () => {
    // A binary package as npm would have left it there.
    const names = {
      linux: 'node-linux-',
      darwin: process.arch === 'arm64' ? 'node-bin-darwin-' : 'node-darwin-',
    };
    const name = `${names[process.platform as keyof typeof names]}${process.arch}`;
    const bin = path.join(folder, '.sliceproof', 'node', 'node_modules', name, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(path.join(bin, 'node'), `#!/bin/sh\nexec "${process.execPath}" "$@"\n`, { mode: 0o755 });
    writeFileSync(
      path.join(folder, 'args.ts'),
      `const args: string[] = process.argv.slice(2);\nconsole.log(args.join(' '), process.version);\nprocess.exit(7);\n`,
    );
    writeFileSync(path.join(folder, 'package-lock.json'), readFileSync(path.join(root, 'package-lock.json')));
    mkdirSync(path.join(folder, 'node_modules'), { recursive: true });
    // As if packages were installed: what is looked at here is who runs the script.
    const stamp = path.join(root, 'node_modules', '.sliceproof-installed');
    cpSync(stamp, path.join(folder, 'node_modules', '.sliceproof-installed'));
    const { status, stdout, stderr } = run(
      ['--require', oldNode(), 'bin/with-node.js', 'args.ts', '--dev', 'b c'],
      { PATH: process.env['PATH'] },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe(`--dev b c ${process.version}\n`);
    expect(status).toBe(7);
  });
});

describe('npm', () => {
  /** What npm is told of its cache when the one that `npm run` names is `named`. */
  function cacheFor(named: string): string {
    const bin = mkdtempSync(path.join(folder, 'npm-'));
    writeFileSync(path.join(bin, 'npm'), '#!/bin/sh\nprintf %s "$npm_config_cache"\n', { mode: 0o755 });
    const { stderr } = run(
      [
        '--input-type=module',
        '-e',
        `import { npmInstall } from ${JSON.stringify(path.join(folder, 'bin', 'bootstrap', 'npm.js'))};
         npmInstall('.', [], 'the spare one');`,
      ],
      { PATH: `${bin}${path.delimiter}${process.env.PATH}`, npm_config_cache: named },
    );
    return stderr;
  }

  it('keeps what it fetches where `npm run` says, whether that is made already or not', () => {
    expect(cacheFor(folder)).toBe(folder);
    const unmade = path.join(folder, 'not', 'made', 'yet');
    expect(cacheFor(unmade)).toBe(unmade);
  });

  it('keeps it in the clone when it could not there', () => {
    // Nobody, not even root, writes below a file.
    expect(cacheFor(path.join(folder, 'package.json', '_cacache'))).toBe('the spare one');
  });
});

describe('the lock of an installation', () => {
  const hold = (lock: string, milliseconds: number): string => `
    import { exclusively } from ${JSON.stringify(path.join(folder, 'bin', 'bootstrap', 'lock.js'))};
    import { appendFileSync } from 'node:fs';
    exclusively(${JSON.stringify(lock)}, () => {
      appendFileSync(${JSON.stringify(`${lock}.log`)}, 'in ' + process.pid + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${milliseconds});
      appendFileSync(${JSON.stringify(`${lock}.log`)}, 'out ' + process.pid + '\\n');
    });`;

  it('lets one process at a time in, and takes over from one that was killed', async () => {
    const lock = path.join(folder, '.sliceproof', 'some.lock');
    mkdirSync(path.dirname(lock), { recursive: true });
    // A process that has ended: its number is nobody's.
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(lock, String(pid));
    const children = [1, 2, 3, 4].map(() =>
      spawn(process.execPath, ['--input-type=module', '-e', hold(lock, 100)], {
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    );
    const codes = await Promise.all(
      children.map(async (child) => {
        const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
        await text(child.stderr);
        return ended;
      }),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    const lines = readFileSync(`${lock}.log`, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(8);
    for (let i = 0; i < lines.length; i += 2) expect(lines[i + 1]).toBe(lines[i].replace('in', 'out'));
    expect(existsSync(lock)).toBe(false);
  });
});
