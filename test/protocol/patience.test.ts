import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { createLog } from '../../protocol/log.ts';
import { patience } from '../../protocol/patience.ts';
import { FolderStore } from '../../protocol/store/folder-store.ts';
import { HttpStore } from '../../protocol/store/http-store.ts';
import { serveStore } from '../../protocol/store/serve.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('patience lasts as long as something comes, however long the whole takes, and no longer', () => {
  vi.useFakeTimers();
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 999 }), { maxLength: 50 }), (gaps) => {
      const waiting = patience(1000);
      for (const gap of gaps) {
        vi.advanceTimersByTime(gap);
        expect(waiting.signal.aborted).toBe(false);
        waiting.progress();
      }
      vi.advanceTimersByTime(1000);
      expect(waiting.signal.aborted).toBe(true);
      expect(waiting.signal.reason).toMatchObject({ name: 'TimeoutError' });
    }),
  );
});

test('patience ends with the work, and with another reason to give up', () => {
  vi.useFakeTimers();
  const done = patience(1000);
  done.end();
  vi.advanceTimersByTime(5000);
  expect(done.signal.aborted).toBe(false);
  const stop = new AbortController();
  const waiting = patience(1000, stop.signal);
  stop.abort(new Error('stopped'));
  expect(waiting.signal.reason).toMatchObject({ message: 'stopped' });
  waiting.end();
});

test('a store takes and gives an artifact that is sent in pieces', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-pieces-'));
  const log = createLog('store', 'silent');
  const served = await serveStore({ store: new FolderStore(folder), host: '127.0.0.1', port: 0, log });
  try {
    const store = new HttpStore(served.url);
    for (const length of [0, 1, 2 ** 18, 2 ** 18 + 1, 5 * 2 ** 18]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 251);
      const { sha256 } = await store.put(bytes);
      expect(Buffer.from(await store.get(sha256)).equals(bytes)).toBe(true);
    }
  } finally {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
});
