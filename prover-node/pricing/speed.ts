import { z } from 'zod';
import { FileError } from '../../protocol/files/errors.ts';
import { readKept, writeKept, type Reader } from '../../protocol/files/kept-json.ts';

const rateSchema = z.number().positive().max(1e6);

const schema = z.object({
  format: z.literal('sliceproof-speed/1'),
  /** Over all proofs. */
  secondsPerThousandConstraints: rateSchema.nullable(),
  /** Of each circuit by its key's digest: a proof's time goes up in steps with the power of two. */
  circuits: z.record(z.string().max(66), rateSchema),
});

type Measured = z.infer<typeof schema>;

/** Weight of the newest proof in the running mean. */
const NEWEST = 0.3;

/**
 * How long this machine takes for a proof: running means of real proofs, kept in a file so that a restarted node
 * knows what it costs. Seconds of one worker, with all workers busy as they were.
 */
export class Speed {
  readonly #file: string;
  #measured: Measured;

  private constructor(file: string, measured: Measured) {
    this.#file = file;
    this.#measured = measured;
  }

  /** A broken file counts as none: see {@link readKept}. @throws FileError FILE_UNREADABLE */
  static async load(file: string, reader: Reader = { owner: false }): Promise<Speed> {
    const empty: Measured = {
      format: 'sliceproof-speed/1',
      secondsPerThousandConstraints: null,
      circuits: {},
    };
    return new Speed(file, (await readKept(file, schema, reader)) ?? empty);
  }

  /** Undefined until the first proof. */
  get secondsPerThousandConstraints(): number | undefined {
    return this.#measured.secondsPerThousandConstraints ?? undefined;
  }

  /**
   * Seconds that a proof of this circuit will take; Infinity when nothing was ever measured, so that nobody bids
   * on a guess.
   */
  estimate(circuit: string, constraints: number): number {
    const rate = this.#measured.circuits[circuit] ?? this.#measured.secondsPerThousandConstraints;
    return rate === null ? Number.POSITIVE_INFINITY : (rate * constraints) / 1000;
  }

  /** Takes a proof's time into the means; what can't be written now is with the next one. */
  async record(circuit: string, constraints: number, seconds: number): Promise<void> {
    const rate = (Math.max(seconds, 0.001) * 1000) / Math.max(constraints, 1);
    const { secondsPerThousandConstraints: overall, circuits } = this.#measured;
    this.#measured = {
      ...this.#measured,
      secondsPerThousandConstraints: mean(overall ?? undefined, rate),
      circuits: { ...circuits, [circuit]: mean(circuits[circuit], rate) },
    };
    await writeKept(this.#file, this.#measured).catch((error: unknown) => {
      if (!(error instanceof FileError)) throw error;
    });
  }
}

function mean(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before * (1 - NEWEST) + newest * NEWEST;
}
