import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const solc = createRequire(import.meta.url)('solc') as {
  compile(input: string, callbacks: { import(file: string): { contents: string } }): string;
};

/** Whether the code of a file's contracts can be generated: many switches in one function may overflow its stack. */
export function generates(root: string, sources: ReadonlyMap<string, string>, file: string): boolean {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...sources].map(([name, content]) => [name, { content }])),
    settings: {
      viaIR: true,
      optimizer: { enabled: true, runs: 1 },
      evmVersion: 'prague',
      outputSelection: { [file]: { '*': ['evm.bytecode.object'] } },
    },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (name) => ({ contents: readFileSync(path.join(root, 'node_modules', name), 'utf8') }),
    }),
  ) as { errors?: readonly { severity: string }[] };
  return !(output.errors ?? []).some(({ severity }) => severity === 'error');
}
