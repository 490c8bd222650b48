// Whoever asks a store once and ends isn't stopped by what passes, and learns at once of what doesn't.
import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createLog } from '../../../protocol/log.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import { HttpStore } from '../../../protocol/store/http-store.ts';
import { PatientStore } from '../../../protocol/store/patient-store.ts';
import { StoreChain } from '../../../protocol/store/store-chain.ts';

const log = createLog('test', 'silent');
const hello = Buffer.from('hello');
const artifact = artifactOf(hello);
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A store that answers in these ways first, and then as it should; and how often it was asked. */
async function moody(
  ...moods: readonly (number | 'nothing' | object)[]
): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    const mood = moods[asked++];
    request.resume().once('end', () => {
      if (mood === 'nothing') return request.socket.destroy();
      if (typeof mood === 'number') return response.writeHead(mood).end('<html>busy</html>');
      if (mood !== undefined) return response.writeHead(507).end(JSON.stringify(mood));
      return response.end(request.method === 'PUT' ? JSON.stringify(artifact) : hello);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, asked: () => asked };
}

test.each([
  ['500 twice', [500, 500]],
  ['too many requests', [429]],
  ['connections that break', ['nothing', 'nothing']],
  ['502 of a proxy, then 503', [502, 503]],
] as const)('%s is waited out, in both directions', async (_, moods) => {
  const [there, back] = [await moody(...moods), await moody(...moods)];
  expect(await new PatientStore(new HttpStore(there.url), log).put(hello)).toEqual(artifact);
  const got = await new PatientStore(new HttpStore(back.url), log).get(artifact.sha256);
  expect(Buffer.from(got)).toEqual(hello);
  expect([there.asked(), back.asked()]).toEqual([moods.length + 1, moods.length + 1]);
});

test.each([
  ['STORE_NOT_FOUND', 404],
  ['STORE_REFUSED', 403],
  ['STORE_FULL', { code: 'STORE_FULL', message: 'no room' }],
  ['STORE_QUOTA', { code: 'STORE_QUOTA', message: 'your share is used' }],
] as const)('%s is said at once', async (code, mood) => {
  const { url, asked } = await moody(mood);
  await expect(new PatientStore(new HttpStore(url), log).get(artifact.sha256)).rejects.toMatchObject({
    code,
  });
  expect(asked()).toBe(1);
});

test('a store that stays away is given up, by name', async () => {
  const { url, asked } = await moody(...Array.from({ length: 50 }, () => 503));
  const refused = new PatientStore(new HttpStore(url), log).get(artifact.sha256);
  await expect(refused).rejects.toMatchObject({ code: 'STORE_REFUSED', retryable: true });
  expect(asked()).toBe(6);
});

test('whoever gives up isn’t kept waiting', async () => {
  const { url, asked } = await moody(...Array.from({ length: 50 }, () => 503));
  const stop = new AbortController();
  const waiting = { ...log, warn: () => stop.abort() };
  const refused = new PatientStore(new HttpStore(url), waiting).get(artifact.sha256, { signal: stop.signal });
  await expect(refused).rejects.toMatchObject({ name: 'AbortError' });
  expect(asked()).toBe(1);
});

test('of several stores one that may answer later says more than one that has nothing', async () => {
  const [busy, empty] = [await moody(500), await moody(404)];
  const both = new StoreChain([new HttpStore(busy.url), new HttpStore(empty.url)]);
  await expect(both.get(artifact.sha256)).rejects.toMatchObject({ code: 'STORE_REFUSED', retryable: true });
  expect(Buffer.from(await new PatientStore(both, log).get(artifact.sha256))).toEqual(hello);
  expect([busy.asked(), empty.asked()]).toEqual([2, 1]);
});
