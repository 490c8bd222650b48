// A log: it grows by lines, and a line that a crash cut is left out when it is read.
// eslint-disable-next-line no-restricted-imports
import { appendFile, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import PQueue from 'p-queue';
import { z } from 'zod';
import type { Log } from '../../protocol/log.ts';
import type { Snapshot } from '../chain/state.ts';
import { isRefusal, REASON_CODES, type Amount, type Reason, type ReasonCode } from '../reasons.ts';
import type { JobOutlook } from './outlook.ts';

const decisionSchema = z.object({
  /** Of the machine, ISO 8601. */
  at: z.string(),
  block: z.number(),
  jobId: z.string(),
  /** Undefined: the job's execution. */
  slices: z.array(z.number()).optional(),
  code: z.enum(REASON_CODES),
  /** A sentence with the numbers. */
  text: z.string(),
});

/** What a node came to do, or to leave, of a job. */
export type Decision = z.infer<typeof decisionSchema>;

const FILE = 'decisions.jsonl';
const OLDER = 'decisions.older.jsonl';

export interface DecisionsOptions {
  /** Where the node keeps its data. */
  readonly dataDir: string;
  readonly log: Log;
  readonly amount: Amount;
  /** Bytes of the file from which on it becomes the older one, which is forgotten. Default 8 MiB. */
  readonly mostBytes?: number;
  /** Called with each refusal's code, once for the execution and once for each slice. */
  readonly onRefusal: (code: ReasonCode, count: number) => void;
}

/**
 * The decisions of a node, each said when it is taken and not at each look that finds the same again: in the log, in the
 * metrics, and in a file for whoever asks later. What can't be written is in the log.
 */
export class Decisions {
  readonly #options: DecisionsOptions;
  readonly #known = new Map<string, Map<number | undefined, ReasonCode>>();
  readonly #writing = new PQueue({ concurrency: 1 });

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  note(jobs: readonly JobOutlook[], { block }: Pick<Snapshot, 'block'>): void {
    const { log, amount, onRefusal } = this.#options;
    const open = new Set(jobs.map(({ jobId }) => jobId));
    for (const jobId of this.#known.keys()) if (!open.has(jobId)) this.#known.delete(jobId);
    const at = new Date().toISOString();
    const decisions = jobs.flatMap((job) =>
      this.#news(job).map(({ slices, reason }): Decision => {
        const { code } = reason;
        if (isRefusal(code)) onRefusal(code, slices?.length ?? 1);
        return { at, block, jobId: job.jobId, ...(slices ? { slices } : {}), code, text: reason.say(amount) };
      }),
    );
    if (decisions.length === 0) return;
    for (const { jobId, slices, code, text } of decisions) {
      log.info({ jobId, ...(slices ? { slices } : {}), code, because: text }, 'decided');
    }
    void this.#writing.add(() => this.#write(decisions));
  }

  /** Resolves when everything is written. */
  idle(): Promise<void> {
    return this.#writing.onIdle();
  }

  /** What is another decision than before; slices with the same one together. */
  #news({ jobId, execution, slices }: JobOutlook): { slices?: number[]; reason: Reason }[] {
    const known = this.#known.get(jobId) ?? new Map<number | undefined, ReasonCode>();
    this.#known.set(jobId, known);
    const isNews = (part: number | undefined, { code }: Reason): boolean => {
      if (known.get(part) === code) return false;
      known.set(part, code);
      return true;
    };
    const groups = new Map<string, { slices: number[]; reason: Reason }>();
    for (const [slice, reason] of slices) {
      if (!isNews(slice, reason)) continue;
      const text = reason.say(this.#options.amount);
      const group = groups.get(`${reason.code} ${text}`) ?? { slices: [], reason };
      group.slices.push(slice);
      groups.set(`${reason.code} ${text}`, group);
    }
    return [
      ...(execution && isNews(undefined, execution) ? [{ reason: execution }] : []),
      ...groups.values(),
    ];
  }

  async #write(decisions: readonly Decision[]): Promise<void> {
    const { dataDir, mostBytes = 8 << 20 } = this.#options;
    const file = path.join(dataDir, FILE);
    try {
      // Each on a line that it begins: a crash may have cut the one before.
      await appendFile(file, decisions.map((decision) => `\n${JSON.stringify(decision)}`).join(''));
      if ((await stat(file)).size > mostBytes) await rename(file, path.join(dataDir, OLDER));
    } catch {
      // A full disk keeps nobody from work; the log has them.
    }
  }
}

/** What a node decided about a job, the oldest first; of the last 8 to 16 MiB of its decisions. */
export async function readDecisions(dataDir: string, jobId: string): Promise<Decision[]> {
  const texts = await Promise.all(
    [OLDER, FILE].map((name) => readFile(path.join(dataDir, name), 'utf8').catch(() => '')),
  );
  return texts
    .join('\n')
    .split('\n')
    .filter((line) => line.includes(jobId))
    .flatMap((line) => {
      // A crash may have cut it.
      const parsed = decisionSchema.safeParse(tryJson(line));
      return parsed.success && parsed.data.jobId === jobId ? [parsed.data] : [];
    });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
