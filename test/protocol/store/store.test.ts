import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../protocol/log.ts';
import { StoreChain } from '../../../protocol/store/store-chain.ts';
import { artifactOf, cidOf, digestOfCid } from '../../../protocol/store/digest.ts';
import { FolderStore } from '../../../protocol/store/folder-store.ts';
import { HttpStore } from '../../../protocol/store/http-store.ts';
import { serveStore } from '../../../protocol/store/serve.ts';
import { StoreError } from '../../../protocol/store/store.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';

const log = createLog('test', 'silent');
const hello = Buffer.from('hello');
const absent = artifactOf(Buffer.from('never put')).sha256;
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

let folder: string;
const closers: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-store-'));
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await rm(folder, { recursive: true, force: true });
});

async function served(options: { token?: string; maxBytes?: number } = {}): Promise<HttpStore> {
  const server = await serveStore({
    store: new FolderStore(folder),
    host: '127.0.0.1',
    port: 0,
    log,
    ...options,
  });
  closers.push(() => server.close());
  return new HttpStore(server.url, { token: options.token });
}

/** A store that answers every GET with the same bytes. */
async function lying(bytes: Buffer): Promise<HttpStore> {
  const server = createServer((_, response) => void response.end(bytes));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return new HttpStore(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
}

describe('addresses', () => {
  it('are CIDv1 of raw bytes, as other tools make them', () => {
    expect(artifactOf(hello).cid).toBe('bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq');
    expect(digestOfCid(cidOf(absent))).toBe(absent);
    expect(() => digestOfCid('QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG')).toThrow(
      code('CID_UNSUPPORTED'),
    );
  });
});

describe('a full disk', () => {
  it('refuses what has no room by name, leaves nothing half-written, gives what is there, and goes on when there is room', async (context) => {
    const disk = mountSmallDisk(folder, '1m');
    if (!disk) return context.skip('this machine lets nobody mount a tmpfs');
    try {
      const store = await served();
      const { sha256 } = await store.put(hello);
      await disk.fill();
      for (const bytes of [Buffer.alloc(50_000, 1), Buffer.alloc(400_000, 2)]) {
        await expect(store.put(bytes)).rejects.toMatchObject({ code: 'STORE_FULL', retryable: true });
      }
      expect(Buffer.from(await store.get(sha256))).toEqual(hello);
      disk.free();
      const names = await readdir(folder, { recursive: true, withFileTypes: true });
      expect(names.filter((name) => name.isFile()).map(({ name }) => name)).toEqual([sha256.slice(2)]);
      await store.put(Buffer.alloc(400_000, 2));
    } finally {
      for (const close of closers.splice(0)) await close();
      disk.unmount();
    }
  });
});

describe('a folder', () => {
  it('gives back what was put, and says so when there is nothing', async () => {
    const store = new FolderStore(folder);
    const { sha256 } = await store.put(hello);
    expect(Buffer.from(await store.get(sha256))).toEqual(hello);
    await expect(store.get(absent)).rejects.toEqual(code('STORE_NOT_FOUND'));
    await expect(store.get(sha256, { maxBytes: 4 })).rejects.toEqual(code('STORE_TOO_LARGE'));
  });

  it('notices that a file rotted, and mends it with the next put', async () => {
    const store = new FolderStore(folder);
    const { sha256 } = await store.put(hello);
    await writeFile(store.pathOf(sha256), 'hellO');
    await expect(store.get(sha256)).rejects.toEqual(code('STORE_WRONG_BYTES'));
    await store.put(hello);
    expect(Buffer.from(await store.get(sha256))).toEqual(hello);
  });

  it.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')(
    'on a full disk refuses by name and leaves no half artifact (needs root, for a small file system)',
    async (context) => {
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'pipe' });
      } catch {
        return context.skip('this machine lets nobody mount a tmpfs');
      }
      closers.push(async () => execFileSync('umount', ['-l', folder]));
      const store = new FolderStore(folder);
      await expect(store.put(Buffer.alloc(128 * 1024, 1))).rejects.toEqual(code('STORE_FULL'));
      const left = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
        entry.isFile(),
      );
      expect(left).toEqual([]);
      await store.put(hello);
    },
  );
});

