import type { CompilerInput } from 'hardhat/types/solidity';
import { SliceproofError } from '../../protocol/errors.ts';

/** What explorers want to verify a contract with, beside its address. */
export interface Bundle {
  /** Where it is in the sources: `project/contracts/SliceMarket.sol:SliceMarket`. */
  readonly contract: string;
  /** With its commit, as explorers list compilers. */
  readonly compiler: string;
  /** Standard JSON input, with the addresses that the contract is linked with. */
  readonly input: CompilerInput;
  /** ABI-encoded, without 0x. */
  readonly constructorArguments: string;
}

/** What hardhat keeps of a contract and of its compilation. */
export interface Compiled {
  readonly inputSourceName: string;
  readonly contractName: string;
  /** With placeholders where libraries are linked. */
  readonly bytecode: string;
  readonly linkReferences: Readonly<
    Record<string, Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>>
  >;
  readonly solcLongVersion: string;
  readonly input: CompilerInput;
}

/**
 * The bundle of a contract that was created by `init`. All sources of the compilation are in it, not the contract's alone: the order
 * in which the compiler lays code out depends on them.
 * @param init code and arguments that created it
 */
export function bundleOf(compiled: Compiled, init: string): Bundle {
  const { inputSourceName, contractName, bytecode, linkReferences, solcLongVersion, input } = compiled;
  const code = init.slice(2);
  const libraries = Object.fromEntries(
    Object.entries(linkReferences).map(([file, names]) => [
      file,
      Object.fromEntries(
        Object.entries(names).map(([name, [{ start, length }]]) => [
          name,
          `0x${code.slice(2 * start, 2 * (start + length))}`,
        ]),
      ),
    ]),
  );
  return {
    contract: `${inputSourceName}:${contractName}`,
    compiler: `v${solcLongVersion}`,
    input: { ...input, settings: { ...input.settings, libraries } },
    constructorArguments: code.slice(bytecode.length - 2),
  };
}

/** The code that a compiler's output has for a contract, linked as its input says, with its arguments: what creates it. */
export function creationOf(
  { contract, input, constructorArguments }: Bundle,
  { object, linkReferences }: { readonly object: string } & Pick<Compiled, 'linkReferences'>,
): string {
  let code = object;
  for (const [file, names] of Object.entries(linkReferences)) {
    for (const [name, places] of Object.entries(names)) {
      const address = input.settings.libraries?.[file]?.[name];
      if (address === undefined) {
        throw new SliceproofError(
          'BUNDLE_DIFFERS',
          `${contract} is linked with ${name}, which has no address`,
        );
      }
      for (const { start, length } of places) {
        code = code.slice(0, 2 * start) + address.slice(2) + code.slice(2 * (start + length));
      }
    }
  }
  return `0x${code}${constructorArguments}`;
}
