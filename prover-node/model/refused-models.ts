import { z } from 'zod';
import type { Log } from '../../protocol/log.ts';
import { sha256Schema } from '../../protocol/store/digest.ts';
import { NodeError } from '../errors.ts';
import { readJsonFile, writeJsonFile } from '../files.ts';

export const refusedSchema = z.object({
  /** Of its ONNX file. */
  sha256: sha256Schema,
  code: z.string().max(100),
  message: z.string().max(10_000),
});

const schema = z.object({
  format: z.literal('sliceproof-refused-models/1'),
  models: z.array(refusedSchema).max(100_000),
});

/** A slice's model that is not run any more. */
export type RefusedModel = z.infer<typeof refusedSchema>;

/**
 * Models that ended or held up the process that ran them. They are never run again, after a restart neither; whoever has
 * reason to believe in one takes it out of the file.
 */
export class RefusedModels {
  readonly #file: string;
  readonly #log: Log;
  readonly #models: Map<string, RefusedModel>;

  private constructor(file: string, log: Log, models: readonly RefusedModel[]) {
    this.#file = file;
    this.#log = log;
    this.#models = new Map(models.map((model) => [model.sha256, model]));
  }

  /** @throws NodeError NODE_FILE_MALFORMED */
  static async load(file: string, log: Log): Promise<RefusedModels> {
    return new RefusedModels(file, log, (await readJsonFile(file, schema))?.models ?? []);
  }

  all(): readonly RefusedModel[] {
    return [...this.#models.values()];
  }

  /** @throws NodeError with the code of what the model did, MODEL_CRASHED say */
  expectNot(sha256: string): void {
    const known = this.#models.get(sha256);
    if (!known) return;
    throw new NodeError(known.code, known.message, {
      hint: `It is not run again: it is listed in ${this.#file}.`,
      details: { sha256 },
    });
  }

  /** Said in the log, once, and kept. */
  async add(refused: RefusedModel): Promise<void> {
    if (this.#models.has(refused.sha256)) return;
    this.#models.set(refused.sha256, refused);
    const { sha256, code, message: reason } = refused;
    this.#log.error({ sha256, code, reason }, 'model refused from now on');
    await writeJsonFile(this.#file, {
      format: 'sliceproof-refused-models/1',
      models: this.all().map((model) => ({ ...model })),
    } satisfies z.infer<typeof schema>);
  }
}
