import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Anvil, the chain of the demo and of tests: the program itself, since the package's own starter is a script that would outlive a kill. */
export function anvilBinary(): string {
  const require = createRequire(import.meta.url);
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const folder = path.dirname(require.resolve(`${name}/package.json`));
  return path.join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
}

/**
 * Flags for a chain that no other is taken for: those that begin in the same second have the same first block otherwise, and
 * a key that is at work on one would be so on the other.
 */
export function ownGenesis(): string[] {
  return ['--block-base-fee-per-gas', String(1_000_000_000 + randomInt(1_000_000))];
}
