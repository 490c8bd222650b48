import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readKept, writeKept } from '../files/kept-json.ts';
import type { Log } from '../log.ts';
import type { FolderStore } from './folder-store.ts';
import { visibilitySchema } from './signed-request.ts';
import { StoreError } from './store.ts';

const SUFFIX = '.upload.json';

const uploadSchema = z.object({
  format: z.literal('sliceproof-upload/1'),
  /** Who put it, in lower case. */
  account: z.string().max(42),
  bytes: z.number().int().nonnegative(),
  visibility: visibilitySchema,
  /** When it was put last: seconds since 1970. */
  at: z.number().int().nonnegative(),
});

/** The account of what nobody is known to have put. */
const NOBODY = '';

/** What is known of an artifact that came over HTTP. */
export type Upload = Omit<z.infer<typeof uploadSchema>, 'format'>;

export interface Quotas {
  /** Bytes of one account. */
  readonly account: number;
  /** Bytes of all accounts together. */
  readonly total: number;
  /** Bytes of all accounts together that hold nothing in the market. */
  readonly strangers: number;
}

/** Who put which artifact, as files beside the artifacts, and what that leaves of everybody's quota. */
export class UploadBook {
  readonly #store: FolderStore;
  readonly #log: Log;
  readonly #quotas: Quotas;
  readonly #uploads = new Map<string, Upload>();
  readonly #bytesOf = new Map<string, number>();
  /** Accounts that hold nothing in the market, as far as it was asked. */
  readonly #strangers = new Set<string>();
  #total = 0;

  private constructor(store: FolderStore, quotas: Quotas, log: Log) {
    this.#store = store;
    this.#quotas = quotas;
    this.#log = log;
  }

  /**
   * Reads what is in the store’s folder. A record that is broken is set aside: its artifact is for nobody until somebody puts
   * it again, since it may be what a job is about.
   */
  static async open(store: FolderStore, quotas: Quotas, log: Log): Promise<UploadBook> {
    const book = new UploadBook(store, quotas, log);
    const entries = await readdir(store.folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile() || !entry.name.endsWith(SUFFIX)) continue;
      const file = path.join(entry.parentPath, entry.name);
      const upload = await readKept(file, uploadSchema, { owner: true, log });
      const sha256 = `0x${entry.name.slice(0, -SUFFIX.length)}`;
      const there = await store.has(sha256);
      if (!there) await rm(file, { force: true });
      else await book.#restore(sha256, upload);
    }
    return book;
  }

  /** Undefined for what did not come over HTTP. */
  find(sha256: string): Upload | undefined {
    return this.#uploads.get(sha256);
  }

  all(): ReadonlyMap<string, Upload> {
    return this.#uploads;
  }

  get totalBytes(): number {
    return this.#total;
  }

  /**
   * Sets room aside for an upload that begins.
   * @returns gives it back; what was kept is counted by {@link put}
   * @throws StoreError STORE_QUOTA, STORE_FULL
   */
  reserve(account: string, bytes: number, stranger: boolean): () => void {
    if (stranger) this.#strangers.add(account);
    else this.#strangers.delete(account);
    const own = this.#bytesOf.get(account) ?? 0;
    if (own + bytes > this.#quotas.account) {
      throw new StoreError(
        'STORE_QUOTA',
        `${account} has ${own} bytes here, ${bytes} more would be above its quota of ${this.#quotas.account}`,
        { hint: 'What belongs to no job or model is deleted by and by; or use another store.' },
      );
    }
    const foreign = [...this.#strangers].reduce((sum, one) => sum + (this.#bytesOf.get(one) ?? 0), 0);
    if (stranger && foreign + bytes > this.#quotas.strangers) {
      throw new StoreError(
        'STORE_FULL',
        `accounts that hold nothing in the market have ${foreign} of ${this.#quotas.strangers} bytes here`,
        {
          retryable: true,
          hint: 'A deposit in the market (`sliceproof account deposit`) gives the account room; or try later.',
        },
      );
    }
    if (this.#total + bytes > this.#quotas.total) {
      throw new StoreError('STORE_FULL', `the store has ${this.#total} of ${this.#quotas.total} bytes`, {
        retryable: true,
        hint: 'Try later, or another store.',
      });
    }
    this.#count(account, bytes);
    let reserved = true;
    return () => {
      if (reserved) this.#count(account, -bytes);
      reserved = false;
    };
  }

  /** Notes an artifact that is in the store now. What was once for everybody stays so, and whoever put it first has put it. */
  async put(sha256: string, upload: Upload): Promise<void> {
    const known = this.#uploads.get(sha256);
    const merged: Upload =
      known && known.account !== NOBODY
        ? {
            ...known,
            at: upload.at,
            visibility: upload.visibility === 'public' ? 'public' : known.visibility,
          }
        : upload;
    await writeKept(this.#fileOf(sha256), { format: 'sliceproof-upload/1', ...merged });
    this.#take(sha256, merged);
  }

  /** Deletes an artifact and what is known of it. */
  async remove(sha256: string): Promise<void> {
    const known = this.#uploads.get(sha256);
    await rm(this.#store.pathOf(sha256), { force: true });
    await rm(this.#fileOf(sha256), { force: true });
    if (known) this.#count(known.account, -known.bytes);
    this.#uploads.delete(sha256);
    this.#log.debug({ sha256 }, 'artifact deleted');
  }

  async #restore(sha256: string, upload: Upload | undefined): Promise<void> {
    if (upload) return this.#take(sha256, upload);
    const at = Math.floor(Date.now() / 1000);
    await this.put(sha256, { account: NOBODY, bytes: 0, visibility: 'private', at });
  }

  #fileOf(sha256: string): string {
    return `${this.#store.pathOf(sha256)}${SUFFIX}`;
  }

  #take(sha256: string, upload: Upload): void {
    const known = this.#uploads.get(sha256);
    if (known) this.#count(known.account, -known.bytes);
    this.#uploads.set(sha256, upload);
    this.#count(upload.account, upload.bytes);
  }

  #count(account: string, bytes: number): void {
    this.#total += bytes;
    this.#bytesOf.set(account, (this.#bytesOf.get(account) ?? 0) + bytes);
  }
}