describe('over HTTP', () => {
  it('gives back what was put', async () => {
    const store = await served();
    const { sha256 } = await store.put(hello);
    expect(Buffer.from(await store.get(sha256))).toEqual(hello);
    await expect(store.get(absent)).rejects.toEqual(code('STORE_NOT_FOUND'));
  });

  it('takes no bytes under another address, no more than its bound, and none without the token', async () => {
    const store = await served({ token: 'secret', maxBytes: 16 });
    const put = (where: string, body: string, token = 'secret'): Promise<Response> =>
      fetch(`${store.url}/artifacts/${where}`, {
        method: 'PUT',
        body,
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await put(cidOf(absent), 'other bytes')).status).toBe(422);
    expect((await put('nonsense', 'x')).status).toBe(400);
    expect((await put(artifactOf(hello).cid, 'hello', 'guess')).status).toBe(401);
    await expect(store.put(Buffer.alloc(64))).rejects.toEqual(code('STORE_REFUSED'));
    await store.put(hello);
  });

  it('never believes a store that sends other bytes, or endless ones', async () => {
    const store = await lying(Buffer.alloc(100));
    await expect(store.get(absent)).rejects.toEqual(code('STORE_WRONG_BYTES'));
    await expect(store.get(absent, { maxBytes: 10 })).rejects.toEqual(code('STORE_TOO_LARGE'));
  });

  it.each(['<html>We are down for maintenance</html>', '', '{"ok":true}', '{"cid":"another"}'])(
    'does not take %j with 200 for an upload that was kept',
    async (page) => {
      const store = await lying(Buffer.from(page));
      await expect(store.put(hello)).rejects.toMatchObject({ code: 'STORE_REFUSED', retryable: true });
    },
  );

  it('says that a dead store may come back', async () => {
    const store = new HttpStore('http://127.0.0.1:1');
    await expect(store.get(absent)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', retryable: true });
  });
});

describe('a chain of stores', () => {
  it('asks the next store when one lies, and asks nobody twice', async () => {
    const honest = await served();
    const { sha256 } = await honest.put(hello);
    const local = new FolderStore(path.join(folder, 'cache'));
    const cached = new StoreChain([await lying(Buffer.from('lies')), honest], local);
    expect(Buffer.from(await cached.get(sha256))).toEqual(hello);
    expect(await local.has(sha256)).toBe(true);
    expect(Buffer.from(await new StoreChain([], local).get(sha256))).toEqual(hello);
  });

  it('gives what a store has although there is no room for a copy here', async () => {
    const remote = await served();
    const { sha256 } = await remote.put(hello);
    const full = {
      get: () => Promise.reject(new StoreError('STORE_NOT_FOUND', 'not here')),
      put: () => Promise.reject(new StoreError('STORE_FULL', 'no room')),
    };
    expect(Buffer.from(await new StoreChain([remote], full).get(sha256))).toEqual(hello);
  });

  it('writes to the first store and keeps a copy', async () => {
    const remote = await served();
    const local = new FolderStore(path.join(folder, 'cache'));
    const { sha256 } = await new StoreChain([remote], local).put(hello);
    expect(Buffer.from(await remote.get(sha256))).toEqual(hello);
    expect(await local.has(sha256)).toBe(true);
  });

  it('reports the lie when nobody had the artifact', async () => {
    const cached = new StoreChain(
      [await lying(Buffer.from('lies')), await served()],
      new FolderStore(path.join(folder, 'cache')),
    );
    await expect(cached.get(absent)).rejects.toEqual(code('STORE_WRONG_BYTES'));
  });
});
