import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { openProvider, type TestChain } from '../../support/anvil.ts';
import { until } from '../../support/until.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const CHAIN_ID = 31337;

/** Hardhat's own node: the chain that the demo runs on. */
export async function startHardhat(): Promise<TestChain> {
  const port = await freePort();
  const cli = fileURLToPath(new URL('../../../node_modules/hardhat/dist/src/cli.js', import.meta.url));
  const child = spawn(process.execPath, [cli, 'node', '--port', String(port)], {
    cwd: root,
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`hardhat node ended with ${child.exitCode}`);
    const body = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}';
    const headers = { 'content-type': 'application/json' };
    return fetch(url, { method: 'POST', headers, body }).then(
      (response) => response.ok,
      () => false,
    );
  });
  const provider = openProvider(url, CHAIN_ID);
  return {
    url,
    provider,
    async pass(seconds) {
      await provider.send('evm_increaseTime', [seconds]);
      await provider.send('evm_mine', []);
    },
    async stop() {
      provider.destroy();
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
