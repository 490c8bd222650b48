import { z } from 'zod';
import { FileError } from '../../protocol/files/errors.ts';
import { readKept, writeKept } from '../../protocol/files/kept-json.ts';
import type { Log } from '../../protocol/log.ts';
import { sha256Schema } from '../../protocol/store/digest.ts';
import { PROVIDERS, TRUSTED_PROVIDER, type OtherProvider } from '../../slicer/execute/provider-names.ts';

/**
 * Why a slice runs on `cpu`:
 * - `PROVIDER_DIFFERS`: the other provider gave other integers;
 * - `PROVIDER_CRASHED`: it ended or held up the process;
 * - `PROVIDER_FAILED`: it could not load or run the slice. Tried again at the next start: a driver may have been missing.
 */
const FALLBACK_CODES = ['PROVIDER_DIFFERS', 'PROVIDER_CRASHED', 'PROVIDER_FAILED'] as const;

const fallbackSchema = z.object({
  provider: z.enum(PROVIDERS).exclude([TRUSTED_PROVIDER]),
  /** Of the slice's ONNX file. */
  sha256: sha256Schema,
  code: z.enum(FALLBACK_CODES),
  message: z.string().max(10_000),
});

/** A slice's model that runs on `cpu` although another provider is set. */
export type Fallback = z.infer<typeof fallbackSchema>;

const schema = z.object({
  format: z.literal('sliceproof-provider-fallbacks/1'),
  fallbacks: z.array(fallbackSchema).max(100_000),
});

/** In the data folder. */
export const FALLBACKS_FILE = 'provider-fallbacks.json';

/** What a node, running or not, has kept. @throws FileError FILE_UNREADABLE */
export async function readFallbacks(file: string): Promise<readonly Fallback[]> {
  const kept = await readKept(file, schema, { owner: false });
  return kept?.fallbacks ?? [];
}

export interface ProviderTrustOptions {
  readonly provider: OtherProvider;
  readonly file: string;
  readonly log: Log;
  readonly onFailure: (code: string) => void;
}

/**
 * Which slices run on a provider other than `cpu`: those whose integers were compared since the start and are the same. What
 * differed or crashed there is not tried again, after a restart neither; whoever has reason to deletes the file.
 */
export class ProviderTrust {
  readonly provider: OtherProvider;
  readonly #options: ProviderTrustOptions;
  readonly #fallbacks: Map<string, Fallback>;
  /** Of other providers, kept for when one of them is set again. */
  readonly #others: readonly Fallback[];
  readonly #trusted = new Set<string>();

  private constructor(options: ProviderTrustOptions, kept: readonly Fallback[]) {
    this.provider = options.provider;
    this.#options = options;
    const own = kept.filter(({ provider, code }) => provider === this.provider && code !== 'PROVIDER_FAILED');
    this.#fallbacks = new Map(own.map((fallback) => [fallback.sha256, fallback]));
    this.#others = kept.filter(({ provider }) => provider !== this.provider);
  }

  /** @throws FileError FILE_UNREADABLE, FILE_DISK_FULL, FILE_NOT_WRITTEN */
  static async load(options: ProviderTrustOptions): Promise<ProviderTrust> {
    const { file, log } = options;
    const kept = (await readKept(file, schema, { owner: true, log }))?.fallbacks ?? [];
    const trust = new ProviderTrust(options, kept);
    if (trust.#all().length < kept.length) await trust.#keep();
    return trust;
  }

  /** Those of this provider. */
  fallbacks(): readonly Fallback[] {
    return [...this.#fallbacks.values()];
  }

  standingOf(sha256: string): 'trusted' | 'untried' | 'distrusted' {
    if (this.#fallbacks.has(sha256)) return 'distrusted';
    return this.#trusted.has(sha256) ? 'trusted' : 'untried';
  }

  trust(sha256: string): void {
    this.#trusted.add(sha256);
    this.#options.log.info({ sha256, provider: this.provider }, 'slice gives the same integers as on cpu');
  }

  /** Said in the log, once, and kept; where it can't be written it counts until the end of this process. */
  async distrust({ sha256, code, message }: Omit<Fallback, 'provider'>): Promise<void> {
    if (this.#fallbacks.has(sha256)) return;
    const { log, onFailure } = this.#options;
    this.#trusted.delete(sha256);
    this.#fallbacks.set(sha256, { provider: this.provider, sha256, code, message });
    log.warn({ sha256, provider: this.provider, code, reason: message }, 'slice runs on cpu from now on');
    onFailure(code);
    await this.#keep().catch((error: unknown) => {
      if (!(error instanceof FileError)) throw error;
      log.warn({ code: error.code, reason: error.message }, 'fallbacks of slices are not on disk');
    });
  }

  #all(): readonly Fallback[] {
    return [...this.#others, ...this.#fallbacks.values()];
  }

  #keep(): Promise<void> {
    return writeKept(this.#options.file, {
      format: 'sliceproof-provider-fallbacks/1',
      fallbacks: [...this.#all()],
    } satisfies z.infer<typeof schema>);
  }
}
