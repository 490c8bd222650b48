import { createConfig } from 'ponder';
import market from './market.json';

export default createConfig({
  database: { kind: 'postgres', connectionString: process.env.DATABASE_URL },
  chains: { market: { id: market.chainId, rpc: process.env.BENCH_RPC } },
  contracts: {
    Market: {
      chain: 'market',
      abi: market.abi,
      address: market.address as `0x${string}`,
      startBlock: market.block,
      // A settlement has its gas.
      includeTransactionReceipts: true,
    },
  },
});
