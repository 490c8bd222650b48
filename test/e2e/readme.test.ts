// The whole market as processes, and the commands of README and tutorial against it: `npm run demo -- --keep`, then every
// block of theirs that is marked `sh`, `ts`, `graphql` or `python`, in its order.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parse as parseToml } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeGrayscalePng } from '../../protocol/image.ts';
import type { DemoReport } from '../../scripts/demo/report.ts';
import { codeOf } from '../support/doc-blocks.ts';
import { writeTutorialModel } from '../support/tutorial-model.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const kept = path.join(root, '.sliceproof', 'demo');

let folder: string;
let demo: ChildProcess;
let printed = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-e2e-'));
  // What the pages write into a new folder.
  for (const made of ['digits-verifier', 'mine']) {
    await rm(path.join(root, 'build', made), { recursive: true, force: true });
  }
  demo = spawn(
    process.execPath,
    ['bin/with-node.js', 'scripts/demo/main.ts', '--keep', '--report', path.join(folder, 'report.json')],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  await new Promise<void>((resolve, reject) => {
    const hear = (part: Buffer): void => {
      printed += part.toString();
      if (printed.includes('Everything goes on running')) resolve();
    };
    demo.stdout?.on('data', hear);
    demo.stderr?.on('data', hear);
    demo.once('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${printed}`)));
  });
});

