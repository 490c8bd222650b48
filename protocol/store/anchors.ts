import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonRpcProvider, Log as ChainLog } from 'ethers';
import { followLogs } from '../chain/follow.ts';
import { headsOf } from '../chain/heads.ts';
import type { Contracts } from '../contracts/market.ts';
import type { Log } from '../log.ts';
import { artifactKinds, decodeManifest, MAX_MANIFEST_BYTES } from '../manifest.ts';
import { decodeBundle } from '../tensor-bundle.ts';
import type { FolderStore } from './folder-store.ts';

const MAX_BUNDLE_BYTES = 1 << 24;

export interface AnchorsOptions {
  readonly store: FolderStore;
  readonly provider: JsonRpcProvider;
  readonly contracts: Contracts;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A job that names a bundle of tensors. */
export interface JobAnchor {
  readonly jobId: string;
  /** sha-256 of the bundle that the artifact is, or is listed in. */
  readonly bundle: string;
}

/** What on chain names which artifact: manifests of models with all that they list, and bundles of jobs with their tensors. */
export class Anchors {
  readonly #options: AnchorsOptions;
  /** Jobs by the digest of a bundle. */
  readonly #jobs = new Map<string, Set<string>>();
  /** Bundles by the digest of a tensor. */
  readonly #bundles = new Map<string, Set<string>>();
  /** Manifests of models that are registered. */
  readonly #manifests = new Set<string>();
  /** What they list. */
  readonly #ofModels = new Set<string>();
  /** Bundles and manifests whose content was read. */
  readonly #read = new Set<string>();
  #caughtUp = false;
  #waiting: (() => void)[] = [];

  constructor(options: AnchorsOptions) {
    this.#options = options;
  }

  /** Whether all that is on chain was seen. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Follows the chain until the signal aborts. */
  async follow(): Promise<void> {
    const { provider, contracts, log, signal } = this.#options;
    const { addresses, block } = contracts.deployment;
    const blocks = followLogs({
      provider,
      addresses: [addresses.market, addresses.modelRegistry],
      fromBlock: block,
      log,
      signal,
      idle: () => this.#waiting.length === 0,
    });
    for await (const { logs, caughtUp } of blocks) {
      for (const event of logs) await this.#hear(event);
      this.#caughtUp = caughtUp;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  /** Resolves when the chain was looked at again, or after so many milliseconds. */
  async nextLook(milliseconds: number): Promise<void> {
    const looked = new Promise<void>((resolve) => this.#waiting.push(resolve));
    headsOf(this.#options.provider).hurry();
    await Promise.race([looked, sleep(milliseconds, undefined, { ref: false })]);
  }

  /** The jobs that an artifact belongs to. */
  jobsOf(sha256: string): readonly JobAnchor[] {
    const bundles = [sha256, ...(this.#bundles.get(sha256) ?? [])];
    return bundles.flatMap((bundle) =>
      [...(this.#jobs.get(bundle) ?? [])].map((jobId) => ({ jobId, bundle })),
    );
  }

  /** Whether it belongs to a model that is registered. */
  isOfModel(sha256: string): boolean {
    return this.#manifests.has(sha256) || this.#ofModels.has(sha256);
  }

  /** An artifact came: a bundle or manifest that was named before is read now. */
  async arrived(sha256: string): Promise<void> {
    if (this.#jobs.has(sha256)) await this.#readBundle(sha256);
    if (this.#manifests.has(sha256)) await this.#readManifest(sha256);
  }

  async #hear({ topics, data }: ChainLog): Promise<void> {
    const { market, models } = this.#options.contracts;
    const event = market.interface.parseLog({ topics, data }) ?? models.interface.parseLog({ topics, data });
    switch (event?.name) {
      case 'JobPosted': {
        const { inputDigest } = event.args.request as { inputDigest: string };
        return this.#name(event.args.jobId as string, inputDigest);
      }
      case 'TraceCommitted':
        return this.#name(event.args.jobId as string, event.args.traceDigest as string);
      case 'ModelRegistered':
        this.#manifests.add(event.args.manifestDigest as string);
        return this.#readManifest(event.args.manifestDigest as string);
    }
  }

  async #name(jobId: string, bundle: string): Promise<void> {
    this.#jobs.set(bundle, (this.#jobs.get(bundle) ?? new Set()).add(jobId));
    await this.#readBundle(bundle);
  }

  async #readBundle(bundle: string): Promise<void> {
    const bytes = await this.#readOnce(bundle, MAX_BUNDLE_BYTES);
    if (!bytes) return;
    const tensors = tryTo(() => decodeBundle(bytes).tensors) ?? [];
    for (const { sha256 } of tensors) {
      this.#bundles.set(sha256, (this.#bundles.get(sha256) ?? new Set()).add(bundle));
    }
  }

  async #readManifest(digest: string): Promise<void> {
    const bytes = await this.#readOnce(digest, MAX_MANIFEST_BYTES);
    const manifest = bytes && tryTo(() => decodeManifest(bytes));
    if (!manifest) return;
    const listed = manifest.slices.flatMap((slice) => [
      ...artifactKinds(slice).flatMap((kind) => slice.artifacts[kind]?.sha256 ?? []),
      ...(slice.external === undefined ? [] : [slice.external.description.sha256]),
    ]);
    if (manifest.transcript) listed.push(manifest.transcript.sha256);
    for (const sha256 of listed) this.#ofModels.add(sha256);
  }

  /** Undefined when it was read before, or isn't here yet. */
  async #readOnce(digest: string, maxBytes: number): Promise<Uint8Array | undefined> {
    if (this.#read.has(digest)) return undefined;
    const bytes = await this.#options.store.get(digest, { maxBytes }).catch(() => undefined);
    if (bytes) this.#read.add(digest);
    return bytes;
  }
}

/** Undefined for what somebody put under a digest that a job or model names, and that is something else. */
function tryTo<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
