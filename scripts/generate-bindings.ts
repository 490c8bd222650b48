// Writes protocol/contracts/generated: typed ethers bindings of the contracts that the sides talk to.
//
// Hardhat's TypeChain plugin leaves its output in cache/typechain when it compiles. Node runs TypeScript files by
// stripping their types, so imports have to name `.ts` files and namespaces, which hold types only, have to say
// so; that is all that is changed.
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SliceproofError } from '../protocol/errors.ts';

const root = path.dirname(import.meta.dirname);
const RELATIVE_JS_IMPORT = /(from\s+['"]\.[^'"]*)\.js(['"])/g;
// TypeChain ends these interfaces with a semicolon, an empty statement, which a declared namespace can't have.
const INTERFACE_SEMICOLON = /^(\s*export interface OutputObject .*\});$/gm;
const TYPE_NAMESPACE = /^(\s*)export namespace /gm;

/** Copies TypeChain's output to where the sides import it, with `.ts` imports. Needs compiled contracts. */
export function generateBindings(
  source: string = path.join(root, 'cache', 'typechain'),
  target: string = path.join(root, 'protocol', 'contracts', 'generated'),
): void {
  if (!existsSync(source)) {
    throw new SliceproofError('BINDINGS_SOURCE_MISSING', `TypeChain's output was expected in ${source}`, {
      hint: 'compile the contracts first: npx hardhat compile --force',
    });
  }
  // Written beside its place and moved there whole, since other processes may be importing it.
  const fresh = `${target}.${process.pid}`;
  cpSync(source, fresh, { recursive: true });
  for (const entry of readdirSync(fresh, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text
        .replaceAll(RELATIVE_JS_IMPORT, '$1.ts$2')
        .replaceAll(TYPE_NAMESPACE, '$1export declare namespace ')
        .replaceAll(INTERFACE_SEMICOLON, '$1'),
    );
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}

if (import.meta.main) generateBindings();
