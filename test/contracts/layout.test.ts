import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Interface } from 'ethers';
import { artifacts } from 'hardhat';
import { STEPS } from '../../scripts/deployment/steps.ts';
import { expectSnapshot } from './support/snapshot.ts';

const root = path.join(import.meta.dirname, '..', '..');

interface Layout {
  readonly storage: readonly { label: string; slot: string; offset: number; type: string }[];
  readonly types: Readonly<
    Record<string, { label: string; numberOfBytes: string; members?: Layout['storage'] }>
  > | null;
}

/** Where the compiler puts the state of a contract. Nothing is compiled to code for this. */
function layoutOf(file: string, contract: string): Layout {
  const solc = createRequire(import.meta.url)('solc') as {
    compile: (input: string, callbacks: object) => string;
  };
  const read = (source: string): { contents: string } => {
    const folder = source.startsWith('contracts/') ? root : path.join(root, 'node_modules');
    return { contents: readFileSync(path.join(folder, source), 'utf8') };
  };
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: read(file).contents } },
    settings: { evmVersion: 'prague', outputSelection: { [file]: { [contract]: ['storageLayout'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read })) as {
    contracts: Record<string, Record<string, { storageLayout: Layout }>>;
  };
  return output.contracts[file][contract].storageLayout;
}

/** Types carry the numbers of their places in the source: these say nothing. */
const plain = (type: string): string => type.replaceAll(/\)\d+/g, ')').replaceAll(/_storage|t_/g, '');

function linesOf({ storage, types }: Layout): string[] {
  const line = ({ label, slot, offset, type }: Layout['storage'][number]): string =>
    `${slot}:${offset} ${label} ${plain(type)}`;
  const structs = Object.entries(types ?? {})
    .filter(([, { members }]) => members !== undefined)
    .flatMap(([name, { members }]) => (members ?? []).map((member) => `${plain(name)} ${line(member)}`));
  return [...storage.map(line), ...structs.sort()];
}

describe('what other programs rely on, exactly as committed', () => {
  it('the storage of every contract that has one', () => {
    const layouts: Record<string, readonly string[]> = {};
    for (const name of ['CircuitRegistry', 'ModelRegistry', 'SliceMarket']) {
      layouts[name] = linesOf(layoutOf(`contracts/${name}.sol`, name));
    }
    expectSnapshot('storage.json', layouts);
  });

  it('the ABI of every contract and interface', async () => {
    const deployed = STEPS.map(({ name }) => name).filter((name) => !/^(PoseidonTable|TestToken)/.test(name));
    const interfaces = readdirSync(path.join(root, 'contracts', 'interfaces'))
      .filter((file) => file.endsWith('.sol'))
      .map((file) => path.basename(file, '.sol'));
    const abis: Record<string, readonly string[]> = {};
    for (const name of [...deployed, ...interfaces]) {
      const { abi } = await artifacts.readArtifact(name);
      abis[name] = new Interface(abi as never).format().sort();
    }
    expectSnapshot('abi.json', abis);
  });
});
