import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { externalProofSchema, proofSubmissionSchema } from '../../protocol/proof-submission.ts';
import { FileError } from '../../protocol/files/errors.ts';
import { readKept, setAside, writeKept, type Reader } from '../../protocol/files/kept-json.ts';

const amount = z.string().regex(/^\d{1,40}$/);

/** What became of a proof: `paid` (to this node), or `lost` (another was paid, or the job ended without it). */
const outcomeSchema = z.object({
  kind: z.enum(['paid', 'lost']),
  /** The price paid for the slice before the fee, in 10^-18 of the asset; absent when lost. */
  pricePaid: amount.optional(),
});

const recordSchema = z.object({
  format: z.literal('sliceproof-node-proof/1'),
  ...proofSubmissionSchema.shape,
  proof: z.union([proofSubmissionSchema.shape.proof, externalProofSchema]),
  modelId: z.string().max(66),
  /** The trace that the proof belongs to: after a reorganisation it may be another one. */
  traceHash: z.string().max(66),
  constraints: z.number().int().nonnegative(),
  /** Wall and processor seconds, and the peak resident memory of the process that proved. */
  proveSeconds: z.number().nonnegative(),
  cpuSeconds: z.number().nonnegative(),
  peakRssBytes: z.number().nonnegative(),
  outcome: outcomeSchema.optional(),
});

/** A proof that this node made. */
export type ProofRecord = z.infer<typeof recordSchema>;

/** Names a slice of a job. */
export interface SliceKey {
  readonly jobId: string;
  readonly slice: number;
}

export function nameOf({ jobId, slice }: SliceKey): string {
  return `${jobId}-${slice}`;
}

/** The node's proofs as files, so that none is made twice. */
export class ProofShelf {
  readonly #folder: string;
  readonly #records = new Map<string, ProofRecord>();
  readonly #open = new Map<string, ProofRecord>();
  /** What the disk has had no room for yet. */
  readonly #unkept = new Map<string, ProofRecord>();
  readonly #reader: Reader;
  #roomless = false;

  private constructor(folder: string, reader: Reader) {
    this.#folder = folder;
    this.#reader = reader;
  }

  /** Files that are broken are passed over: see {@link readKept}. @throws FileError FILE_UNREADABLE */
  static async open(folder: string, reader: Reader = { owner: false }): Promise<ProofShelf> {
    const shelf = new ProofShelf(folder, reader);
    const files = await readdir(folder).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && reader.owner) await setAside(folder, error.message, reader.log);
      return [];
    });
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const record = await readKept(path.join(folder, file), recordSchema, reader);
      if (record) shelf.#take(record);
    }
    return shelf;
  }

  /** The proof of a slice under a trace. */
  find(key: SliceKey, traceHash: string): ProofRecord | undefined {
    const record = this.#records.get(nameOf(key));
    return record?.traceHash === traceHash ? record : undefined;
  }

  all(): readonly ProofRecord[] {
    return [...this.#records.values()];
  }

  /** Proofs of which the chain has not yet shown what became. */
  open(): readonly ProofRecord[] {
    return [...this.#open.values()];
  }

  hasOpen(jobId: string): boolean {
    return this.open().some((record) => record.jobId === jobId);
  }

  /**
   * Keeps a proof durably. One that the disk has no room for is worth its price all the same: it is on the shelf, and
   * written when there is room, by {@link keepUnkept}.
   */
  async put(record: ProofRecord): Promise<void> {
    this.#take(record);
    this.#unkept.set(nameOf(record), record);
    await this.keepUnkept();
  }

  /** Writes what could not be written before. */
  async keepUnkept(): Promise<void> {
    for (const [name, record] of this.#unkept) {
      try {
        await writeKept(path.join(this.#folder, `${name}.json`), record);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        if (this.#reader.owner && !this.#roomless) {
          this.#roomless = true;
          const { jobId, slice } = record;
          this.#reader.log.warn(
            { jobId, slice, code: error.code, reason: error.message },
            'proof not on disk yet, will be tried again',
          );
        }
        return;
      }
      this.#roomless = false;
      // A newer one may have come meanwhile.
      if (this.#unkept.get(name) === record) this.#unkept.delete(name);
    }
  }

  #take(record: ProofRecord): void {
    this.#records.set(nameOf(record), record);
    if (record.outcome === undefined) this.#open.set(nameOf(record), record);
    else this.#open.delete(nameOf(record));
  }
}
