import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { externalProofSchema, proofSubmissionSchema } from '../../protocol/proof-submission.ts';
import { readJsonFile, writeJsonFile } from '../files.ts';

const amount = z.string().regex(/^\d{1,40}$/);

/** What became of a proof: `paid` (to this node), or `lost` (another was paid, or the job ended without it). */
const outcomeSchema = z.object({
  kind: z.enum(['paid', 'lost']),
  /** The price paid for the slice before the fee, in the asset's smallest unit; absent when lost. */
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

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws NodeError NODE_FILE_MALFORMED */
  static async open(folder: string): Promise<ProofShelf> {
    const shelf = new ProofShelf(folder);
    const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const record = await readJsonFile(path.join(folder, file), recordSchema);
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

  /** Keeps a proof durably. */
  async put(record: ProofRecord): Promise<void> {
    await writeJsonFile(path.join(this.#folder, `${nameOf(record)}.json`), record);
    this.#take(record);
  }

  #take(record: ProofRecord): void {
    this.#records.set(nameOf(record), record);
    if (record.outcome === undefined) this.#open.set(nameOf(record), record);
    else this.#open.delete(nameOf(record));
  }
}
