import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Wallet } from 'ethers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../protocol/log.ts';
import { artifactOf, cidOf } from '../../../protocol/store/digest.ts';
import { FolderStore } from '../../../protocol/store/folder-store.ts';
import { HttpStore } from '../../../protocol/store/http-store.ts';
import { identityOf } from '../../../protocol/store/identity.ts';
import { startStore } from '../../../protocol/store/service.ts';
import { storeService } from '../../../protocol/store/settings.ts';
import { SIGNATURE_HEADER, signRequest, type StoreClaim } from '../../../protocol/store/signed-request.ts';
import { startCli } from '../../support/cli.ts';
import { until } from '../../support/until.ts';

const log = createLog('test', 'silent');
const hello = Buffer.from('hello');
const { sha256, cid } = artifactOf(hello);
const alice = identityOf(new Wallet(`0x${'11'.repeat(32)}`));
const bob = identityOf(new Wallet(`0x${'22'.repeat(32)}`));

let folder: string;
const closers: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-served-'));
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await rm(folder, { recursive: true, force: true });
});

async function start(settings: Record<string, unknown> = {}): Promise<string> {
  const served = await startStore({
    settings: storeService.schema.parse({
      folder,
      port: 0,
      deployment: path.join(folder, 'none'),
      ...settings,
    }),
    token: undefined,
    log,
  });
  closers.push(() => served.close());
  return served.url;
}

const as = (url: string, identity?: typeof alice): HttpStore => new HttpStore(url, { identity });

async function filesIn(place: string): Promise<readonly string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe('an upload', () => {
  it('is taken from an account that signed it, and from nobody else', async () => {
    const url = await start();
    await expect(as(url).put(hello)).rejects.toMatchObject({ code: 'STORE_UNAUTHORISED' });
    await as(url, alice).put(hello);
    expect(Buffer.from(await as(url).get(sha256))).toEqual(hello);
  });

  const now = (): number => Math.floor(Date.now() / 1000);
  const put = async (url: string, change: Partial<StoreClaim>, signer = alice): Promise<number> => {
    const given = { method: 'PUT', sha256, bytes: 5, visibility: 'public', store: url, time: now() } as const;
    const claim = { ...given, ...change };
    const header = await signRequest(signer, claim);
    const fields = new URLSearchParams(header);
    for (const [name, value] of Object.entries(change)) fields.set(name, String(value));
    const response = await fetch(`${url}/artifacts/${cid}`, {
      method: 'PUT',
      body: 'hello',
      headers: { [SIGNATURE_HEADER]: fields.toString() },
    });
    return response.status;
  };

  it.each([
    ['another time', (url: string) => put(url, { time: now() - 301 })],
    ['another store', (url: string) => put(url, { store: 'http://store.example' })],
    ['another artifact', (url: string) => put(url, { sha256: artifactOf(Buffer.from('x')).sha256 })],
    ['another method', (url: string) => put(url, { method: 'GET' })],
  ])('is not taken with a signature for %s', async (_, attempt) => {
    // What was signed for something else is another key's signature for this: whose operator it is, only a chain could say.
    expect([401, 503]).toContain(await attempt(await start()));
  });

  it('is not taken in the name of an account that the key is not', async () => {
    const url = await start();
    const claim = { method: 'PUT', sha256, bytes: 5, visibility: 'public', store: url, time: now() } as const;
    const header = await signRequest({ ...alice, account: bob.account }, claim);
    const response = await fetch(`${url}/artifacts/${cid}`, {
      method: 'PUT',
      body: 'hello',
      headers: { [SIGNATURE_HEADER]: header },
    });
    // Without a chain nobody can say whether Alice is Bob's operator.
    expect(response.status).toBe(503);
  });

  it('may go to every address of the store that is named, and to no other', async () => {
    const url = await start({ publicUrl: ['https://store.example/artifacts-of-ours/'] });
    expect(await put(url, { store: 'https://store.example/artifacts-of-ours' })).toBe(201);
    expect(await put(url, { store: url.replace('127.0.0.1', 'localhost') })).toBe(201);
    expect(await put(url, { store: 'https://store.example' })).toBe(401);
  });

  it('is bounded by its account’s quota and by all accounts’, and gives the room of what failed back', async () => {
    const url = await start({ accountQuota: 100, totalQuota: 150, strangersQuota: 150 });
    const piece = (byte: number): Buffer => Buffer.alloc(60, byte);
    await as(url, alice).put(piece(1));
    await as(url, alice).put(piece(1));
    await expect(as(url, alice).put(piece(2))).rejects.toMatchObject({ code: 'STORE_QUOTA' });
    await as(url, bob).put(piece(3));
    const carol = identityOf(new Wallet(`0x${'33'.repeat(32)}`));
    await expect(as(url, carol).put(piece(4))).rejects.toMatchObject({ code: 'STORE_FULL', retryable: true });
    for (let i = 0; i < 5; i++)
      expect(await put(url, { sha256, bytes: 20 }, carol)).toBeGreaterThanOrEqual(201);
    expect((await filesIn(folder)).filter((name) => name.includes('aside'))).toEqual([]);
  });

  it('may be for listed accounts alone, and keeps its account over a restart', async () => {
    const url = await start({ uploaders: [alice.account], accountQuota: 8 });
    await as(url, alice).put(hello);
    await expect(as(url, bob).put(hello)).rejects.toMatchObject({ code: 'STORE_FORBIDDEN' });
    await closers.pop()?.();
    const again = await start({ accountQuota: 8 });
    await expect(as(again, alice).put(Buffer.from('more'))).rejects.toMatchObject({ code: 'STORE_QUOTA' });
  });

  it('that is refused says why, also when it is large', async () => {
    const url = await start({ accountQuota: 2 ** 20 });
    await expect(as(url, alice).put(Buffer.alloc(2 ** 24, 7))).rejects.toMatchObject({ code: 'STORE_QUOTA' });
  });

  it('that breaks off leaves nothing', async () => {
    const url = await start({ access: 'open' });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(`PUT /artifacts/${cid} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n`);
    socket.write(Buffer.alloc(500_000));
    await until(async () => (await filesIn(folder)).some((name) => name.includes('.aside-')));
    socket.destroy();
    await until(async () => (await filesIn(folder)).length === 0);
  });

  it('that stops coming is given up', async () => {
    const url = await start({ access: 'open', leastBytesPerSecond: 1000 });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let closed = false;
    socket.on('close', () => (closed = true)).on('error', () => undefined);
    socket.write(`PUT /artifacts/${cid} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n`);
    socket.write(Buffer.alloc(5_000));
    await until(() => closed);
    await until(async () => (await filesIn(folder)).length === 0);
  });
});

