// The services as processes of their own, in their first moments.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCli, type CliProcess } from '../../support/cli.ts';

const KEY = `0x${'5c'.repeat(32)}`;
/** Nobody listens there. */
const NO_CHAIN = 'http://127.0.0.1:1';
const tellLoads = path.resolve(import.meta.dirname, '..', '..', 'support', 'tell-loads.child.ts');

let folder: string;
let deployment: string;
let taken: Server;
let takenPort: number;
const started: CliProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof starting '));
  deployment = path.join(folder, 'deployment.json');
  const names = [
    'asset',
    'circuitRegistry',
    'modelRegistry',
    'verifier',
    'market',
    'lens',
    'admissionLists',
    'outputParts',
  ];
  const addresses = Object.fromEntries(names.map((name, i) => [name, `0x${String(i + 1).repeat(40)}`]));
  await writeFile(deployment, JSON.stringify({ chainId: 31337, block: 0, addresses }));
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  takenPort = (taken.address() as AddressInfo).port;
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.kill()));
});
afterAll(async () => {
  taken.close();
  await rm(folder, { recursive: true, force: true });
});

function start(
  service: string,
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
  nodeFlags: readonly string[] = [],
): CliProcess {
  const own = service === 'store' ? [] : ['--rpc', NO_CHAIN, '--deployment', deployment];
  const key = ['node', 'aggregator'].includes(service)
    ? { [`SLICEPROOF_${service.toUpperCase()}_PRIVATE_KEY`]: KEY }
    : {};
  const process = startCli([service, 'start', ...own, ...flags], { ...key, ...env }, nodeFlags);
  started.push(process);
  return process;
}

const place = (service: string): readonly string[] => [
  service === 'store' ? '--folder' : '--data-dir',
  path.join(folder, service),
];

describe.each(['node', 'aggregator', 'indexer', 'store'])('sliceproof %s start', (service) => {
  it('logs before it loads anything that takes its time', async () => {
    const port = service === 'node' ? '--status-port' : '--port';
    const process = start(service, [...place(service), port, '0'], {}, ['--import', tellLoads]);
    const next = service === 'store' ? 'store ready' : 'loaded ';
    await process.line((line) => line.includes(next));
    expect(JSON.parse(process.lines[0])).toMatchObject({ msg: `${service} starting` });
  });
});

describe('a port that is taken', () => {
  it.each([
    ['node', 'status-port', 'SLICEPROOF_NODE_STATUS_PORT'],
    ['indexer', 'port', 'SLICEPROOF_INDEXER_PORT'],
    ['store', 'port', 'SLICEPROOF_STORE_PORT'],
    ['aggregator', 'port', 'SLICEPROOF_AGGREGATOR_PORT'],
  ])('ends the %s with the name of the setting to change', async (service, setting, variable) => {
    const process = start(service, [...place(service), `--${setting}`, String(takenPort)]);
    expect(await process.ended).toBe(1);
    const said = process.lines.join('\n');
    expect(said).toContain('_CANNOT_LISTEN');
    expect(said).toContain(`127.0.0.1:${takenPort}`);
    expect(said).toContain(`--${setting}`);
    expect(said).toContain(variable);
  });
});

describe('a node that waits for its chain', () => {
  it('says so to whoever asks, for as long as it takes', async () => {
    const process = start('node', [...place('node'), '--status-port', '0', '--name', 'patient']);
    await process.line((line) => line.includes('waiting for the chain'));
    const serving = JSON.parse(await process.line((line) => line.includes('"status served"'))) as {
      url: string;
    };
    const health = await fetch(`${serving.url}/health`);
    expect(health.status).toBe(503);
    const doing = 'connecting to the chain';
    const reasons = [{ code: 'STARTING', text: doing }];
    expect(await health.json()).toMatchObject({ ok: false, doing, reasons });
    const status = await fetch(`${serving.url}/status`);
    expect(await status.json()).toMatchObject({ name: 'patient', account: null, models: [], jobs: [] });
  });
});

describe('an aggregator that waits for its chain', () => {
  it('says so to whoever asks, and has proofs come again', async () => {
    const process = start('aggregator', [...place('aggregator'), '--port', '0']);
    await process.line((line) => line.includes('connecting to the chain'));
    const { url } = JSON.parse(await process.line((line) => line.includes('"listening"'))) as { url: string };
    const health = await fetch(`${url}/health`);
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({ ok: false, doing: 'connecting to the chain' });
    const proof = await fetch(`${url}/proofs`, { method: 'POST', body: '{}' });
    expect(proof.status).toBe(503);
    expect(await proof.json()).toMatchObject({ accepted: false, code: 'AGGREGATOR_BUSY', retryable: true });
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
  });
});

describe('a database that other programs use', () => {
  const elsewhere = { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/elsewhere' };

  it('is left alone by an indexer whose folder is named', async () => {
    const process = start('indexer', [...place('indexer'), '--port', '0'], elsewhere);
    const ready = await process.line((line) => line.includes('"indexer ready"'));
    expect(JSON.parse(ready)).toMatchObject({ database: path.join(folder, 'indexer') });
  });

  it('is left alone by an indexer whose folder is named in its file', async () => {
    const file = path.join(folder, 'indexer.toml');
    await writeFile(file, `[indexer]\ndata-dir = ${JSON.stringify(path.join(folder, 'in file'))}\n`);
    const process = start('indexer', ['--config', file, '--port', '0'], elsewhere);
    const ready = await process.line((line) => line.includes('"indexer ready"'));
    expect(JSON.parse(ready)).toMatchObject({ database: path.join(folder, 'in file') });
  });

  it('is used where nothing else is named', async () => {
    const process = start('indexer', ['--port', '0'], elsewhere);
    expect(await process.ended).toBe(75);
    expect(process.lines.join('\n')).toContain('127.0.0.1:1/elsewhere');
    expect(process.lines.join('\n')).not.toContain('secret');
  });
});

describe('a command of a requester', () => {
  it.each([
    ['flag', 'environment'],
    ['environment', 'file'],
  ])('reads the deployment that a %s names rather than the one of the %s', async (first, second) => {
    const named = (where: string): string => path.join(folder, `by ${where}.json`);
    const file = path.join(folder, 'client.toml');
    await writeFile(file, `deployment = ${JSON.stringify(named('file'))}\n`);
    const given = [first, second];
    const process = startCli(
      [
        ...['job', 'status', `0x${'1'.repeat(64)}`, '--config', file],
        ...(given.includes('flag') ? ['--deployment', named('flag')] : []),
      ],
      given.includes('environment') ? { SLICEPROOF_DEPLOYMENT: named('environment') } : {},
    );
    expect(await process.ended).toBe(1);
    expect(process.lines.join('\n')).toContain(named(first));
  });
});
