// contracts/compiled: what solc made of the contracts and their tests, by the digest of all that it was given. Whoever has the
// same sources, settings and compiler takes it from there instead of optimizing for minutes; a change is another digest, and
// is compiled. Syntax trees would be most of it and are quickly had: they are always made anew.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import type { Compiler, CompilerInput, CompilerOutput } from 'hardhat/types/solidity';

/** Set to `1`: solc compiles, whatever is kept. */
export const COMPILE_ANEW = 'SLICEPROOF_COMPILE_ANEW';
/** A folder: what each compilation gave is put there too. */
export const COMPILED_TO = 'SLICEPROOF_COMPILED_TO';

const KEPT = path.resolve(import.meta.dirname, '..', '..', 'contracts', 'compiled');

type Kept = Pick<CompilerOutput, 'errors' | 'contracts'>;

/**
 * One compilation: from what is kept where it has it, or else by solc.
 * @param compile runs solc
 * @param keptIn the folder of what is kept
 */
export async function compileOrTake(
  { longVersion }: Pick<Compiler, 'longVersion'>,
  input: CompilerInput,
  compile: (input: CompilerInput) => Promise<CompilerOutput>,
  keptIn: string = KEPT,
): Promise<CompilerOutput> {
  const name = nameOf(longVersion, input);
  const kept = process.env[COMPILE_ANEW] === '1' ? undefined : await take(path.join(keptIn, name));
  const output: CompilerOutput =
    kept === undefined
      ? await compile(input)
      : { ...kept, sources: (await compile(treesOnly(input))).sources };
  const folder = process.env[COMPILED_TO];
  if (folder !== undefined && folder !== '') {
    const { errors, contracts } = output;
    await mkdir(folder, { recursive: true });
    await writeFile(
      path.join(folder, name),
      brotliCompressSync(JSON.stringify({ errors, contracts } satisfies Kept)),
    );
  }
  return output;
}

/** The code of one compilation, without syntax trees: from what is kept where it has it, or else by `compile`. */
export async function codeOf(
  { longVersion }: Pick<Compiler, 'longVersion'>,
  input: CompilerInput,
  compile: (input: CompilerInput) => Promise<CompilerOutput>,
): Promise<Kept> {
  return (await take(path.join(KEPT, nameOf(longVersion, input)))) ?? compile(input);
}

function nameOf(longVersion: string, input: CompilerInput): string {
  const digest = createHash('sha256').update(JSON.stringify([longVersion, input]));
  return `${digest.digest('hex')}.json.br`;
}

/** What lies damaged or nowhere is compiled. */
async function take(file: string): Promise<Kept | undefined> {
  try {
    return JSON.parse(brotliDecompressSync(await readFile(file)).toString()) as Kept;
  } catch {
    return undefined;
  }
}

function treesOnly(input: CompilerInput): CompilerInput {
  return { ...input, settings: { ...input.settings, outputSelection: { '*': { '': ['ast'] } } } };
}
