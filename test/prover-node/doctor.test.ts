// What `node doctor` says of a healthy machine and of sick ones.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { depositToLedger } from '../../protocol/contracts/deposits.ts';
import { examine } from '../../prover-node/doctor/examine.ts';
import type { Finding } from '../../prover-node/doctor/finding.ts';
import type { NodeSettings } from '../../prover-node/settings.ts';
import { startChain } from '../verifier/support/chain.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { sliceproof } from '../support/sliceproof.ts';
import { openWorld, type World } from './support/world.ts';

const SNARKJS_WORKER = fileURLToPath(new URL('../../examples/provers/snarkjs-worker.js', import.meta.url));

/** The key of a node with a deposit, and of one with nothing. */
const [RICH, POOR] = [3, 4];

let world: World;
let elsewhere: Anvil;
const servers: Server[] = [];

beforeAll(async () => {
  world = await openWorld();
  elsewhere = await startAnvil(4711);
  const rich = await world.clientOf(RICH);
  await depositToLedger(rich.sender, rich.contracts, 10n ** 12n);
  rich.close();
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await elsewhere?.stop();
  await world?.close();
});

/** A service that gives every request the same answer. */
async function answering(status: number, body: string): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address where nobody is. */
async function nobody(): Promise<string> {
  const url = await answering(200, '');
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return url;
}

/** Without a proof, unless the roles say so. */
async function findingsOf(
  overrides: Partial<Record<keyof NodeSettings, unknown>>,
  key = RICH,
): Promise<readonly Finding[]> {
  const settings = world.settings('doctor', {
    privateKey: world.chain.keys[key],
    roles: ['execute'],
    ...overrides,
  });
  const findings: Finding[] = [];
  for await (const finding of examine(settings, {})) findings.push(finding);
  return findings;
}

const statesOf = (findings: readonly Finding[]): readonly (readonly [string, string])[] =>
  findings.map(({ what, state }) => [what.replace(/ \S*127\.0\.0\.1:\d+/, ''), state]);

/** What is found of one thing, and that it says what to do. */
function of(findings: readonly Finding[], what: string, state: Finding['state']): string {
  const found = findings.filter((finding) => finding.what.startsWith(what) && finding.state === state);
  expect(found, JSON.stringify(findings, null, 1)).not.toEqual([]);
  for (const { todo } of found) expect(todo === undefined).toBe(state === 'ok');
  return found.map((finding) => finding.found).join('\n');
}

describe('a healthy machine', () => {
  test('has nothing ill, and is as it was afterwards', async () => {
    const before = await readdir(path.join(world.folder, 'doctor')).catch((): string[] => []);
    const findings = await findingsOf({ models: [world.model.model.modelId], roles: ['prove'] });
    expect(statesOf(findings).filter(([, state]) => state === 'ill')).toEqual([]);
    expect(statesOf(findings)).toEqual(
      expect.arrayContaining([
        ['key', 'ok'],
        ['ONNX Runtime, cpu', 'ok'],
        ['prover native-js', 'ok'],
        ['rpc', 'ok'],
        ['ledger', 'ok'],
        ['store', 'ok'],
        [`model ${world.model.model.modelId}`, 'ok'],
      ]),
    );
    const after = await readdir(path.join(world.folder, 'doctor'));
    // The world puts what a node has from earlier there.
    expect(after.filter((name) => !before.includes(name) && !['queue', 'speed.json'].includes(name))).toEqual(
      [],
    );
  });

  test('is one for the command, in JSON and in lines', async () => {
    const settings = world.settings('doctor');
    const flags = ['--rpc', world.chain.url, '--deployment', world.deploymentFile, '--store', world.storeUrl];
    const args = ['node', 'doctor', ...flags, '--data-dir', settings.dataDir];
    const env = { KEY: world.chain.keys[RICH] };
    const { stdout, code } = await sliceproof([...args, '--private-key-env', 'KEY', '--json'], env);
    expect(code).toBe(0);
    const findings = JSON.parse(stdout) as Finding[];
    expect(findings.map(({ what }) => what)).toContain('ledger');
    expect(findings.filter(({ state }) => state === 'ill')).toEqual([]);
    const poor = await sliceproof([...args, '--private-key-env', 'KEY'], {
      KEY: world.chain.keys[POOR],
    });
    expect(poor.code).toBe(1);
    expect(poor.stdout).toMatch(/^ill {3}ledger: 0 \S+ free/m);
    expect(poor.stdout).toContain('sliceproof account deposit');
    expect(poor.stdout).not.toContain(world.chain.keys[POOR]);
  });
});

