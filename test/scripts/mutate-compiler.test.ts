import { cp, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { mutantsOf } from '../../scripts/mutation/compiler/mutants.ts';
import { firstToNotice } from '../../scripts/mutation/compiler/processes.ts';

const FILE = 'slicer/circuit/tiny.ts';
const SOURCE = `import { plus, type Exact } from '../integer/exact.ts';
type Two = 2;
export function row(bits: number, a: Exact, words: number[]): number[] {
  if (bits < 7) throw new TypeError('a' + 1);
  words.push(-bits);
  return [plus(a, 1), ...words];
}
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

  /** The number of the first test that notices: of these bodies, under a bound of processor seconds. */
  async function first(bodies: readonly string[], seconds: number, stillMs?: number) {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-noticing-'));
    // As a build has it: the shim is known by where it lies.
    const runner = path.join('scripts', 'mutation');
    await cp(path.join(root, runner), path.join(folder, runner), { recursive: true });
    for (const part of ['node_modules', 'package.json'])
      await symlink(path.join(root, part), path.join(folder, part));
    const file = 'some.test.ts';
    const titles = bodies.map((_, i) => `test ${i}`);
    const tests = bodies.map((body, i) => `it('${titles[i]}', async () => {${body}});`);
    await writeFile(path.join(folder, file), `import { it } from 'vitest';\n${tests.join('\n')}\n`);
    return firstToNotice(
      folder,
      titles.map((title) => ({ file, title })),
      () => seconds,
      stillMs,
    );
  }

  it('notices by failing, or by coming to no end, and not by waiting for the machine', async () => {
    const waits = 'await new Promise((resolve) => setTimeout(resolve, 8000));';
    expect(await first([waits, "throw new Error('noticed');"], 6)).toBe(1);
    expect(await first(['', 'for (;;);'], 6)).toBe(1);
    const still = 'await new Promise((resolve) => setInterval(resolve, 1e9));';
    expect(await first([still], 6, 3000)).toBe(0);
  });
});