describe('what a job is about', () => {
  it('is for its uploader alone while no chain says who has a stake in it', async () => {
    const url = await start();
    await as(url, alice).put(hello, { visibility: 'private' });
    expect(Buffer.from(await as(url, alice).get(sha256))).toEqual(hello);
    await expect(as(url).get(sha256)).rejects.toMatchObject({ code: 'STORE_UNAUTHORISED' });
    await expect(as(url, bob).get(sha256)).rejects.toMatchObject({
      code: 'STORE_CHAIN_AWAY',
      retryable: true,
    });
  });

  it('is for everybody once it was put for everybody', async () => {
    const url = await start();
    await as(url, alice).put(hello, { visibility: 'private' });
    await as(url, bob).put(hello);
    expect(Buffer.from(await as(url).get(sha256))).toEqual(hello);
    await as(url, alice).put(hello, { visibility: 'private' });
    expect(Buffer.from(await as(url).get(sha256))).toEqual(hello);
  });
});

describe('an artifact that rotted on the disk', () => {
  it('is given to nobody as a whole, set aside, and taken again', async () => {
    const url = await start();
    const bytes = randomBytes(200_000);
    const { sha256: digest } = await as(url, alice).put(bytes);
    const file = new FolderStore(folder).pathOf(digest);
    await writeFile(file, Buffer.alloc(200_000));
    await expect(as(url).get(digest)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    await expect(as(url).get(digest)).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
    expect(await filesIn(folder)).toContain(`${path.basename(file)}.broken`);
    await as(url, alice).put(bytes);
    expect(Buffer.from(await as(url).get(digest))).toEqual(bytes);
  });
});

describe('odd requests', () => {
  /** The status that a raw request is answered with; undefined when the connection is closed without. */
  const ask = (url: string, request: string): Promise<number | undefined> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (data) => {
        text += data.toString('latin1');
        const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
        if (status === undefined) return;
        resolve(Number(status));
        socket.destroy();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(undefined));
      socket.write(request, 'latin1');
    });

  it.each([
    '//',
    '///',
    '//artifacts',
    '/\\',
    '*',
    'http://',
    'http://[',
    '/%',
    '/artifacts/',
    `/artifacts/${'a'.repeat(129)}`,
  ])('to %s get no 500', async (target) => {
    const url = await start();
    for (const method of ['GET', 'PUT', 'HEAD', 'OPTIONS']) {
      const status = await ask(url, `${method} ${target} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`);
      expect([400, 401, 404, 405]).toContain(status);
    }
  });

  it('of any kind get an answer below 500, or none', async () => {
    const url = await start();
    const odd = fc.string({ unit: 'binary-ascii', maxLength: 60 });
    const target = fc.oneof(
      odd.map((text) => `/${text.replaceAll(/[\s]/g, '')}`),
      odd.map((text) => `/artifacts/${text.replaceAll(/[\s]/g, '')}`),
      fc.constantFrom(
        '//',
        '/artifacts//',
        `/artifacts/${cid}`,
        `/artifacts/${cidOf(`0x${'00'.repeat(32)}`)}?x`,
      ),
    );
    const header = fc.tuple(
      fc.constantFrom(
        'x',
        'host',
        'range',
        'authorization',
        SIGNATURE_HEADER,
        'content-length',
        'expect',
        'transfer-encoding',
      ),
      odd.map((text) => text.replaceAll(/[\r\n]/g, '')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'PUT', 'HEAD', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'BREW'),
        target,
        fc.array(header, { maxLength: 4 }),
        async (method, where, headers) => {
          const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
          const status = await ask(
            url,
            `${method} ${where} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${lines}\r\n`,
          );
          expect(status ?? 400).toBeLessThan(500);
        },
      ),
      { numRuns: 300 },
    );
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});

