import { fileURLToPath } from 'node:url';
import toolbox from '@nomicfoundation/hardhat-toolbox-mocha-ethers';
import { defineConfig } from 'hardhat/config';

// The compiler comes from npm: a machine that reaches nothing but a package registry can build.
const solcPath = fileURLToPath(import.meta.resolve('solc/soljson.js'));

export default defineConfig({
  plugins: [toolbox],
  solidity: {
    version: '0.8.37',
    path: solcPath,
    settings: {
      viaIR: true,
      optimizer: { enabled: true, runs: 10_000 },
      evmVersion: 'prague',
      metadata: { bytecodeHash: 'none' },
    },
  },
  paths: {
    sources: './contracts',
    tests: { mocha: './test/contracts', solidity: './test/contracts/invariants' },
  },
  // Raw TypeChain output; scripts/generate-bindings.ts makes protocol/contracts/generated of it.
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
