import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * How Anvil is started, the chain of the demo and of tests: the program itself, since the package's own starter is a script that
 * would outlive a kill. No other chain is taken for it.
 */
export function anvilCommand(...flags: readonly string[]): { program: string; args: string[] } {
  return { program: anvilBinary(), args: ['--port', '0', ...ownGenesis(), ...flags] };
}

/** Where Anvil listens, if a line of its output says so. */
export function anvilAt(line: string): string | undefined {
  const address = /^Listening on (\S+)/.exec(line)?.[1];
  return address === undefined ? undefined : `http://${address}`;
}

function anvilBinary(): string {
  const require = createRequire(import.meta.url);
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const folder = path.dirname(require.resolve(`${name}/package.json`));
  return path.join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
}

/**
 * Chains that begin in the same second have the same first block otherwise, and
 * a key that is at work on one would be so on the other.
 */
function ownGenesis(): string[] {
  return ['--block-base-fee-per-gas', String(1_000_000_000 + randomInt(1_000_000))];
}
