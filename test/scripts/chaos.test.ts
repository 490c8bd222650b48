import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { Random } from '../../scripts/random.ts';

const main = path.resolve(import.meta.dirname, '..', '..', 'scripts', 'chaos', 'main.ts');

test('a market whose processes are killed and whose files are broken loses nothing, and nobody has to help it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-chaos-'));
  try {
    const report = path.join(folder, 'report.json');
    const child = spawn(
      process.execPath,
      [main, '--seed', '3', '--jobs', '3', '--faults', 'kill,files,twin,chain', '--report', report],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const [said, code] = await Promise.all([text(child.stderr), ended]);
    expect(code, said).toBe(0);
    expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({
      counts: { jobs: 3, finalized: 3, bondsLost: 0, collateralLost: 0, paidTwice: 0 },
      secondsAtWork: 0,
      recoveredByHand: 0,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a seed determines the faults', () => {
  const draw = (seed: number): readonly number[] => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => random.below(1000));
  };
  expect(draw(5)).toEqual(draw(5));
  expect(draw(5)).not.toEqual(draw(6));
});
