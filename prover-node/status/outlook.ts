import type { Log } from '../../protocol/log.ts';
import type { Reason } from '../reasons.ts';

/** What the node does about a job: its execution, and each slice. */
export interface JobOutlook {
  readonly jobId: string;
  readonly execution: Reason | undefined;
  readonly slices: ReadonlyMap<number, Reason>;
}

/** What a node does about the work that it sees, and why it leaves what it leaves; as of its last look. */
export class Outlook {
  readonly #log: Log;
  #doing = 'starting';
  readonly #executions = new Map<string, Reason>();
  readonly #slices = new Map<string, Map<number, Reason>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** What the node as a whole is doing. */
  get doing(): string {
    return this.#doing;
  }

  /** Said in the log before it is begun: whoever waits for the node can see for what. */
  begin(doing: string): void {
    if (doing !== this.#doing) this.#log.info({ doing }, 'node goes on');
    this.#doing = doing;
  }

  /** Nothing new is taken on from now on. */
  stop(): void {
    this.#doing = 'stopping';
    this.keepJobs(new Set());
  }

  execution(jobId: string, reason: Reason): void {
    this.#executions.set(jobId, reason);
  }

  /** Forgets what was said of a job's slices; what is said from now on counts. */
  slicesOf(jobId: string): (slice: number, reason: Reason) => void {
    const slices = new Map<number, Reason>();
    this.#slices.set(jobId, slices);
    return (slice, reason) => void slices.set(slice, reason);
  }

  /** Forgets the jobs that are over. */
  keepJobs(open: ReadonlySet<string>): void {
    for (const map of [this.#executions, this.#slices]) {
      for (const jobId of map.keys()) if (!open.has(jobId)) map.delete(jobId);
    }
  }

  jobs(): readonly JobOutlook[] {
    return [...new Set([...this.#executions.keys(), ...this.#slices.keys()])].map((jobId) => ({
      jobId,
      execution: this.#executions.get(jobId),
      slices: this.#slices.get(jobId) ?? new Map<number, Reason>(),
    }));
  }
}