describe('a sick one', () => {
  test('without a key, a chain, a store or room says each', async () => {
    const file = path.join(world.folder, 'a-file');
    await writeFile(file, '');
    const findings = await findingsOf({
      privateKey: undefined,
      rpc: [await nobody(), await answering(200, '<html>'), await answering(429, 'slow down'), elsewhere.url],
      store: [await nobody(), path.join(world.folder, 'store')],
      aggregator: [await nobody(), await answering(503, '{}')],
      dataDir: path.join(file, 'data'),
    });
    expect(of(findings, 'key', 'ill')).toContain('PRIVATE_KEY_MISSING');
    expect(of(findings, 'data folder', 'ill')).toContain('written to: ENOTDIR');
    const rpcs = of(findings, 'rpc', 'ill');
    expect(rpcs).toContain('HTTP 200 and no JSON-RPC');
    expect(rpcs).toContain('HTTP 429');
    expect(rpcs).toMatch(/serves chain \d+, the deployment is on \d+/);
    expect(findings.filter(({ what, state }) => what.startsWith('rpc') && state === 'ill')).toHaveLength(4);
    expect(of(findings, 'store', 'ill')).toContain('STORE_UNREACHABLE');
    expect(of(findings, 'store', 'ok')).toBe('answers');
    expect(
      findings.filter(({ what, state }) => what.startsWith('aggregator') && state === 'look'),
    ).toHaveLength(2);
    expect(of(findings, 'money', 'look')).toContain('not known');
  });

  test('on a chain that began anew says that the market is gone', async () => {
    // Of the same id, and empty.
    const empty = await startChain(1);
    try {
      expect(of(await findingsOf({ rpc: empty.url }), 'rpc', 'ill')).toContain('has no market at 0x');
    } finally {
      await empty.close();
    }
  });

  test('that acts for an account which never named it, with a prover that lies or ends, and too many workers', async () => {
    const bin = path.join(world.folder, 'bin');
    await mkdir(bin);
    const liar = path.join(bin, 'liar');
    await writeFile(liar, '#!/bin/sh\necho "{}" > "$1"; echo "[]" > "$2"\n');
    await chmod(liar, 0o755);
    const findings = await findingsOf({
      account: await world.chain.signer(1).getAddress(),
      roles: ['prove'],
      backend: 'command',
      proverCommand: `${liar} {proof} {public} {zkey} {witness}`,
      workers: 256,
    });
    of(findings, 'operator', 'ill');
    of(findings, 'prover command', 'ill');
    const staying = {
      backend: 'command',
      proverWorker: `"${process.execPath}" ${SNARKJS_WORKER}`,
      roles: ['prove'],
    };
    of(await findingsOf(staying), 'prover command', 'ok');
    const both = await findingsOf({ ...staying, proverCommand: 'p {zkey} {witness} {proof} {public}' });
    expect(of(both, 'prover command', 'ill')).toContain('NODE_TWO_PROVER_COMMANDS');
    expect(of(await findingsOf({ ...staying, threads: 2 }), 'prover command', 'ill')).toContain(
      'NODE_NO_THREADS',
    );
    expect(of(await findingsOf({ threads: 64, roles: ['prove'] }), 'workers', 'look')).toContain(
      '64 threads',
    );
    of(findings, 'workers', 'look');
  });

  test('never says an RPC’s key', async () => {
    const secret = 'k3yk3yk3yk3yk3yk3yk3y';
    const findings = await findingsOf({ rpc: `${await nobody()}/v3/${secret}` });
    expect(JSON.stringify(findings)).not.toContain(secret);
  });
});
