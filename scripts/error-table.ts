// Writes docs/errors.md: the selector of every error that the contracts revert with, and when they do.
//
//   node bin/with-node.js --dev scripts/error-table.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { id } from 'ethers';
import { SliceproofError } from '../protocol/errors.ts';

const root = path.join(import.meta.dirname, '..');
const sources = path.join(root, 'contracts');
/** Contracts that only tests deploy. */
const LEFT_OUT = ['test/', 'examples/'];

interface ErrorRow {
  readonly selector: string;
  readonly signature: string;
  readonly where: string;
  readonly when: string;
}

const DECLARATION = /((?:[ \t]*\/\/\/[^\n]*\n)*)[ \t]*error (\w+)\(([^)]*)\);/g;

/** Structs that errors carry, as the ABI writes them. */
const STRUCTS: Readonly<Record<string, string>> = { ExecutionOffer: '(uint96,uint96,uint32,uint32)' };
/** Enums are bytes in the ABI. */
const ENUMS = ['JobState', 'CircuitKind'];

function abiType(type: string): string {
  if (ENUMS.includes(type)) return 'uint8';
  return STRUCTS[type] ?? type;
}

function rowsOf(file: string): ErrorRow[] {
  const text = readFileSync(path.join(sources, file), 'utf8');
  return [...text.matchAll(DECLARATION)].map(([, comment, name, args]) => {
    const when = comment
      .replaceAll(/\s*\/\/\/ ?/g, ' ')
      .trim()
      .match(/^@notice Thrown ((?:at deployment )?when .*)$/)?.[1];
    if (when === undefined) {
      throw new SliceproofError(
        'ERROR_UNDOCUMENTED',
        `${file}: expected "Thrown when …" above error ${name}`,
      );
    }
    const parts = args.split(',').filter((part) => part.trim() !== '');
    const types = parts.map((part) => abiType(part.trim().split(/\s+/)[0]));
    const shown = parts.map((part) => part.trim().split(/\s+/)[1]);
    return {
      selector: id(`${name}(${types.join(',')})`).slice(0, 10),
      signature: `${name}(${shown.join(', ')})`,
      where: path.basename(file, '.sol'),
      when,
    };
  });
}

/** The text of docs/errors.md. */
export function errorTable(): string {
  const files = (readdirSync(sources, { recursive: true }) as string[])
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => file.endsWith('.sol') && !LEFT_OUT.some((folder) => file.startsWith(folder)))
    .sort();
  const rows = files.flatMap(rowsOf).sort((a, b) => (a.signature < b.signature ? -1 : 1));
  const lines = rows.map(
    ({ selector, signature, where, when }) =>
      `| \`${selector}\` | \`${signature}\` | ${where} | ${when.replaceAll('|', '\\|')} |`,
  );
  return `# What the contracts refuse, and when

Every refusal is a custom error. The selector is the first four bytes of what a call reverts with. Written by
\`scripts/error-table.ts\` from the contracts' comments.

| selector | error | declared in | thrown |
| --- | --- | --- | --- |
${lines.join('\n')}
`;
}

/** Where it is written. */
export const ERROR_TABLE_FILE = path.join(root, 'docs', 'errors.md');

if (process.argv[1] === import.meta.filename) writeFileSync(ERROR_TABLE_FILE, errorTable());
