import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Wallet } from 'ethers';
import { afterEach, expect, test } from 'vitest';
import { artifactOf, cidOf, digestOfCid } from '../../../protocol/store/digest.ts';
import { HttpStore } from '../../../protocol/store/http-store.ts';
import { identityOf } from '../../../protocol/store/identity.ts';
import { readSignature, SIGNATURE_HEADER } from '../../../protocol/store/signed-request.ts';
import { StoreError } from '../../../protocol/store/store.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A store that checks signatures as ours does, by a clock of its own. */
async function storeAt(ahead: number, shown = ahead) {
  const kept = new Map<string, Buffer>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const now = Math.floor(Date.now() / 1000);
      const sha256 = digestOfCid((request.url ?? '').split('/').pop() ?? '');
      const method = request.method as 'GET' | 'PUT';
      response.setHeader('date', new Date((now + shown) * 1000).toUTCString());
      try {
        const header = String(request.headers[SIGNATURE_HEADER] ?? '');
        readSignature(header, { method, sha256 }, { now: now + ahead, isOwn: () => true });
      } catch (error) {
        response.statusCode = 401;
        return response.end(JSON.stringify((error as StoreError).toJSON()));
      }
      if (method === 'GET') return response.end(kept.get(sha256));
      kept.set(sha256, Buffer.concat(pieces));
      return response.end(JSON.stringify({ cid: cidOf(sha256) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    store: new HttpStore(url, { identity: identityOf(Wallet.createRandom()) }),
    asked: () => requests,
  };
}

test.each([-86_400, -301, 0, 301, 86_400])(
  'a clock that is %i s off the store’s keeps nobody from putting and fetching',
  async (ahead) => {
    const { store, asked } = await storeAt(ahead);
    const bytes = Buffer.alloc(2 ** 19, 7);
    const { sha256 } = await store.put(bytes);
    expect(Buffer.from(await store.get(sha256))).toEqual(bytes);
    const once = asked();
    await store.put(Buffer.from('the store’s time is known by now'));
    expect(asked()).toBe(once + 1);
  },
);

test('a store whose time isn’t what it says gets two requests and no more', async () => {
  const { store, asked } = await storeAt(1000, -5000);
  await expect(store.put(Buffer.from('x'))).rejects.toMatchObject({ code: 'STORE_UNAUTHORISED' });
  expect(asked()).toBe(2);
  await expect(store.get(artifactOf(Buffer.from('y')).sha256)).rejects.toMatchObject({
    code: 'STORE_UNAUTHORISED',
  });
});
