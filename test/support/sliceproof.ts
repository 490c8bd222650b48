import { stripVTControlCharacters } from 'node:util';
import { vi } from 'vitest';
import { runCommandLine } from '../../bin/run.ts';

/** What a command line came to. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/**
 * `sliceproof …` in this very process, whose modules are loaded already: a process of its own takes two seconds to start.
 * Without colours.
 */
export async function sliceproof(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const hear = (stream: 'stdout' | 'stderr') =>
    vi.spyOn(process[stream], 'write').mockImplementation((part) => {
      written[stream] += String(part);
      return true;
    });
  const spies = [hear('stdout'), hear('stderr')];
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  try {
    const code = await runCommandLine(args);
    const { stdout, stderr } = written;
    return { stdout: stripVTControlCharacters(stdout), stderr: stripVTControlCharacters(stderr), code };
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
