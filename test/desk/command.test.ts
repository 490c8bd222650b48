// `sliceproof prove`, `verify` and `contract`, on a small model.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sliceproof } from '../support/sliceproof.ts';
import { copySmallModel, SMALL_SAMPLES } from '../support/small-model.ts';
import { until } from '../support/until.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const sample = (k: number): Float32Array => SMALL_SAMPLES[k][0];

let folder: string;
const at = (name: string): string => path.join(folder, name);

async function run(...args: readonly string[]): Promise<{ code: number; output: string; errors: string }> {
  const { code, stdout, stderr } = await sliceproof(args);
  return { code, output: stdout, errors: stderr };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-desk-'));
  await copySmallModel(at('small'));
  await writeFile(at('one.json'), JSON.stringify(Array.from(sample(1))));
  await writeFile(at('two.csv'), Array.from(sample(2)).join(','));
});
afterAll(() => rm(folder, { recursive: true }));

describe('prove and verify', () => {
  it('leave nothing half made when they are ended', async () => {
    await mkdir(at('ended'));
    const words = ['prove', at('small'), '--input', at('one.json'), '--out', at('ended/proof.json')];
    const proving = spawn(process.execPath, [path.join(root, 'bin/sliceproof.js'), ...words], {
      stdio: 'ignore',
    });
    const ended = once(proving, 'exit') as Promise<[number | null, string | null]>;
    await until(async () => (await readdir(at('ended'))).length > 0);
    proving.kill('SIGINT');
    expect([...(await ended), await readdir(at('ended'))]).toEqual([null, 'SIGINT', []]);
  });

  it('make one file and check it, for people and for scripts', async () => {
    const made = await run(
      'prove',
      at('small'),
      '--input',
      at('one.json'),
      '--out',
      at('proof.json'),
      '--public-input',
    );
    expect(made).toMatchObject({ code: 0, errors: '' });
    expect(made.output).toMatch(/one\.json.*(left|middle|right)/);

    const checked = await run('verify', at('proof.json'), '--model', at('small'));
    expect(checked).toMatchObject({ code: 0, errors: '' });
    expect(checked.output.split('\n')[0]).toMatch(/^result +(left|middle|right)$/);
    expect(checked.output).toContain('every slice is proved');
    expect(checked.output).toContain('those of the model that was named');
    expect(checked.output).toContain('development setup');

    const { output } = await run('verify', at('proof.json'), '--json');
    const report = JSON.parse(output) as {
      holds: boolean;
      model: { known: boolean };
      inputs: { values: number[] }[];
    };
    expect(report).toMatchObject({ holds: true, model: { known: false } });
    report.inputs[0].values.forEach((value, i) =>
      expect(Math.abs(value - sample(1)[i])).toBeLessThanOrEqual(0.25),
    );
  });

  it('prove several inputs into a folder', async () => {
    const inputs = [at('one.json'), at('two.csv')];
    const made = await run('prove', at('small'), '--input', ...inputs, '--out', at('proofs'), '--json');
    const { proofs } = JSON.parse(made.output) as {
      proofs: { file: string; proved: number; slices: number }[];
    };
    expect(proofs.map(({ file }) => path.basename(file))).toEqual(['one.proof.json', 'two.proof.json']);
    for (const { file, proved, slices } of proofs) {
      expect(proved).toBe(slices);
      expect((await run('verify', file, '--model', at('small'))).code).toBe(0);
    }
  });

  it('refuse with a name, and 1', async () => {
    const proof = await readFile(at('proof.json'), 'utf8');
    await writeFile(
      at('changed.json'),
      proof.replace(/"values":\[(-?\d+)/, (_, first) => `"values":[${Number(first) + 1}`),
    );
    for (const [args, code] of [
      [['verify', at('changed.json')], 'DESK_PROOF_FALSE'],
      [['verify', at('one.json')], 'DESK_FILE_MALFORMED'],
      [['verify', at('nothing.json')], 'DESK_FILE'],
      [['verify', at('proof.json'), '--model', `0x${'0'.repeat(64)}`], 'DESK_OTHER_MODEL'],
      [['prove', at('nothing'), '--input', at('one.json')], 'BUILD_FILE'],
      [['prove', at('small'), '--input', at('proof.json')], 'INPUT_FORMAT'],
      [['prove', at('small'), '--input', at('one.json'), '--slices', '77'], 'DESK_SLICES'],
    ] as const) {
      const refused = await run(...args);
      expect(refused.code, code).toBe(1);
      expect(refused.errors).toContain(`${code} `);
      expect(refused.output).toBe('');
    }
  });
});

describe('what can’t be written', () => {
  it.each([
    ['prove', 'into a folder', () => ['--input', at('one.json'), '--out', at('small')]],
    ['prove', 'below a file', () => ['--input', at('one.json'), '--out', at('one.json/x.json')]],
    [
      'prove',
      'several into a file',
      () => ['--input', at('one.json'), at('two.csv'), '--out', at('one.json')],
    ],
  ] as const)('is known before %s works: %s', async (command, _, args) => {
    // Nothing of the model but its manifest: whoever began to work would say that files are missing.
    await mkdir(at('bare'), { recursive: true });
    await copyFile(at('small/manifest.json'), at('bare/manifest.json'));
    const refused = await run(command, at('bare'), ...args());
    expect(refused.code).toBe(1);
    expect(refused.errors).toMatch(/^error DESK_FILE could not write /);
  });

  it('is known before contract proves an inference', async () => {
    for (const out of [at('small'), at('one.json'), at('one.json/x')]) {
      const refused = await run('contract', at('bare'), '--out', out);
      expect(refused.code, out).toBe(1);
      expect(refused.errors, out).toMatch(/^error DESK_FOLDER /);
    }
  });
});

describe('contract', () => {
  it('writes a project that compiles and passes by itself', async () => {
    const project = at('project');
    const made = await run('contract', at('small'), '--proof', at('proof.json'), '--out', project, '--json');
    expect(made).toMatchObject({ code: 0, errors: '' });
    expect(JSON.parse(made.output)).toMatchObject({ verifier: 'SmallVerifier', consumer: 'SmallConsumer' });
    // What `npm install` would bring.
    await symlink(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
    const hardhat = path.join(root, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js');
    const xdg = { XDG_CONFIG_HOME: at('xdg'), XDG_DATA_HOME: at('xdg'), XDG_CACHE_HOME: at('xdg') };
    const tested = await promisify(execFile)(process.execPath, [hardhat, 'test'], {
      cwd: project,
      env: { NO_COLOR: '1', ...xdg },
    });
    expect(tested.stdout).toMatch(/3 passing/);
    expect(tested.stdout).toMatch(/an inference of \d+ proofs: \d+ gas/);
  });

  it('proves an inference for the test where none is given', async () => {
    const made = await run('contract', at('small'), '--out', at('zeros'));
    expect(made).toMatchObject({ code: 0, errors: '' });
    expect(made.output).toContain('SmallVerifier and SmallConsumer');
    expect(
      (await run('verify', path.join(at('zeros'), 'model', 'proof.json'), '--model', at('small'))).code,
    ).toBe(0);
  });

  it('leaves a folder alone that holds something, and takes no proof of another model', async () => {
    const other = JSON.parse(await readFile(at('proof.json'), 'utf8')) as { manifest: { name: string } };
    other.manifest.name = 'another';
    await writeFile(at('other.json'), JSON.stringify(other));
    for (const [args, code] of [
      [['contract', at('small'), '--out', at('small')], 'DESK_FOLDER'],
      [['contract', at('small'), '--out', at('one.json')], 'DESK_FOLDER'],
      [['contract', at('small'), '--proof', at('other.json'), '--out', at('none')], 'DESK_OTHER_MODEL'],
      [['contract', at('nothing'), '--out', at('none')], 'BUILD_FILE'],
    ] as const) {
      const refused = await run(...args);
      expect(refused.code, code).toBe(1);
      expect(refused.errors).toContain(`${code} `);
    }
  });
});
