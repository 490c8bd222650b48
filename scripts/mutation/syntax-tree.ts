import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** A node of the compiler's syntax tree. `src` is `start:length:file`, in bytes. */
export interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [member: string]: unknown;
}

/** A compiler's complaint, with the bytes it is about. */
export interface Complaint {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

interface Output {
  readonly errors?: readonly {
    readonly severity: string;
    readonly formattedMessage: string;
    readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
  }[];
  readonly sources: Readonly<Record<string, { readonly ast: Node }>>;
}

const solc = createRequire(import.meta.url)('solc') as {
  compile(
    input: string,
    callbacks: { import(file: string): { contents: string } | { error: string } },
  ): string;
};

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value;
}

/** Where a node's text is, in bytes. */
export function rangeOf(node: Node): { start: number; end: number } {
  const [start, length] = node.src.split(':').map(Number);
  return { start, end: start + length };
}

/** The nodes right below one, in the order of their text. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flatMap((value): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isNode)
    .sort((a, b) => rangeOf(a).start - rangeOf(b).start);
}

/** Checks sources, without generating code: their trees, or what is wrong with them. */
export function analyse(
  root: string,
  sources: ReadonlyMap<string, string>,
): { trees: ReadonlyMap<string, Node>; complaints: readonly Complaint[] } {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...sources].map(([file, content]) => [file, { content }])),
    settings: { viaIR: true, evmVersion: 'prague', outputSelection: { '*': { '': ['ast'] } } },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (file) => ({ contents: readFileSync(path.join(root, 'node_modules', file), 'utf8') }),
    }),
  ) as Output;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  return {
    trees: new Map(Object.entries(output.sources ?? {}).map(([file, { ast }]) => [file, ast])),
    complaints: errors.map(({ formattedMessage, sourceLocation }) => ({
      file: sourceLocation?.file ?? '',
      start: sourceLocation?.start ?? 0,
      end: sourceLocation?.end ?? 0,
      message: formattedMessage,
    })),
  };
}
