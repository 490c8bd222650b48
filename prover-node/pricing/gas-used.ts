import { z } from 'zod';
import { FileError } from '../../protocol/files/errors.ts';
import { readKept, writeKept, type Reader } from '../../protocol/files/kept-json.ts';
import type { NodeSettings } from '../settings.ts';

/** Gas of the things that a node sends. */
export interface GasUse {
  /** A bid, however many slices it names; reckoned for each, since each may be bid on alone. */
  readonly bid: bigint;
  /** Settling one slice alone. */
  readonly settle: bigint;
  /** Claim with trace, and finalize, of an execution. */
  readonly execute: bigint;
}

/** What is measured; an execution is its claim with its trace, and the job's end. */
const STEPS = ['bid', 'settle', 'execution', 'finalize'] as const;
type GasStep = (typeof STEPS)[number];

/** Transactions of each step that are remembered, the newest. */
const REMEMBERED = 16;
/** So many make what was reckoned before count no more. */
const ENOUGH = 3;

const schema = z.object({
  format: z.literal('sliceproof-gas/2'),
  /** Gas used, the oldest first; 0 of a bid that another brought. */
  used: z.partialRecord(z.enum(STEPS), z.array(z.int().nonnegative().max(1e9)).max(REMEMBERED)),
});

type Measured = z.infer<typeof schema>;

/** What is reckoned with until enough was seen. */
type GasSettings = Pick<NodeSettings, 'bidGas' | 'settleGas' | 'executeGas'>;

/**
 * Gas that this node's own transactions took, kept in a file. Until some of a kind were mined, what the settings say counts:
 * an execution is known once both of its steps are.
 */
export class GasUsed {
  readonly #file: string;
  readonly #settings: () => GasSettings;
  #measured: Measured;

  private constructor(file: string, settings: () => GasSettings, measured: Measured) {
    this.#file = file;
    this.#settings = settings;
    this.#measured = measured;
  }

  /** A broken file counts as none: see {@link readKept}. @param settings asked for each time @throws FileError FILE_UNREADABLE */
  static async load(file: string, settings: () => GasSettings, reader: Reader): Promise<GasUsed> {
    const measured = await readKept(file, schema, reader);
    return new GasUsed(file, settings, measured ?? { format: 'sliceproof-gas/2', used: {} });
  }

  /** What is usual, for prices: the mean. */
  get usual(): GasUse {
    return this.#use((used) => used.reduce((sum, one) => sum + one, 0) / used.length);
  }

  /** What has to be paid for if it comes to that, for stakes: the most that was seen lately. */
  get most(): GasUse {
    const most = this.#use((used) => Math.max(...used));
    // Where all were brought by others, the next may have to be sent all the same.
    return most.bid === 0n ? { ...most, bid: BigInt(this.#settings().bidGas) } : most;
  }

  /** Takes a transaction's gas in; what can't be written now is with the next one. */
  async record(step: GasStep, gasUsed: bigint): Promise<void> {
    const { used } = this.#measured;
    const newest = [...(used[step] ?? []), Number(gasUsed)].slice(-REMEMBERED);
    this.#measured = { ...this.#measured, used: { ...used, [step]: newest } };
    await writeKept(this.#file, this.#measured).catch((error: unknown) => {
      if (!(error instanceof FileError)) throw error;
    });
  }

  #use(of: (used: readonly number[]) => number): GasUse {
    const { bidGas, settleGas, executeGas } = this.#settings();
    const known = (steps: readonly GasStep[], otherwise: number): bigint => {
      const used = steps.map((step) => this.#measured.used[step] ?? []);
      if (used.some(({ length }) => length < ENOUGH)) return BigInt(otherwise);
      return used.reduce((sum, one) => sum + BigInt(Math.ceil(of(one))), 0n);
    };
    return {
      bid: known(['bid'], bidGas),
      settle: known(['settle'], settleGas),
      execute: known(['execution', 'finalize'], executeGas),
    };
  }
}
