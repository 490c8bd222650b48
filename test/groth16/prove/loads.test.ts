// What a process that proves loads: each of them has all of it in its memory.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..', '..', '..');
const tellLoads = path.join(root, 'test', 'support', 'tell-loads.child.ts');

/** Standard error of a process that has imported these modules of groth16/. */
async function loadedBy(...modules: readonly string[]): Promise<string> {
  const imports = modules.map((name) => `await import(${JSON.stringify(path.join(root, 'groth16', name))});`);
  const flags = ['--disable-warning=ExperimentalWarning', '--import', tellLoads, '--input-type=module'];
  const { stderr } = await run(process.execPath, [
    ...flags,
    '--eval',
    [...imports, 'process.exit(0);'].join(''),
  ]);
  return stderr;
}

it('loads neither ethers nor snarkjs to prove by native-js', async () => {
  expect(await loadedBy('prove/worker.ts', 'prove/native-js/backend.ts')).toBe('');
});

it('is told apart from one that does', async () => {
  expect(await loadedBy('prove/snarkjs-backend.ts')).toContain('loaded snarkjs');
});
