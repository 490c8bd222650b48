import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '../../protocol/store/digest.ts';
import { readKept, writeKept, type Reader } from '../../protocol/files/kept-json.ts';

const schema = z.object({
  format: z.literal('sliceproof-execution/1'),
  jobId: z.string().max(66),
  /** Commitments of all tensors, by tensor id. */
  trace: z.array(z.string().regex(/^0x[0-9a-f]{64}$/)).max(1024),
  /** sha-256 of the trace bundle. */
  traceDigest: sha256Schema,
});

/** A trace that is in the store, for an execution that is claimed or about to be. */
export type Execution = z.infer<typeof schema>;

/**
 * Traces of this node as files. One is written before it is committed on chain, so that after a crash the same
 * trace is committed: its salts exist once.
 */
export class Executions {
  readonly #folder: string;
  readonly #remembered = new Map<string, Execution>();
  /** Jobs that have a file; undefined: the folder was not read yet. */
  #kept: Set<string> | undefined;
  readonly #reader: Reader;

  constructor(folder: string, reader: Reader) {
    this.#folder = folder;
    this.#reader = reader;
  }

  /** A broken file counts as none: see {@link readKept}. @throws FileError FILE_UNREADABLE */
  async find(jobId: string): Promise<Execution | undefined> {
    const remembered = this.#remembered.get(jobId);
    return remembered ?? readKept(this.#fileOf(jobId), schema, this.#reader);
  }

  /** @throws FileError FILE_DISK_FULL, FILE_NOT_WRITTEN */
  async put(execution: Execution): Promise<void> {
    await writeKept(this.#fileOf(execution.jobId), execution);
    this.#kept?.add(execution.jobId);
  }

  /** Deletes those of jobs that are over: anybody can have a trace made by posting a job. */
  async keepJobs(open: ReadonlySet<string>): Promise<void> {
    if (!this.#kept) {
      const files = await readdir(this.#folder).catch(() => []);
      this.#kept = new Set(files.flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -5)] : [])));
    }
    for (const jobId of this.#kept) {
      if (open.has(jobId)) continue;
      this.#kept.delete(jobId);
      this.#remembered.delete(jobId);
      await rm(this.#fileOf(jobId), { force: true }).catch(() => undefined);
    }
  }

  #fileOf(jobId: string): string {
    return path.join(this.#folder, `${jobId}.json`);
  }

  /** Keeps one that can't be put, as long as this process runs. */
  remember(execution: Execution): void {
    this.#remembered.set(execution.jobId, execution);
  }
}
