// The commands of docs/ceremony.md and docs/verification-policy.md, as they stand there, on a small model.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../../../slicer/build/folder.ts';
import { buildSmallModel } from '../../../prover-node/support/model.ts';
import { codeOf } from '../../../support/doc-blocks.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..', '..');
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-docs-'));
  await buildSmallModel(path.join(folder, 'build', 'digits'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs every block of a page that is marked `sh`; what it prints. */
async function play(page: string, change: (script: string) => string = (script) => script): Promise<string> {
  const blocks = codeOf(page, 'sh');
  expect(blocks.length).toBeGreaterThan(0);
  const command = `"${process.execPath}" "${path.join(root, 'bin', 'cli.ts')}"`;
  const script = change(blocks.join('\n')).replaceAll('npx sliceproof', command);
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder });
  return stdout;
}

describe('the commands of the documentation', () => {
  it('choose what to have proved', async () => {
    const printed = await play('docs/verification-policy.md');
    expect(printed).toMatch(/required\s+0,1/);
    expect(printed).toMatch(/audits\s+1/);
    const policy: unknown = JSON.parse(await readFile(path.join(folder, 'policy.json'), 'utf8'));
    expect(policy).toMatchObject({ policy: { required: [1], audits: 0 } });
  });

  it('hold a ceremony from its rehearsal’s phase 1 to the audit', async () => {
    // The small model needs no more, and time is dear.
    const printed = await play('docs/ceremony.md', (script) => script.replace('--power 12', '--power 11'));
    expect(printed).toContain('contribution hash of Ada Lovelace');
    expect(printed).toContain('none of the published ones');
    expect(printed).toContain('2 slices');
    expect(printed).toContain('what was checked holds');
    const { setup } = await readManifest(path.join(folder, 'build', 'digits'));
    expect(setup).toBe('ceremony');
  });
});
