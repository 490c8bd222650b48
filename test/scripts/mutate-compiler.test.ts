import { cp, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { mutantsOf } from '../../scripts/mutation/compiler/mutants.ts';
import { Imports } from '../../scripts/mutation/compiler/imports.ts';
import { measureTests, Trials } from '../../scripts/mutation/compiler/processes.ts';

const FILE = 'slicer/circuit/tiny.ts';
const SOURCE = `import { plus, type Exact } from '../integer/exact.ts';
type Two = 2;
export function row(bits: number, a: Exact, words: number[]): number[] {
  if (bits < 7) throw new TypeError('a' + 1);
  words.push(-bits);
  return [plus(a, 1), ...words];
}
function* slotWidths(bits: number) {
  yield bits;
}
export const circuit = {
  rows: () => 2 * 3,
  demand(count: number) {
    row(count, 4, []);
  },
  constrain: () => 5,
  multiplies: true,
  directTerms: 3 + 4,
};
const PRODUCT_ROWS = 6;
const MOST_BOOLEANS = 8;
`;

describe('changes of a TypeScript source', () => {
  const options = { target: ts.ScriptTarget.ESNext, noLib: true };
  const host = ts.createCompilerHost(options);
  const source = ts.createSourceFile(FILE, SOURCE, ts.ScriptTarget.ESNext, true);
  const program = ts.createProgram([FILE], options, {
    ...host,
    getSourceFile: (name) => (name === FILE ? source : undefined),
  });
  const mutants = mutantsOf(FILE, source, program.getTypeChecker());

  it('are operators, bounds, widths, conditions, statements and elements, and none of types or errors', () => {
    const made = mutants.map(({ from, to }) => `${from} → ${to}`);
    for (const change of [
      'bits < 7 → (bits) <= (7)',
      '7 → 8',
      'bits → bits + 1',
      'bits < 7 → false',
      'words.push(-bits); → (nothing)',
      'plus(a, 1) → __exact.minus(a, 1)',
      '[plus(a, 1), ...words] → [...words]',
      '[plus(a, 1), ...words] → [plus(a, 1)]',
    ]) {
      expect(made).toContain(change);
    }
    expect(mutants.every(({ line }) => line > 3)).toBe(true);
    // What only counts is left alone.
    expect(mutants.filter(({ line }) => line > 8).map(({ from }) => from)).toEqual(['5', '5']);
    expect(mutants.some(({ from }) => from.includes('TypeError') && !from.startsWith('bits'))).toBe(false);
  });

  it('each leave a text that parses, and an id of its own', () => {
    for (const { text } of mutants) {
      expect(ts.transpileModule(text, { reportDiagnostics: true }).diagnostics).toEqual([]);
    }
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
  });
});

describe('a test that a change is held against', () => {
  const root = path.dirname(path.dirname(import.meta.dirname));
  const TEST = 'some.test.ts';

  /** A build's folder, with tests of these bodies. */
  async function folderOf(bodies: readonly string[], imports = ''): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-noticing-'));
    // As a build has it: the shim is known by where it lies.
    const runner = path.join('scripts', 'mutation');
    await cp(path.join(root, runner), path.join(folder, runner), { recursive: true });
    for (const part of ['node_modules', 'package.json'])
      await symlink(path.join(root, part), path.join(folder, part));
    const tests = bodies.map((body, i) => `it('test ${i}', async () => {${body}});`);
    await writeFile(
      path.join(folder, TEST),
      `import { it } from 'vitest';\n${imports}\n${tests.join('\n')}\n`,
    );
    return folder;
  }

  const testsOf = (bodies: readonly string[]) => bodies.map((_, i) => ({ file: TEST, title: `test ${i}` }));

  /** The number of the first test that notices: of these bodies, under a bound of processor seconds. */
  async function first(bodies: readonly string[], seconds: number, stillMs?: number) {
    const trials = new Trials(await folderOf(bodies), stillMs);
    const nothing = { file: '', text: '', reached: [] };
    return trials.firstToNotice(nothing, testsOf(bodies), () => seconds).finally(() => trials.end());
  }

  it('notices by failing, or by coming to no end, and not by waiting for the machine', async () => {
    const waits = 'await new Promise((resolve) => setTimeout(resolve, 8000));';
    expect(await first([waits, "throw new Error('noticed');"], 6)).toBe(1);
    expect(await first(['', 'for (;;);'], 6)).toBe(1);
    const still = 'await new Promise((resolve) => setInterval(resolve, 1e9));';
    expect(await first([still], 6, 3000)).toBe(0);
  });

  it('passes with nothing changed, as often as it is run in one process', async () => {
    const bodies = ['', "throw new Error('fails');", 'if (times() > 1) throw new Error();'];
    const folder = await folderOf(bodies, "import { times } from './times.ts';");
    await writeFile(path.join(folder, 'times.ts'), 'let n = 0;\nexport const times = () => ++n;\n');
    const { tests } = await measureTests(folder, TEST);
    expect(tests.map(({ passes }) => passes)).toEqual([true, false, false]);
  });

  it('reaches what it runs, however often others have run that before', async () => {
    const source = 'slicer/circuit/hot.ts';
    const body = 'let sum = 0; for (let i = 0; i < 1e5; i++) sum += hot(i);';
    const folder = await folderOf([body, body, body], `import { hot } from './${source}';`);
    await mkdir(path.join(folder, path.dirname(source)), { recursive: true });
    const text = 'export function hot(i: number): number {\n  return 3 * i;\n}\n';
    await writeFile(path.join(folder, source), text);
    const { tests } = await measureTests(folder, TEST);
    for (const { reached } of tests) {
      const at = text.indexOf('3 * i');
      expect(reached[source].some(([from, to]) => from <= at && at < to)).toBe(true);
    }
  });

  it('sees each change by itself, whatever the one before did, in a process that keeps the other modules', async () => {
    const bodies = [
      'if (value !== 1 || times() > kept) throw new Error();',
      'if (loaded > 1) throw new Error();',
    ];
    const folder = await folderOf(
      bodies,
      "import { times, kept } from './kept.ts';\nimport { loaded, value } from './between.ts';",
    );
    const write = (name: string, text: string) => writeFile(path.join(folder, name), text);
    await write(
      'kept.ts',
      'let n = 0;\nexport let kept = 1;\nexport const times = () => ++n;\nexport const keep = () => kept++;\n',
    );
    const between =
      "import { value } from './changed.ts';\nimport { keep } from './kept.ts';\nexport { value };\n";
    await write('between.ts', `${between}export const loaded = keep();\n`);
    const trials = new Trials(folder);
    const outcomes: (number | undefined)[] = [];
    const file = 'changed.ts';
    const textOf = (value: string): string => `export const value: number = ${value};\n`;
    await write(file, textOf('1'));
    const reached = [...new Imports(folder).dependentsOf(file, [TEST])];
    expect(reached.toSorted()).toEqual(['between.ts', file, TEST]);
    for (const value of ['1', '2', 'for', '1']) {
      const change = { file, text: textOf(value), reached };
      outcomes.push(await trials.firstToNotice(change, testsOf(bodies), () => 6));
    }
    trials.end();
    expect(outcomes).toEqual([undefined, 0, 0, 1]);
  });
});
