import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifactOf, cidOf } from '../../../protocol/store/digest.ts';
import { openPlace } from '../../../protocol/store/open.ts';
import { S3Store } from '../../../protocol/store/s3-store.ts';

/** The keys that the server knows. */
const KEYS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };
const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const hello = Buffer.from('hello');
const absent = artifactOf(Buffer.from('never put')).sha256;

let folder: string;
let server: S3rver;
let env: typeof KEYS & { AWS_ENDPOINT_URL_S3: string };
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-s3-'));
  server = new S3rver({
    ...{ address: '127.0.0.1', port: 0, silent: true, directory: folder },
    configureBuckets: [{ name: 'artifacts' }],
  });
  const { port } = await server.run();
  env = { ...KEYS, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` };
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a bucket', () => {
  it('gives back what was put, small and large, under its address below the prefix', async () => {
    const store = new S3Store('s3://artifacts/of/one', env);
    for (const bytes of [hello, Buffer.alloc(0), randomBytes(3_000_000)]) {
      const { sha256, cid } = await store.put(bytes);
      expect(Buffer.compare(Buffer.from(await store.get(sha256)), bytes)).toBe(0);
      const names = await readdir(path.join(folder, 'artifacts', 'of', 'one'));
      expect(names.some((name) => name.includes(cid))).toBe(true);
      await expect(new S3Store('s3://artifacts', env).get(sha256)).rejects.toEqual(code('STORE_NOT_FOUND'));
    }
  });

  it('says what is not there, too large, or not what was asked for', async () => {
    const store = new S3Store('s3://artifacts/lies', env);
    await expect(store.get(absent)).rejects.toEqual(code('STORE_NOT_FOUND'));
    const { sha256 } = await store.put(hello);
    await expect(store.get(sha256, { maxBytes: 4 })).rejects.toEqual(code('STORE_TOO_LARGE'));
    const inside = path.join(folder, 'artifacts', 'lies');
    const file = (await readdir(inside)).find(
      (name) => name.startsWith(cidOf(sha256)) && name.endsWith('_object'),
    );
    expect((await readFile(path.join(inside, String(file)))).equals(hello)).toBe(true);
    await writeFile(path.join(inside, String(file)), 'jello');
    await expect(store.get(sha256)).rejects.toEqual(code('STORE_WRONG_BYTES'));
  });

  it('needs its keys, and a bucket that is there', async () => {
    const stranger = new S3Store('s3://artifacts', { ...env, AWS_ACCESS_KEY_ID: 'another' });
    await expect(stranger.put(hello)).rejects.toEqual(code('STORE_FORBIDDEN'));
    await expect(new S3Store('s3://nobodys', env).put(hello)).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining('NoSuchBucket') as string,
    });
    expect(() => new S3Store('s3://artifacts', {})).toThrow(code('STORE_S3_KEYS'));
    for (const place of ['s3://', 's3://Upper', 's3://two words', 's3://bucket/..%2f']) {
      expect(() => openPlace(place)).toThrow(code('STORE_S3_PLACE'));
    }
  });

  it.each([
    [503, 'STORE_REFUSED', true],
    [507, 'STORE_FULL', true],
    [400, 'STORE_REFUSED', false],
    // A page of whatever stands between, with which all is well.
    [200, 'STORE_REFUSED', true],
  ])('that answers %i is asked again only where that may help', async (status, expected, retryable) => {
    const broken = createServer((_, response) => {
      response.writeHead(status);
      response.end('<Error><Code>SlowDown</Code></Error>');
    });
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const { port } = broken.address() as { port: number };
    const store = new S3Store('s3://artifacts', { ...KEYS, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` });
    await expect(store.put(hello)).rejects.toMatchObject({ code: expected, retryable });
    await new Promise((resolve) => broken.close(resolve));
    await expect(store.put(hello)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', retryable: true });
  });
});
