// Writes protocol/contracts/generated: typed ethers bindings of the contracts that the sides talk to.
//
// Hardhat's TypeChain plugin leaves its output in cache/typechain when it compiles. Node runs TypeScript files by
// stripping their types, so imports have to name `.ts` files and namespaces, which hold types only, have to say
// so. And an ABI is parsed once a process, not for every contract that is opened: ethers takes up to 0.1 s for one.
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SliceproofError } from '../../protocol/errors.ts';
import { inDraft } from './draft.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const RELATIVE_JS_IMPORT = /(from\s+['"]\.[^'"]*)\.js(['"])/g;
// TypeChain ends these interfaces with a semicolon, an empty statement, which a declared namespace can't have.
const INTERFACE_SEMICOLON = /^(\s*export interface OutputObject .*\});$/gm;
const TYPE_NAMESPACE = /^(\s*)export namespace /gm;
const PARSING = /new Interface\(_abi\)|(?<=super\(|Contract\(address, )_abi\b/g;
const PARSED_ONCE = `
let parsed: Interface | undefined;
const parsedAbi = (): Interface => (parsed ??= new Interface(_abi));
`;

/** Copies TypeChain's output to where the sides import it, with `.ts` imports. Needs compiled contracts. */
export function generateBindings(
  source: string = path.join(root, 'cache', 'typechain'),
  target: string = path.join(root, 'protocol', 'contracts', 'generated'),
): void {
  if (!existsSync(source)) {
    throw new SliceproofError('BINDINGS_SOURCE_MISSING', `TypeChain's output was expected in ${source}`, {
      hint: 'compile the contracts first: npx hardhat build',
    });
  }
  // Moved to its place whole, since other processes may be importing it.
  inDraft('bindings', (folder) => {
    const fresh = path.join(folder, 'bindings');
    cpSync(source, fresh, { recursive: true });
    for (const entry of readdirSync(fresh, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const file = path.join(entry.parentPath, entry.name);
      const text = readFileSync(file, 'utf8')
        .replaceAll(RELATIVE_JS_IMPORT, '$1.ts$2')
        .replaceAll(TYPE_NAMESPACE, '$1export declare namespace ')
        .replaceAll(INTERFACE_SEMICOLON, '$1');
      writeFileSync(file, ORDERED.includes(entry.name) ? ordered(text) : parsingOnce(text));
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  });
}

/** A factory's file that parses its ABI when it is first asked for it, and never again. */
function parsingOnce(text: string): string {
  const changed = text.replaceAll(PARSING, 'parsedAbi()');
  return changed === text ? text : `${changed.trimEnd()}\n${PARSED_ONCE}`;
}

/** Files that list the contracts in the order in which they were compiled, which no two runs share. */
const ORDERED = ['index.ts', 'hardhat.d.ts'];
const LISTED = /^\s*(?:(?:import type|export) .* from '|\w+\(name: ')/;

/** Such a file with every run of lines that list contracts in alphabetical order; what it says is the same. */
function ordered(text: string): string {
  const lines = text.split('\n');
  for (let start = 0; start < lines.length; start++) {
    let end = start;
    while (end < lines.length && LISTED.test(lines[end])) end++;
    const run = lines.slice(start, end).map((line) => line.trimStart());
    lines.splice(start, run.length, ...run.sort());
    start = Math.max(start, end - 1);
  }
  return lines.join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generateBindings();
