import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CompilerInput, CompilerOutput } from 'hardhat/types/solidity';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { COMPILED_TO, COMPILE_ANEW, compileOrTake } from '../../../scripts/generate/compiled.ts';
import { differences } from '../../../scripts/generate/differences.ts';

const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string; version(): string };
const compiler = { longVersion: solc.version() };

const inputOf = (answer: number): CompilerInput => ({
  language: 'Solidity',
  sources: {
    'A.sol': {
      content: `// SPDX-License-Identifier: MIT\npragma solidity 0.8.37; contract A { uint256 public a = ${answer}; }`,
    },
  },
  settings: {
    optimizer: {},
    outputSelection: { '*': { '': ['ast'], '*': ['abi', 'evm.bytecode.object'] } },
  },
});

let folder: string;
let kept: string;
/** Of every compilation, whether code was asked for. */
let compiled: boolean[];
const compile = (input: CompilerInput): Promise<CompilerOutput> => {
  compiled.push(JSON.stringify(input.settings.outputSelection).includes('bytecode'));
  return Promise.resolve(JSON.parse(solc.compile(JSON.stringify(input))) as CompilerOutput);
};
const output = (answer: number, version = compiler) => compileOrTake(version, inputOf(answer), compile, kept);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-compiled-'));
  kept = path.join(folder, 'kept');
  compiled = [];
  vi.stubEnv(COMPILED_TO, kept);
  await output(42);
  vi.unstubAllEnvs();
});
beforeEach(() => {
  compiled = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a compilation', () => {
  test('is taken from what is kept, syntax trees apart, and is what solc would give', async () => {
    const taken = await output(42);
    expect(compiled).toEqual([false]);
    vi.stubEnv(COMPILE_ANEW, '1');
    expect(taken).toEqual(await output(42));
    expect(compiled).toEqual([false, true]);
  });

  test('is done by solc for other sources and for another compiler', async () => {
    const other = await output(43);
    const later = await output(42, { longVersion: `${compiler.longVersion}.later` });
    expect(compiled).toEqual([true, true]);
    expect(later).toEqual(await output(42));
    expect(other.contracts).not.toEqual(later.contracts);
  });

  test('is done by solc where what is kept is damaged; a false one is told from it', async () => {
    const [file] = await readdir(kept);
    const copy = path.join(folder, 'copy');
    vi.stubEnv(COMPILED_TO, copy);
    await output(42);
    expect(differences(kept, copy)).toEqual([]);
    vi.stubEnv(COMPILED_TO, path.join(folder, 'false'));
    await compileOrTake(
      compiler,
      inputOf(42),
      async (input) => ({ ...(await compile(input)), contracts: {} }),
      'nowhere',
    );
    expect(differences(kept, path.join(folder, 'false'))).toEqual([file]);
    await writeFile(path.join(copy, file), 'damaged');
    compiled = [];
    await compileOrTake(compiler, inputOf(42), compile, copy);
    expect(compiled).toEqual([true]);
  });
});
