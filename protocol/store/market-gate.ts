import { networkInterfaces, hostname } from 'node:os';
import type { Gate } from './gate.ts';
import type { Market } from './market.ts';
import type { SignedRequest } from './signed-request.ts';
import { lower } from './stakes.ts';
import { StoreError } from './store.ts';
import type { UploadBook } from './upload-book.ts';

export interface MarketGateOptions {
  readonly book: UploadBook;
  /** Undefined while there is none to ask. */
  readonly market: () => Market | undefined;
  /** Accounts that may put; empty: anybody. */
  readonly uploaders: readonly string[];
  /** Addresses of the store besides those that it listens on. */
  readonly publicUrls: readonly string[];
  readonly listening: { readonly host: string; readonly port: () => number };
}

/** Milliseconds that a reader of a job that was posted just now waits for the store to see it. */
const SEE_MS = 5000;

/**
 * Uploads need an account's signature and room in its quota; nobody's leave: a requester has no job yet when it puts its
 * input, a publisher no model. Fetching what a job is about needs a stake in the job: as its requester or executor, or as an
 * account that the job admits and whose ledger could bear the least stake in it. Whoever bids or claims has to look first:
 * with less, none would dare.
 */
export class MarketGate implements Gate {
  readonly book: UploadBook;
  readonly #options: MarketGateOptions;
  readonly #uploaders: ReadonlySet<string>;

  constructor(options: MarketGateOptions) {
    this.#options = options;
    this.book = options.book;
    this.#uploaders = new Set(options.uploaders.map(lower));
  }

  isOwn(store: string): boolean {
    const { publicUrls, listening } = this.#options;
    if (publicUrls.some((url) => sameAddress(url, store))) return true;
    const url = URL.parse(store);
    if (!url) return false;
    const anywhere = ['0.0.0.0', '::'].includes(listening.host);
    // What reaches this machine alone may come through any of its ports.
    if (isLoopback(url.hostname)) return anywhere || isLoopback(listening.host);
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    if (port !== listening.port()) return false;
    return url.hostname === listening.host || (anywhere && ownNames().has(url.hostname));
  }

  async admitUpload(request: SignedRequest): Promise<{ readonly stranger: boolean }> {
    const account = lower(request.account);
    const market = this.#options.market();
    await this.#expectLeave(request, market);
    if (this.#uploaders.size > 0 && !this.#uploaders.has(account)) {
      throw new StoreError('STORE_FORBIDDEN', `${account} is not among those who may put here`, {
        hint: 'Its operator lists them in uploaders.',
      });
    }
    // While the chain is away nobody can be told apart from a stranger.
    const known = await market?.stakes.holdsAnything(account).catch(() => false);
    return { stranger: this.#uploaders.size === 0 && known !== true };
  }

  async admitRead(request: SignedRequest): Promise<void> {
    const { sha256 } = request;
    const account = lower(request.account);
    const market = this.#options.market();
    await this.#expectLeave(request, market);
    if (this.book.find(sha256)?.account === account) return;
    if (!market) throw chainAway();
    for (const again of [true, false]) {
      if (await this.#hasStake(market, sha256, account)) return;
      if (again) await market.anchors.nextLook(SEE_MS);
    }
    throw new StoreError(
      'STORE_FORBIDDEN',
      `${account} has no stake in a job that ${sha256} belongs to, and could take none`,
      {
        hint: 'It is for the job’s requester and executor, and for accounts that the job admits and whose ledger could bear its least collateral.',
      },
    );
  }

  async arrived(sha256: string): Promise<void> {
    await this.#options.market()?.anchors.arrived(sha256);
  }

  async #hasStake({ anchors, stakes }: Market, sha256: string, account: string): Promise<boolean> {
    try {
      for (const { jobId, bundle } of anchors.jobsOf(sha256)) {
        const job = await stakes.job(jobId);
        // Whoever posts a job may name any bundle: it gives no right to one that somebody else put here.
        const owner = this.book.find(bundle)?.account;
        if (owner === undefined || !job.parties.includes(owner)) continue;
        if (bundle !== sha256 && this.book.find(sha256)?.account !== owner) continue;
        if (job.parties.includes(account) || (await stakes.mayTakePart(jobId, account, job))) return true;
      }
      return false;
    } catch (cause) {
      throw chainAway(cause);
    }
  }

  /** A key acts for itself, or for an account that named it its operator. */
  async #expectLeave({ signer, account }: SignedRequest, market: Market | undefined): Promise<void> {
    if (lower(signer) === lower(account)) return;
    if (!market) throw chainAway();
    const named = await market.stakes.isOperator(account, signer).catch((cause: unknown) => {
      throw chainAway(cause);
    });
    if (named) return;
    throw new StoreError('STORE_FORBIDDEN', `${account} has not named ${signer} as its operator`);
  }
}

function chainAway(cause?: unknown): StoreError {
  return new StoreError('STORE_CHAIN_AWAY', 'the store has no chain to ask who has a stake in the job', {
    retryable: true,
    hint: 'Its settings rpc and deployment say where the market is.',
    cause,
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

function sameAddress(a: string, b: string): boolean {
  return a.replace(/\/+$/, '').toLowerCase() === b.replace(/\/+$/, '').toLowerCase();
}

function ownNames(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return new Set([
    hostname().toLowerCase(),
    ...addresses.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address)),
  ]);
}
