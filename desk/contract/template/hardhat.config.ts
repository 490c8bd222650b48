import { fileURLToPath } from 'node:url';
import ethers from '@nomicfoundation/hardhat-ethers';
import mocha from '@nomicfoundation/hardhat-mocha';
import { defineConfig } from 'hardhat/config';

export default defineConfig({
  plugins: [ethers, mocha],
  solidity: {
    version: '0.8.37',
    // The compiler comes from npm like everything else.
    path: fileURLToPath(import.meta.resolve('solc/soljson.js')),
    settings: {
      evmVersion: 'prague',
      viaIR: true,
      optimizer: { enabled: true, runs: 10_000 },
      metadata: { bytecodeHash: 'none' },
    },
  },
  paths: { tests: { mocha: './test' } },
});
