import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { BenchError } from './errors.ts';

/** What circom makes of a circuit. */
export interface CompiledCircom {
  /** Paths. */
  readonly r1cs: string;
  readonly wasm: string;
}

const root = path.resolve(import.meta.dirname, '..', '..');

/**
 * Compiles a circuit with circom (circom2 on npm), circomlib at hand as `circomlib/circuits/…`.
 *
 * @param source path of the .circom file
 * @param folder takes what is made
 * @throws BenchError BENCH_CIRCOM
 */
export async function compileCircom(source: string, folder: string): Promise<CompiledCircom> {
  const cli = path.join(root, 'node_modules', 'circom2', 'cli.js');
  const modules = path.join(root, 'node_modules');
  try {
    await promisify(execFile)(
      process.execPath,
      [cli, source, '--r1cs', '--wasm', '-o', folder, '-l', modules],
      { cwd: root },
    );
  } catch (cause) {
    const { stderr = '' } = cause as { stderr?: string };
    throw new BenchError('BENCH_CIRCOM', `circom does not compile ${source}: ${stderr}`, { cause });
  }
  const name = path.basename(source, '.circom');
  return {
    r1cs: path.join(folder, `${name}.r1cs`),
    wasm: path.join(folder, `${name}_js`, `${name}.wasm`),
  };
}
