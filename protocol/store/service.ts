import { mkdir } from 'node:fs/promises';
import { sweepDrafts } from '../files/write-whole.ts';
import type { Log } from '../log.ts';
import { openAll, type Opened } from '../opened.ts';
import { collect } from './collect.ts';
import { FolderStore } from './folder-store.ts';
import { MarketGate } from './market-gate.ts';
import { followMarket, type Market } from './market.ts';
import { serveStore } from './serve.ts';
import type { StoreSettings } from './settings.ts';
import { StoreError } from './store.ts';
import { UploadBook } from './upload-book.ts';

/** Milliseconds between looks for what nobody needs any more, at most; it is looked for sooner when that time is shorter. */
const COLLECT_MS = 3_600_000;

export interface StoreOptions {
  readonly settings: StoreSettings;
  readonly token: string | undefined;
  readonly log: Log;
}

/**
 * Starts a store: a folder of artifacts over HTTP, which knows accounts by their signatures and the market by its chain.
 * @throws StoreError STORE_CANNOT_LISTEN, STORE_FOLDER
 */
export function startStore(options: StoreOptions): Promise<RunningStore> {
  return openAll((opened) => assemble(options, opened));
}

export interface RunningStore {
  readonly url: string;
  close(): Promise<void>;
}

async function assemble({ settings, token, log }: StoreOptions, opened: Opened): Promise<RunningStore> {
  const { folder, host, port, access, pollSeconds } = settings;
  await mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new StoreError('STORE_FOLDER', `no artifacts can be kept in ${folder}: ${cause.message}`, {
      hint: 'Name another place with the setting folder.',
      cause,
    });
  });
  const store = new FolderStore(folder);
  await sweepDrafts(folder);
  const quotas = {
    account: settings.accountQuota,
    total: settings.totalQuota,
    strangers: settings.strangersQuota,
  };
  const book = await UploadBook.open(store, quotas, log);
  const stopping = new AbortController();
  opened.defer(() => stopping.abort());
  const market =
    access === 'open'
      ? () => undefined
      : followMarket({
          store,
          rpc: settings.rpc,
          rpcRate: settings.rpcRate,
          deployment: settings.deployment,
          log,
          signal: stopping.signal,
          pollingInterval: pollSeconds && pollSeconds * 1000,
        });
  let listensOn = port;
  const gate = new MarketGate({
    book,
    market,
    uploaders: settings.uploaders,
    publicUrls: settings.publicUrl,
    listening: { host, port: () => listensOn },
  });
  const served = await serveStore({
    store,
    host,
    port,
    log,
    ...(token === undefined ? {} : { token }),
    ...(access === 'open' ? {} : { gate }),
    allowOrigins: settings.allowOrigins,
    maxBytes: settings.maxUploadBytes,
    connections: { total: settings.maxConnections, perAddress: settings.maxConnectionsPerAddress },
    leastBytesPerSecond: settings.leastBytesPerSecond,
  });
  opened.defer(() => served.close());
  listensOn = Number(new URL(served.url).port);
  const collecting = collectNowAndThen(settings, book, market, log);
  opened.defer(() => collecting.stop());
  return { url: served.url, close: () => opened.close() };
}

function collectNowAndThen(
  { unclaimedHours, endedHours, keepModels }: StoreSettings,
  book: UploadBook,
  market: () => Market | undefined,
  log: Log,
): { stop(): void } {
  const shortest = Math.min(unclaimedHours, endedHours) * COLLECT_MS;
  const look = (): void => {
    const now = market();
    if (!now) return;
    collect({
      book,
      market: now,
      unclaimedSeconds: unclaimedHours * 3600,
      endedSeconds: endedHours * 3600,
      keepModels,
      log,
    }).catch((error: unknown) => log.warn({ err: error }, 'could not look for what nobody needs'));
  };
  const timer = setInterval(look, Math.max(1000, Math.min(COLLECT_MS, shortest / 2)));
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
