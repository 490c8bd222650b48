import type { Attempts, Standing } from '../attempts.ts';
import type { TracedJob } from '../chain/state.ts';
import { openStatement, type StatementOptions } from '../prove/statement.ts';
import type { Model } from './catalog.ts';
import type { Circuits, ReadyCircuit } from './circuits.ts';

export interface ReadinessOptions {
  readonly circuits: Circuits;
  readonly attempts: Attempts;
  readonly statement: StatementOptions;
}

/** What has to be fetched and checked before the node stakes anything; all of it in the background, once. */
export class Readiness {
  readonly #options: ReadinessOptions;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** The slice's circuit, or undefined while it is made ready or when it can't be had. */
  circuit(model: Model, slice: number): ReadyCircuit | undefined {
    const { circuits, attempts } = this.#options;
    const { modelId } = model.registered;
    const circuit = circuits.get(modelId, slice);
    if (!circuit) {
      attempts.ensure(
        `circuit ${modelId} ${slice}`,
        { modelId, slice },
        async () => void (await circuits.prepare(model, slice)),
      );
    }
    return circuit;
  }

  /** Where the check of a slice's tensors against the trace and the circuit stands. */
  statement(job: TracedJob, model: Model, slice: number, circuit: ReadyCircuit): Standing {
    const { attempts, statement } = this.#options;
    return attempts.ensure(
      `statement ${job.id} ${slice} ${job.trace.hash}`,
      { jobId: job.id, slice },
      async () => void (await openStatement(statement, job, model, slice, circuit)),
    );
  }
}
