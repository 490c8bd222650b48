import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const file = path.resolve(import.meta.dirname, '../../../protocol/terminal/closed-pipes.ts');

/** Writes until it is told that nobody reads any more, and ends with 3 if it is still alive then. */
const PROGRAM = `
  const { surviveClosedPipes } = await import(process.argv[1]);
  surviveClosedPipes();
  const written = () => new Promise((resolve) => process.stdout.write('x'.repeat(1 << 16), (error) => resolve(!error)));
  while (await written());
  await new Promise((resolve) => setImmediate(resolve));
  process.exitCode = 3;`;

describe('a command whose reader has left', () => {
  it('goes on to its own end', () => {
    const script = '{ "$NODE" --input-type=module -e "$PROGRAM" "$FILE"; echo "ended $?" >&2; } | true';
    const env = { ...process.env, NODE: process.execPath, PROGRAM, FILE: file };
    const { stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env });
    expect(stderr).toBe('ended 3\n');
  });
});
