// Runs the contract tests of a build again and again, each time with another mutant on. Started by run-tests.ts with the
// build's folder as its own; speaks by messages.
import path from 'node:path';
import Mocha from 'mocha';
import { network } from 'hardhat';
import { SWITCH } from './mutant.ts';

type Connection = Awaited<ReturnType<typeof network.create>>;

/**
 * What to do: run test files in their order with a mutant on, up to the first test that fails. With none on (0), all of
 * them are run.
 */
export interface Task {
  readonly mutant: number;
  readonly files: readonly string[];
  /** Full titles of tests that are left out. */
  readonly except: readonly string[];
}

/** The tests that failed: by file, their full titles. */
export type Outcome = Readonly<Record<string, readonly string[]>>;

const send = (message: Outcome): void => {
  process.send?.(message);
};

// Every chain that the tests make is known here, so that the switch can be set in each.
const chains: Connection[] = [];
let active = 0;
const create = network.create.bind(network);
network.create = (async (...args: Parameters<typeof create>) => {
  const chain = await create(...args);
  chains.push(chain);
  await turn(chain, active);
  return chain;
}) as typeof network.create;

async function turn({ provider }: Connection, mutant: number): Promise<void> {
  await provider.request({ method: 'hardhat_setCode', params: [SWITCH, `0x${'00'.repeat(mutant)}`] });
}

async function turnAll(mutant: number): Promise<void> {
  active = mutant;
  for (const chain of chains) {
    // Fixtures are made anew: what they deploy is changed too.
    chain.networkHelpers.clearSnapshots();
    await turn(chain, mutant);
  }
}

const suites = new Map<string, Mocha>();

async function suiteOf(file: string): Promise<Mocha> {
  const known = suites.get(file);
  if (known) return known;
  // A reporter that says nothing: what failed is counted here.
  const suite = new Mocha({ timeout: 40_000, reporter: class {} as never });
  suite.cleanReferencesAfterRun(false);
  suite.addFile(path.resolve(file));
  await suite.loadFilesAsync();
  suites.set(file, suite);
  return suite;
}

const literally = (title: string): string => title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

async function failuresOf(file: string, { mutant, except }: Task): Promise<string[]> {
  const suite = await suiteOf(file);
  suite.bail(mutant > 0);
  if (except.length > 0) suite.grep(new RegExp(`^(${except.map(literally).join('|')})$`)).invert();
  const failed: string[] = [];
  return new Promise((resolve) => {
    suite.run(() => resolve(failed)).on('fail', (test) => failed.push(test.fullTitle()));
  });
}

process.on('message', (task: Task) => {
  void (async () => {
    await turnAll(task.mutant);
    const failed: Record<string, string[]> = {};
    for (const file of task.files) {
      const titles = await failuresOf(file, task);
      if (titles.length === 0) continue;
      failed[file] = titles;
      if (task.mutant > 0) break;
    }
    send(failed);
  })().catch((error: unknown) => {
    // A file that can't be loaded: nothing that follows would mean anything.
    console.error(error);
    process.exit(1);
  });
});
send({});
