import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { SliceproofError } from '../../protocol/errors.ts';

/**
 * Files that differ from a commit and are still there, those that git doesn't know yet among them; relative to `root`.
 * @throws SliceproofError CHECK_NO_GIT: git doesn't answer, or knows no such commit
 */
export function changedFiles(root: string, base: string): string[] {
  const git = (...args: string[]): string[] => {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    if (status === 0) return stdout.split('\0').filter((file) => file !== '');
    throw new SliceproofError('CHECK_NO_GIT', `git ${args.join(' ')} failed: ${(stderr ?? '').trim()}`, {
      hint: 'Run it in a clone, and name a commit that it has: `npm run check -- --since REV`.',
    });
  };
  const changed = git('diff', '--name-only', '-z', base, '--');
  const added = git('ls-files', '--others', '--exclude-standard', '-z');
  return [...new Set([...changed, ...added])].filter((file) => existsSync(path.join(root, file))).sort();
}
