import { fileURLToPath } from 'node:url';
import ethers from '@nomicfoundation/hardhat-ethers';
import chaiMatchers from '@nomicfoundation/hardhat-ethers-chai-matchers';
import mocha from '@nomicfoundation/hardhat-mocha';
import networkHelpers from '@nomicfoundation/hardhat-network-helpers';
import typechain from '@nomicfoundation/hardhat-typechain';
import { defineConfig } from 'hardhat/config';
import { HardhatPluginError } from 'hardhat/plugins';
import type { HardhatPlugin } from 'hardhat/types/plugins';
import { compileOrTake } from './scripts/generate/compiled.ts';
import { HANG_MS } from './test/support/hang.ts';

// The compiler comes from npm: a machine that reaches nothing but a package registry can build.
const solcPath = fileURLToPath(import.meta.resolve('solc/soljson.js'));

// solc warns of every use of transient storage; OpenZeppelin's reentrancy guard clears it as the warning asks for.
const TRANSIENT_STORAGE = '2394';

// Tests in Solidity are as large as they like, their runner has no limit. What is deployed is held against the limit by
// test/contracts/gas.test.ts.
const CODE_SIZE = ['5574', '3860'];
const IGNORED = [TRANSIENT_STORAGE, ...CODE_SIZE];

/** Takes what contracts/compiled has. */
const compiledBefore: HardhatPlugin = {
  id: 'compiled-before',
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        invokeSolc: (context, compiler, input, config, next) =>
          compileOrTake(compiler, input, (given) => next(context, compiler, given, config)),
      }),
    }),
  },
};

/** A warning of the compiler fails the build. */
const warningsAreErrors: HardhatPlugin = {
  id: 'warnings-are-errors',
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        async getCompilationJobErrors(context, job, output, next) {
          const errors = await next(context, job, output);
          const warnings = errors.filter(
            ({ severity, errorCode }) => severity === 'warning' && !IGNORED.includes(errorCode ?? ''),
          );
          if (warnings.length > 0) {
            throw new HardhatPluginError(
              'warnings-are-errors',
              warnings.map(({ formattedMessage, message }) => formattedMessage ?? message).join('\n'),
            );
          }
          return errors;
        },
      }),
    }),
  },
};

const solc = { version: '0.8.37', path: solcPath };
const common = { evmVersion: 'prague', metadata: { bytecodeHash: 'none' } } as const;

/** The one compiler with an optimizer that trades code size for gas as if code ran `runs` times. */
function compiler(runs: number) {
  return { ...solc, settings: { ...common, viaIR: true, optimizer: { enabled: true, runs } } };
}

// Only what is deployed has to be small and cheap: the optimizer would work on the tests for longer than they run.
const plainly = { ...solc, settings: { ...common, viaIR: false, optimizer: { enabled: false } } };

export default defineConfig({
  plugins: [ethers, chaiMatchers, mocha, networkHelpers, typechain, compiledBefore, warningsAreErrors],
  solidity: {
    compilers: [compiler(10_000)],
    overrides: {
      // For more speed the market would be a fifth larger, and a settlement a thousand gas cheaper.
      'contracts/SliceMarket.sol': compiler(800),
      // What it imports is in test/support/solidity, or each of these files would be a compilation of its own.
      'test/solidity/MarketInvariants.t.sol': plainly,
      'test/solidity/SmallWidths.t.sol': plainly,
    },
    // In one compilation with the tests, the contracts would be compiled again for each change of a test.
    splitTestsCompilation: true,
  },
  paths: {
    sources: './contracts',
    tests: { mocha: './test/contracts', solidity: './test/solidity' },
  },
  test: {
    mocha: { timeout: HANG_MS },
    solidity: {
      // Histories of calls of the market, see test/solidity/MarketInvariants.t.sol. The seed makes CI repeatable.
      fuzz: {
        runs: Number(process.env['MARKET_HISTORIES'] ?? 256),
        seed: process.env['MARKET_SEED'] ?? '0x1',
      },
    },
  },
  // Raw TypeChain output; scripts/generate/bindings.ts makes protocol/contracts/generated of it.
  typechain: { outDir: './cache/typechain' },
  networks: {
    default: { type: 'edr-simulated', chainType: 'l1', chainId: 31337 },
    // What `hardhat node` serves: time advances even when nobody sends anything, so that deadlines pass.
    node: {
      type: 'edr-simulated',
      chainType: 'l1',
      chainId: 31337,
      mining: { auto: true, interval: 1000 },
    },
  },
});
