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

/** A trace that is in the store and about to be committed, or is. */
export type Execution = z.infer<typeof schema>;

/**
 * Traces of this node as files. One is written before it is committed on chain, so that after a crash the same
 * trace is committed: its salts exist once.
 */
export class Executions {
  readonly #folder: string;

  readonly #reader: Reader;

  constructor(folder: string, reader: Reader) {
    this.#folder = folder;
    this.#reader = reader;
  }

  /** A broken file counts as none: see {@link readKept}. @throws FileError FILE_UNREADABLE */
  find(jobId: string): Promise<Execution | undefined> {
    return readKept(path.join(this.#folder, `${jobId}.json`), schema, this.#reader);
  }

  /** @throws FileError FILE_DISK_FULL, FILE_NOT_WRITTEN */
  put(execution: Execution): Promise<void> {
    return writeKept(path.join(this.#folder, `${execution.jobId}.json`), execution);
  }
}