afterAll(async () => {
  if (demo.exitCode === null) {
    const ended = new Promise((resolve) => demo.once('exit', resolve));
    demo.kill('SIGTERM');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
});

async function run(
  command: string,
  args: readonly string[],
): Promise<{ code: number | null; output: string; errors: string }> {
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`,
  };
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('exit', resolve);
    child.once('error', reject);
  });
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output, errors };
}

describe('the demo', () => {
  it('reads every digit right, with every slice proved and every receipt in order', async () => {
    const report = JSON.parse(await readFile(path.join(folder, 'report.json'), 'utf8')) as DemoReport;
    expect(report.jobs.length).toBeGreaterThanOrEqual(4);
    for (const { label, predicted, verified } of report.jobs) {
      expect(predicted).toBe(label);
      expect(verified).toBe(true);
    }
    expect(report.invariantsHold).toBe(true);
    const slicesOf = (job: string): number[] =>
      report.slices.filter((row) => row.job === job).map(({ slice }) => slice);
    const all = slicesOf(report.jobs[0].id);
    expect(all.length).toBeGreaterThanOrEqual(4);
    for (const { id } of report.jobs) expect(slicesOf(id)).toEqual(all);
    for (const { pricePaid, proveSeconds, peakRssBytes } of report.slices) {
      expect(BigInt(pricePaid)).toBeGreaterThan(0n);
      expect(proveSeconds).toBeGreaterThan(0);
      expect(peakRssBytes).toBeGreaterThan(0);
      expect(peakRssBytes).toBeLessThan(400 * 2 ** 20);
    }
  });

  it('settles many slices for less gas than each alone', async () => {
    const { gas } = JSON.parse(await readFile(path.join(folder, 'report.json'), 'utf8')) as DemoReport;
    expect(gas.perSliceBatched).toBeGreaterThan(0);
    expect(gas.perSliceBatched).toBeLessThan(gas.perSliceSingle);
  });

  it('says first where its explorer is, and it is there, with the digits that were read', async () => {
    const [, url] = /(http:\/\/\S+) {2}is the explorer/.exec(printed)!;
    expect(printed.indexOf(url)).toBeLessThan(printed.indexOf('chain http'));
    expect(await (await fetch(url)).text()).toContain('<title>sliceproof</title>');
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query:
          '{ jobs(first: 5, where: { state: { equals: FINALIZED } }) { nodes { publicInputs { values } revealedOutputs { values } } } }',
      }),
    });
    const { data } = (await answer.json()) as {
      data: { jobs: { nodes: Record<'publicInputs' | 'revealedOutputs', { values: number[] }[]>[] } };
    };
    expect(data.jobs.nodes.length).toBeGreaterThanOrEqual(4);
    for (const { publicInputs, revealedOutputs } of data.jobs.nodes) {
      expect([publicInputs[0].values.length, revealedOutputs[0].values.length]).toEqual([784, 10]);
    }
  });

  it('refuses to be kept twice', async () => {
    const { code, errors } = await run(process.execPath, ['scripts/demo/main.ts', '--keep']);
    expect(code).toBe(1);
    expect(errors).toContain('DEMO_RUNNING');
  });
});

describe('the README', () => {
  it('has commands that do what they say', async () => {
    const script = codeOf('README.md', 'sh').join('\n');
    expect(script).toContain('sliceproof job post');
    const { code, output, errors } = await run('bash', ['-euo', 'pipefail', '-c', script]);
    expect(errors).not.toContain('error');
    expect(code).toBe(0);
    expect(output).toContain('finalized');
    expect(output).toMatch(/result\s+class 4/);
    expect(output).toContain('constraints');
  });

  it('has commands that refuse an image of another shape by name', async () => {
    const image = path.join(folder, 'small.png');
    await writeFile(image, writeGrayscalePng(new Uint8Array(64), 8));
    const model = await readFile(path.join(kept, 'model-id'), 'utf8');
    const config = path.join(kept, 'client.toml');
    const { code, errors } = await run(process.execPath, [
      'bin/cli.ts',
      ...['job', 'post', '--config', config, '--model', model, '--input', image],
    ]);
    expect(code).toBe(1);
    expect(errors).toContain('IMAGE_SHAPE');
    expect(errors).toContain('28×28');
  });

  it('has a program that runs', async () => {
    const [program] = codeOf('README.md', 'ts');
    const settings = parseToml(await readFile(path.join(kept, 'client.toml'), 'utf8')) as Record<
      string,
      string
    >;
    const { rpc, deployment, store } = settings;
    const given = `
      import { readFile } from 'node:fs/promises';
      const [rpc, deployment, storeUrl, privateKey] = ${JSON.stringify([rpc, deployment, store[0], settings['private-key']])};
      const modelId = ${JSON.stringify(await readFile(path.join(kept, 'model-id'), 'utf8'))};
      const png = await readFile('examples/digits/images/6-0.png');
    `;
    // Inside the project, so that its own name is a package to import.
    const file = path.join(kept, 'readme.ts');
    await writeFile(file, `${given}\n${program}\nprocess.exit(0);\n`);
    const { code, output, errors } = await run(process.execPath, [file]);
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(output).toContain('6');
  });

  it('has a question that GraphQL answers', async () => {
    const [query] = codeOf('README.md', 'graphql');
    const address = /GraphQL\s+(http\S+)/.exec(printed)?.[1];
    const response = await fetch(String(address), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await response.json()) as {
      errors?: unknown;
      data: { jobs: { nodes: { state: string; slices: { state: string }[] }[] } };
    };
    expect(errors).toBeUndefined();
    const finished = data.jobs.nodes.filter(({ state }) => state.toUpperCase() === 'FINALIZED');
    expect(finished.length).toBeGreaterThan(0);
    for (const { slices } of finished) {
      expect(slices.map(({ state }) => state.toUpperCase())).toEqual(slices.map(() => 'SETTLED'));
    }
  });
});

describe('the tutorial', () => {
  const [scikit, torch] = codeOf('docs/tutorial.md', 'python');

  it('exports a network with scikit-learn', async (test) => {
    const { code } = await run('python3', ['-c', 'import sklearn, onnx']).catch(() => ({ code: 1 }));
    if (code !== 0) return test.skip('no python3 with scikit-learn and onnx on this machine');
    expect(await run('python3', ['-c', scikit])).toMatchObject({ code: 0 });
  });

  it('exports one with PyTorch', async (test) => {
    const { code } = await run('python3', ['-c', 'import torch, sklearn, onnx']).catch(() => ({ code: 1 }));
    if (code !== 0) return test.skip('no python3 with torch, scikit-learn and onnx on this machine');
    expect(await run('python3', ['-c', `${scikit}\n${torch}`])).toMatchObject({ code: 0 });
  });

  it('leads from the exported file to a checked receipt', async () => {
    const mine = path.join(root, 'build', 'mine');
    // What Python would have left there.
    if (!existsSync(path.join(mine, 'model.onnx'))) await writeTutorialModel(mine);
    // Each npx is a start of npm besides; the README's are run as they are.
    const sliceproof = `"${process.execPath}" bin/cli.ts`;
    const script = codeOf('docs/tutorial.md', 'sh').join('\n').replaceAll('npx sliceproof', sliceproof);
    expect(script).toContain('job verify');
    const { code, output, errors } = await run('bash', ['-euo', 'pipefail', '-c', script]);
    expect(errors).not.toContain('error');
    expect(code).toBe(0);
    expect(output).toContain('top-1 quantised');
    expect(output).toContain('finalized');
    expect(output.match(/holds +every slice is proved/g)).toHaveLength(3);
  });
});
