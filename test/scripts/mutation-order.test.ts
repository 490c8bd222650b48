import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MutationRecord, weighedShare, type Tried } from '../../scripts/mutation/record.ts';
import { KnownTests } from '../../scripts/mutation/compiler/tests-of.ts';
import type { MeasuredTest } from '../../scripts/mutation/compiler/run.ts';

const SOURCE = 'slicer/circuit/rows/some.ts';
const OTHER = 'slicer/circuit/rows/other.ts';
const COMPILE = 'slicer/circuit/compile.ts';
const change = { file: SOURCE, start: 15 };

/** A test of so many seconds that reaches both sources, and further ones. */
function measured(title: string, seconds: number, ...further: readonly string[]): MeasuredTest {
  const reached = Object.fromEntries([SOURCE, OTHER, ...further].map((file) => [file, [[10, 20]]] as const));
  return { title, cpu: seconds * 1000, passes: true, reached };
}

function knownTests(files: Readonly<Record<string, readonly MeasuredTest[]>>, load = 0): KnownTests {
  const known = new KnownTests();
  for (const [file, tests] of Object.entries(files)) {
    known.add(file, { load: { cpu: load * 1000, reached: {} }, tests });
  }
  return known;
}

const titles = (known: KnownTests, seconds = 1000, of = change): readonly string[] =>
  known.reaching(of, seconds).map(({ title }) => title);

describe('the tests that a change of the compiler is held against', () => {
  it('reach it, pass with nothing changed and count nothing', () => {
    const known = knownTests({
      'a.test.ts': [
        measured('good', 1),
        { ...measured('broken', 1), passes: false },
        measured('has the rows that are counted', 1),
        measured('gemm of several rows', 1),
        { ...measured('elsewhere', 1), reached: { [SOURCE]: [[16, 99]], [OTHER]: [[10, 20]] } },
      ],
    });
    expect(titles(known)).toEqual(['good', 'gemm of several rows']);
  });

  it('are first those that make whole circuits, of equal ones the quickest, and as many as there is time for', () => {
    const known = knownTests({
      'a.test.ts': [measured('slow', 1)],
      'b.test.ts': [measured('quick', 0.9)],
      'c.test.ts': [measured('whole', 1.2, COMPILE)],
      'd.test.ts': [measured('slow and whole', 9, COMPILE)],
    });
    expect(titles(known)).toEqual(['whole', 'quick', 'slow', 'slow and whole']);
    expect(titles(known, 1.5)).toEqual(['whole', 'quick']);
  });

  it('come from several files by turns, of a loaded one before another has to be loaded', () => {
    const files = {
      'a.test.ts': ['a1', 'a2', 'a3'].map((title) => measured(title, 1)),
      'b.test.ts': ['b1', 'b2'].map((title) => measured(title, 1.1)),
    };
    expect(titles(knownTests(files))).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
    expect(titles(knownTests(files, 5))).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
  });

  it('are first those that noticed most, of this source before others', () => {
    const tests = ['a', 'b', 'c'].map((title) => measured(title, 1));
    const known = knownTests({ 'a.test.ts': tests.slice(0, 1), 'b.test.ts': tests.slice(1) });
    const other = { file: OTHER, start: 15 };
    const learn = (of: typeof change, title: string): void => {
      const asked = known.reaching(of, 1000);
      known.learn(
        of,
        asked,
        asked.findIndex((test) => test.title === title),
      );
    };
    expect(titles(known)).toEqual(['a', 'b', 'c']);
    for (let turn = 0; turn < 3; turn++) learn(other, 'c');
    // What noticed elsewhere comes first here, too, as long as nothing else did.
    expect(titles(known)[0]).toBe('c');
    for (let turn = 0; turn < 3; turn++) learn(change, 'b');
    expect(titles(known)[0]).toBe('b');
    expect(titles(known, 1000, other)[0]).toBe('c');
    // A test that was asked and didn't notice is believed less.
    const [first] = known.reaching(change, 1000);
    for (let turn = 0; turn < 20; turn++) known.learn(change, [first], undefined);
    expect(titles(known)[0]).not.toBe('b');
  });
});

it('a sample’s share is weighed by how many changes each source has', () => {
  const files = {
    small: { killed: 1, survived: 1 },
    large: { killed: 3, survived: 1 },
    untried: { killed: 0, survived: 0 },
  };
  const sizes = new Map([
    ['small', 10],
    ['large', 90],
    ['untried', 1000],
  ]);
  expect(weighedShare({ files }, sizes)).toBeCloseTo((10 * 0.5 + 90 * 0.75) / 100);
  expect(weighedShare({ files: {} }, sizes)).toBe(0);
});

describe('a record that begins anew', () => {
  const changeOf = (file: string, line: number) => {
    const told = { file, line, operator: 'number', from: '1', to: '2' };
    return { ...told, id: `${file} ${line}` };
  };
  const lines = [7, 3, 5, 4];
  const drawn = new Map([SOURCE, OTHER].map((file) => [file, lines.map((line) => changeOf(file, line))]));
  const idsOf = (file: string): readonly string[] => lines.map((line) => `${file} ${line}`);
  const survivor = (file: string, line: number) => ({
    place: `${file}:${line}`,
    operator: 'number',
    from: '1',
    to: '2',
  });
  const summary = {
    killed: 4,
    survived: 2,
    files: { [SOURCE]: { killed: 2, survived: 1 }, [OTHER]: { killed: 2, survived: 1 } },
    // Of the first three of the other source none stands there: it has changed since.
    survivors: [survivor(OTHER, 4), survivor(SOURCE, 3)],
  };
  const recordIn = async (): Promise<MutationRecord> =>
    new MutationRecord(await mkdtemp(path.join(tmpdir(), 'sliceproof-record-')), 'some.json');
  const outcomes = (record: MutationRecord, file: string): readonly (Tried['outcome'] | undefined)[] =>
    idsOf(file).map((id) => record.get(id)?.outcome);

  it('takes from the summary what was tried: as many as were, in the order in which the seed draws them', async () => {
    const record = await recordIn();
    record.recover(drawn, summary);
    expect(outcomes(record, SOURCE)).toEqual(['killed', 'survived', 'killed', undefined]);
    expect(outcomes(record, OTHER)).toEqual([undefined, undefined, undefined, undefined]);
    expect(record.summary([SOURCE, OTHER].flatMap(idsOf), summary)).toEqual(summary);
  });

  it('and nothing of a source of which it knows something', async () => {
    const record = await recordIn();
    const { id, ...told } = changeOf(SOURCE, 4);
    record.set(id, { ...told, outcome: 'survived' });
    record.recover(drawn, summary);
    expect(outcomes(record, SOURCE)).toEqual([undefined, undefined, undefined, 'survived']);
  });
});
