import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { mutantsOf } from '../../scripts/mutation/compiler/mutants.ts';

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
