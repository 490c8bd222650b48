import { createRequire } from 'node:module';
import { ContractFactory, type BaseContract, type JsonRpcProvider } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { instrument, marksAround, withoutPure } from '../../scripts/mutation/instrument.ts';
import { ASK_FILE, ASK_SOURCE, SWITCH, type Mutant } from '../../scripts/mutation/mutant.ts';
import { analyse } from '../../scripts/mutation/syntax-tree.ts';
import { startChain, type TestChain } from '../verifier/support/chain.ts';

const FILE = 'contracts/Tiny.sol';
const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

contract Tiny {
    uint256 internal constant LIMIT = 10;
    uint256 public sum;

    // σ: bytes are counted, not letters.
    function next(uint256 a) external pure returns (uint256 b) {
        if (a > LIMIT) revert();
        b = a + 1;
    }

    function either(bool a, bool b) external pure returns (bool) {
        return a || !b;
    }

    function low(uint256 a) external pure returns (uint256 b) {
        assembly ("memory-safe") {
            if lt(a, 5) {
                b := add(a, 2)
            }
        }
    }

    function count(uint256 a) external {
        if (a != 0) sum += a;
    }
}
`;

interface Answers {
  readonly next: string;
  readonly either: string;
  readonly low: string;
  readonly sum: string;
}
const ORIGINAL: Answers = { next: '1 11 -', either: 'true,false,true,true', low: '2 6 0', sum: '7' };

let chain: TestChain;
let mutants: readonly Mutant[];
let deploy: () => Promise<BaseContract>;

beforeAll(async () => {
  const { trees } = analyse(process.cwd(), new Map([[FILE, SOURCE]]));
  const tree = trees.get(FILE);
  if (!tree) throw new Error('the tiny contract has no tree');
  const made = instrument(FILE, SOURCE, tree, 1, new Set());
  mutants = made.mutants;
  const { abi, bytecode } = compile(made.text);
  chain = await startChain();
  deploy = async () =>
    (await new ContractFactory(abi, bytecode, chain.wallet(0)).deploy()).waitForDeployment();
});
afterAll(() => chain.close());

describe('mutants of a contract', () => {
  test('are none while no switch is set', async () => {
    expect(await answers(0)).toEqual(ORIGINAL);
  });

  test.each([
    ['boundary', 'a > LIMIT', 'a >= LIMIT', { next: '1 - -' }],
    ['comparison', 'a > LIMIT', 'a <= LIMIT', { next: '- - 12' }],
    ['constant', 'LIMIT', 'LIMIT + 1', { next: '1 11 12' }],
    ['check', 'if (a > LIMIT) revert();', 'if (false)', { next: '1 11 12' }],
    ['arithmetic', 'a + 1', 'a - 1', { next: '- 9 -' }],
    ['constant', '1', '2', { next: '2 12 -' }],
    ['statement', 'b = a + 1;', '(nothing)', { next: '0 0 -' }],
    ['logic', 'a || !b', 'a && !b', { either: 'false,false,true,false' }],
    ['negation', '!b', 'b', { either: 'false,true,true,true' }],
    ['comparison', 'lt(a, 5)', 'gt(a, 5)', { low: '0 0 11' }],
    ['negation', 'lt(a, 5)', 'iszero(lt(a, 5))', { low: '0 0 11' }],
    ['arithmetic', 'add(a, 2)', 'sub(a, 2)', { low: `${2n ** 256n - 2n} 2 0` }],
    ['constant', '5', '5 + 1', { low: '2 6 0' }],
    ['statement', 'b := add(a, 2)', '(nothing)', { low: '0 0 0' }],
    ['arithmetic', 'sum += a;', 'sum -= a;', { sum: '-' }],
    ['statement', 'sum += a;', '(nothing)', { sum: '0' }],
    ['check', 'if (a != 0) sum += a;', 'if (false)', { sum: '0' }],
  ] as const)('%s: %s → %s', async (operator, from, to, changed) => {
    const found = mutants.filter((one) => one.operator === operator && one.from === from && one.to === to);
    expect(found).toHaveLength(1);
    expect(await answers(found[0].number)).toEqual({ ...ORIGINAL, ...changed });
  });

  test('have an id that outlasts the build, a place, and a mark that complaints are traced by', () => {
    const { trees } = analyse(process.cwd(), new Map([[FILE, SOURCE]]));
    const again = instrument(FILE, SOURCE, trees.get(FILE)!, 101, new Set([mutants[0].id]));
    expect(again.mutants.map(({ id }) => id)).toEqual(mutants.slice(1).map(({ id }) => id));
    expect(again.mutants[0].number).toBe(101);
    const check = mutants.find(({ from }) => from.startsWith('if (a > LIMIT)'));
    expect(check).toMatchObject({ file: FILE, line: 10 });
    const position = Buffer.from(again.text.slice(0, again.text.indexOf('/*m102*/'))).length;
    expect(marksAround(again.text, position, position + 8)).toEqual([102]);
  });

  test('that the compiler refuses are complained of where they are', () => {
    const text = SOURCE.replace('a + 1', 'a + /*m3*/true');
    const { complaints } = analyse(process.cwd(), new Map([[FILE, text]]));
    expect(complaints).toHaveLength(1);
    expect(marksAround(text, complaints[0].start, complaints[0].end)).toEqual([3]);
  });
});

async function answers(mutant: number): Promise<Answers> {
  const provider: JsonRpcProvider = chain.provider;
  await provider.send('anvil_setCode', [SWITCH, `0x${'00'.repeat(mutant)}`]);
  const contract = await deploy();
  const ask = async (name: string, ...args: unknown[]): Promise<string> => {
    try {
      return String(await contract.getFunction(name).staticCall(...args));
    } catch {
      return '-';
    }
  };
  const many = async (name: string, ...values: number[]): Promise<string> =>
    (await Promise.all(values.map((value) => ask(name, value)))).join(' ');
  const pairs = [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ];
  let sum = '-';
  try {
    await (await contract.getFunction('count').send(7)).wait();
    sum = await ask('sum');
  } catch {
    // A change that makes it revert.
  }
  return {
    next: await many('next', 0, 10, 11),
    either: (await Promise.all(pairs.map((pair) => ask('either', ...pair)))).join(),
    low: await many('low', 0, 4, 9),
    sum,
  };
}

function compile(text: string): { abi: []; bytecode: string } {
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };
  const input = {
    language: 'Solidity',
    sources: { [FILE]: { content: withoutPure(text) }, [ASK_FILE]: { content: ASK_SOURCE } },
    settings: { evmVersion: 'prague', outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
    errors?: { severity: string; formattedMessage: string }[];
    contracts: Record<string, Record<string, { abi: []; evm: { bytecode: { object: string } } }>>;
  };
  const wrong = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (wrong.length > 0) throw new Error(wrong[0].formattedMessage);
  const { abi, evm } = output.contracts[FILE]['Tiny'];
  return { abi, bytecode: evm.bytecode.object };
}