describe('a page in a browser', () => {
  const PAGE = 'https://page.example';
  /** What a browser asks before a page may put, and the headers of the answer that it heeds. */
  const asked = async (url: string, origin: string, method = 'OPTIONS'): Promise<unknown> => {
    const headers = { origin, 'access-control-request-method': 'PUT' };
    const response = await fetch(`${url}/artifacts/${cidOf(sha256)}`, { method, headers });
    await response.arrayBuffer();
    const heeded = [...response.headers].filter(([name]) => /^access-control|^vary/.test(name));
    return { status: response.status, ...Object.fromEntries(heeded) };
  };
  const MAY = {
    'access-control-allow-methods': 'GET, HEAD, PUT',
    'access-control-allow-headers': 'authorization, content-type, x-sliceproof-signature',
    'access-control-max-age': '7200',
  };

  it('may ask nothing where no origin is named', async () => {
    expect(await asked(await start(), PAGE)).toEqual({ status: 405 });
  });

  it('may ask where its origin is named, also to hear a refusal, and others may not', async () => {
    const url = await start({ allowOrigins: [PAGE] });
    const named = { 'access-control-allow-origin': PAGE, vary: 'origin' };
    expect(await asked(url, PAGE)).toEqual({ status: 204, ...named, ...MAY });
    expect(await asked(url, PAGE, 'GET')).toEqual({ status: 404, ...named });
    expect(await asked(url, PAGE, 'PUT')).toEqual({ status: 401, ...named });
    for (const other of ['https://page.example.org', 'http://page.example', 'null', '*']) {
      expect(await asked(url, other), other).toEqual({ status: 405, vary: 'origin' });
    }
  });

  it('of any origin may ask where that is said, and never with what a browser adds by itself', async () => {
    const url = await start({ allowOrigins: ['*'] });
    expect(await asked(url, PAGE)).toEqual({ status: 204, 'access-control-allow-origin': '*', ...MAY });
  });
});

describe('many connections', () => {
  it('of one address leave places for others', async () => {
    const url = await start({ maxConnectionsPerAddress: 8 });
    const { port } = new URL(url);
    const slow: Socket[] = [];
    let closed = 0;
    for (let i = 0; i < 40; i++) {
      const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.0.2' });
      socket.on('error', () => undefined).on('close', () => (closed += 1));
      socket.write('GET /hea');
      slow.push(socket);
    }
    await until(() => closed >= 32);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    for (const socket of slow) socket.destroy();
  });
});

describe('memory', () => {
  it.skipIf(process.platform !== 'linux')(
    'does not grow with what is being uploaded (read from /proc)',
    async () => {
      const cli = startCli(['store', 'start', '--folder', folder, '--port', '0', '--access', 'open']);
      closers.push(() => cli.kill());
      const ready = JSON.parse(await cli.line((line) => line.includes('store ready'))) as { url: string };
      const { port, hostname } = new URL(ready.url);
      const { pid } = cli;
      const before = residentMiB(pid);
      const size = 200 * 2 ** 20;
      const piece = Buffer.alloc(2 ** 20, 1);
      const address = `/artifacts/${cidOf(`0x${createHash('sha256').update('never').digest('hex')}`)}`;
      const sockets = await Promise.all(
        Array.from({ length: 6 }, async () => {
          const socket = connect(Number(port), hostname);
          socket.on('error', () => undefined);
          socket.write(`PUT ${address} HTTP/1.1\r\nhost: x\r\ncontent-length: ${2 * size}\r\n\r\n`);
          for (let sent = 0; sent < size; sent += piece.length) {
            if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve));
          }
          return socket;
        }),
      );
      expect(residentMiB(pid) - before).toBeLessThan(150);
      for (const socket of sockets) socket.destroy();
      await until(async () => (await filesIn(folder)).length === 0);
    },
  );
});

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}
