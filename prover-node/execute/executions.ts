import path from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '../../protocol/store/digest.ts';
import { readJsonFile, writeJsonFile } from '../files.ts';

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

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws NodeError NODE_FILE_MALFORMED */
  find(jobId: string): Promise<Execution | undefined> {
    return readJsonFile(path.join(this.#folder, `${jobId}.json`), schema);
  }

  put(execution: Execution): Promise<void> {
    return writeJsonFile(path.join(this.#folder, `${execution.jobId}.json`), execution);
  }
}
