import { expect, test } from 'vitest';
import { MOST_VALUES, Published } from '../../../indexer/published/published.ts';
import { StoreError, type ArtifactStore } from '../../../protocol/store/store.ts';

const DIGEST = `0x${'1'.repeat(64)}`;

/** A store that has nothing, or one thing for every digest. */
function counting(bytes?: Uint8Array): ArtifactStore & { asked: number } {
  return {
    asked: 0,
    async get() {
      this.asked++;
      if (bytes === undefined) throw new StoreError('STORE_NOT_FOUND', 'nothing');
      return bytes;
    },
    put: () => Promise.reject(new StoreError('STORE_REFUSED', 'read only')),
  };
}

test('what a store does not have is asked for once in half a minute', async () => {
  let now = 0;
  const store = counting();
  const published = new Published(store, () => now);
  expect(await Promise.all([published.card(DIGEST), published.card(DIGEST)])).toEqual([undefined, undefined]);
  expect(await published.card(DIGEST)).toBeUndefined();
  expect(store.asked).toBe(1);
  now = 30_001;
  expect(await published.card(DIGEST)).toBeUndefined();
  expect(store.asked).toBe(2);
});

test('what is malformed is not there', async () => {
  const published = new Published(counting(new TextEncoder().encode('{"format":"another"}')));
  expect(await published.card(DIGEST)).toBeUndefined();
  const spec = { count: 4, bits: 8, signed: false };
  expect(await published.tensors(DIGEST, [{ id: 0, spec, commitment: 1n }])).toBeUndefined();
});

test('a tensor that is too large to be shown is not fetched', async () => {
  const store = counting();
  const spec = { count: MOST_VALUES + 1, bits: 8, signed: false };
  expect(await new Published(store).tensors(DIGEST, [{ id: 0, spec, commitment: 1n }])).toBeUndefined();
  expect(store.asked).toBe(0);
});

test('without a store nothing is there', async () => {
  expect(await new Published(undefined).card(DIGEST)).toBeUndefined();
});

test('requests wait in a short queue; who comes later is told that there is nothing, and may ask again', async () => {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  let asked = 0;
  const slow: ArtifactStore = {
    get: () => {
      asked++;
      return promise;
    },
    put: () => promise.then(() => Promise.reject(new StoreError('STORE_REFUSED', 'read only'))),
  };
  const published = new Published(slow);
  const digests = Array.from({ length: 300 }, (_, i) => `0x${i.toString(16).padStart(64, '0')}`);
  const answers = digests.map((digest) => published.card(digest));
  expect(await answers.at(-1)).toBeUndefined();
  expect(asked).toBe(4);
  resolve(new Uint8Array());
  await Promise.all(answers);
  expect(asked).toBe(204);
});
