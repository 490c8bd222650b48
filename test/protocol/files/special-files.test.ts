import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeWhole } from '../../../protocol/files/write-whole.ts';

const modules = path.resolve(import.meta.dirname, '../../../protocol/files');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-special-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('what is written to', () => {
  it('a link is put where the link leads', async () => {
    const [file, link] = [path.join(folder, 'file'), path.join(folder, 'link')];
    await writeFile(file, 'old');
    await symlink(file, link);
    await writeWhole(link, 'new');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(file, 'utf8')).toBe('new');
  });

  it('a pipe comes out of it, and the pipe is still one', async () => {
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [text] = await Promise.all([readFile(pipe, 'utf8'), writeWhole(pipe, 'through')]);
    expect(text).toBe('through');
    expect((await stat(pipe)).isFIFO()).toBe(true);
    expect(await readdir(folder)).toEqual(['pipe']);
  });

  it('a device that is full is said, and the device is still there', async () => {
    // By a link: whoever may write to the folder of devices would lose one by a mistake here.
    const link = path.join(folder, 'full');
    await symlink('/dev/full', link);
    await expect(writeWhole(link, 'too much')).rejects.toMatchObject({ code: 'FILE_DISK_FULL' });
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });
});

describe('a process that a signal ends', () => {
  const PROGRAM = `
    const [modules, file, computes, own] = process.argv.slice(1);
    const { leaveNothingUnfinished } = await import(modules + '/unfinished.ts');
    const { openDraft } = await import(modules + '/write-whole.ts');
    leaveNothingUnfinished();
    const draft = await openDraft(file);
    await draft.write(Buffer.from('whole'));
    if (own) process.on(own, async () => { await draft.keep(); process.exit(0); });
    if (computes) await draft.keep();
    (await import('node:fs')).writeSync(1, 'ready');
    if (computes) for (;;);
    setInterval(() => undefined, 1000);`;
  const endedBy = async (signal: NodeJS.Signals, computes = '', ...own: string[]): Promise<unknown[]> => {
    const args = ['--input-type=module', '-e', PROGRAM, modules, path.join(folder, 'file'), computes, ...own];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
    await once(child.stdout, 'data');
    child.kill(signal);
    return [...(await ended), await readdir(folder)];
  };

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves nothing half written: %s', async (signal) => {
    expect(await endedBy(signal)).toEqual([null, signal, []]);
  });

  it('ends at once, whatever it computes, when nothing is half written', async () => {
    expect(await endedBy('SIGINT', 'computes')).toEqual([null, 'SIGINT', ['file']]);
  });

  it('finishes what it wants to finish', async () => {
    expect(await endedBy('SIGTERM', '', 'SIGTERM')).toEqual([0, null, ['file']]);
  });
});
