import type pg from 'pg';
import { cpuSecondsOf } from '../../../groth16/prove/process-usage.ts';

/** CPU seconds of a database's connections, as far as this machine runs it. */
export class DatabaseUse {
  readonly #client: pg.Client;
  readonly #byProcess = new Map<number, number>();

  constructor(client: pg.Client) {
    this.#client = client;
  }

  /** Undefined where nothing of it runs here. */
  get seconds(): number | undefined {
    const all = [...this.#byProcess.values()];
    return all.length === 0 ? undefined : all.reduce((sum, one) => sum + one, 0);
  }

  async look(): Promise<void> {
    const { rows } = await this.#client.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    for (const { pid } of rows) {
      const seconds = cpuSecondsOf(pid);
      if (seconds !== undefined) this.#byProcess.set(pid, seconds);
    }
  }
}
