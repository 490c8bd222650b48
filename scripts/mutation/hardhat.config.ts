// For a copy of the tree whose contracts carry mutants: they are larger, and nothing of them is deployed.
import { fileURLToPath } from 'node:url';
import ethers from '@nomicfoundation/hardhat-ethers';
import chaiMatchers from '@nomicfoundation/hardhat-ethers-chai-matchers';
import mocha from '@nomicfoundation/hardhat-mocha';
import networkHelpers from '@nomicfoundation/hardhat-network-helpers';
import typechain from '@nomicfoundation/hardhat-typechain';
import { defineConfig } from 'hardhat/config';

const network = {
  type: 'edr-simulated',
  chainType: 'l1',
  chainId: 31337,
  hardfork: 'osaka',
  allowUnlimitedContractSize: true,
  blockGasLimit: 200_000_000,
  transactionGasCap: false,
} as const;

export default defineConfig({
  plugins: [ethers, chaiMatchers, mocha, networkHelpers, typechain],
  solidity: {
    version: '0.8.37',
    path: fileURLToPath(import.meta.resolve('solc/soljson.js')),
    settings: {
      viaIR: true,
      optimizer: { enabled: true, runs: 1 },
      evmVersion: 'prague',
      metadata: { bytecodeHash: 'none' },
    },
  },
  paths: { sources: './contracts', tests: { mocha: './test/contracts' } },
  typechain: { outDir: './cache/typechain' },
  networks: { default: network },
});
