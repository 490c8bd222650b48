// Runs test files of a build in their order, up to the first test that fails, or all of them. Started by processes.ts with the build's folder as its own; answers by a message.
import { enableCompileCache, registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Mocha from 'mocha';

export interface Task {
  readonly files: readonly string[];
  /** Full titles of tests that are left out. */
  readonly except: readonly string[];
  readonly stopsAtFirst: boolean;
}

/** By file: titles of the tests that failed, and how long it took in milliseconds of the CPU. */
export type Outcome = Readonly<Record<string, { readonly failed: readonly string[]; readonly cpu: number }>>;

enableCompileCache();
const shim = pathToFileURL(path.resolve('scripts/mutation/compiler/vitest.ts')).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vitest' && context.parentURL !== shim
      ? { url: shim, shortCircuit: true }
      : next(specifier, context),
});

const literally = (title: string): string => title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

async function failuresOf(file: string, { except, stopsAtFirst }: Task): Promise<string[]> {
  // A reporter that says nothing: what failed is counted here.
  const suite = new Mocha({ timeout: 0, reporter: class {} as never, bail: stopsAtFirst });
  suite.addFile(path.resolve(file));
  try {
    await suite.loadFilesAsync();
  } catch {
    // Suites that can't even be made have noticed.
    return [`${file} can't be loaded`];
  }
  if (except.length > 0) suite.grep(new RegExp(`^(${except.map(literally).join('|')})$`)).invert();
  const failed: string[] = [];
  return new Promise((resolve) => {
    suite.run(() => resolve(failed)).on('fail', (test) => failed.push(test.fullTitle()));
  });
}

process.once('message', (task: Task) => {
  void (async () => {
    const outcome: Record<string, Outcome[string]> = {};
    for (const file of task.files) {
      const before = process.cpuUsage();
      const failed = await failuresOf(file, task);
      const { user, system } = process.cpuUsage(before);
      outcome[file] = { failed, cpu: Math.round((user + system) / 1000) };
      if (failed.length > 0 && task.stopsAtFirst) break;
    }
    process.send?.(outcome, () => process.exit(0));
  })();
});
