import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');

describe('the command line', () => {
  it('ends as it would when whoever reads its output leaves', () => {
    // Help of many lines into a reader that takes none of it.
    const script = `{ "${process.execPath}" bin/cli.ts model build --help; echo "ended $?" >&2; } | true`;
    const { stderr } = spawnSync('bash', ['-c', script], { cwd: root, encoding: 'utf8' });
    expect(stderr).toBe('ended 0\n');
  });
});
