import { id, type InterfaceAbi } from 'ethers';
import * as bindings from '../../library/contracts.ts';

/** Contracts that are linked into others. */
const LINKED = [
  'Audits',
  'Bids',
  'Endings',
  'Executions',
  'Offers',
  'Requests',
  'Results',
  'SignedRequests',
];

interface Factory {
  readonly abi: InterfaceAbi;
  readonly bytecode?: string;
}

/** ABI and bytecode of each contract that the library exports, as JSON by its name. */
export function abis(): ReadonlyMap<string, string> {
  const factories = Object.entries(bindings as unknown as Readonly<Record<string, Partial<Factory>>>).flatMap(
    ([name, given]) =>
      name.endsWith('__factory') && given.abi !== undefined
        ? [[name.slice(0, -'__factory'.length), given as Factory] as const]
        : [],
  );
  return new Map(
    factories.map(([contractName, { abi, bytecode }]) => {
      const links =
        bytecode === undefined ? [] : LINKED.map(placeholder).filter(([, mark]) => bytecode.includes(mark));
      const file = {
        contractName,
        abi,
        ...(bytecode === undefined ? {} : { bytecode, links: Object.fromEntries(links) }),
      };
      return [contractName, `${JSON.stringify(file)}\n`];
    }),
  );
}

/** What stands in bytecode for a linked contract's address: `__$…$__` with the hash of its full name. */
function placeholder(name: string): readonly [string, string] {
  const full = `project/contracts/market/${name}.sol:${name}`;
  return [full, `__$${id(full).slice(2, 36)}$__`];
}
