import type { Attempts, Failure, Standing } from '../attempts.ts';
import type { TracedJob } from '../chain/state.ts';
import { openStatement, type StatementOptions } from '../prove/statement.ts';
import { notReady, type Reason } from '../reasons.ts';
import type { Model } from './catalog.ts';
import type { Circuits } from './circuits.ts';
import type { ReadyCircuit } from './ready-circuit.ts';

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
        circuitTask(modelId, slice),
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
      statementTask(job, slice),
      { jobId: job.id, slice },
      async () => void (await openStatement(statement, job, model, slice, circuit)),
    );
  }

  /** Why the slice's circuit isn't there; nothing is begun by asking. */
  whyNoCircuit(modelId: string, slice: number): Reason {
    return notReady(
      'CIRCUIT_NOT_READY',
      'its circuit',
      this.#options.attempts.failureOf(circuitTask(modelId, slice)),
    );
  }

  /** Why the slice's tensors aren't checked. */
  whyNoStatement(job: TracedJob, slice: number): Reason {
    return notReady(
      'TENSORS_NOT_CHECKED',
      'its tensors against the trace',
      this.#options.attempts.failureOf(statementTask(job, slice)),
    );
  }

  /** Why the slice's circuit is given up; undefined: it isn't. */
  givenUp(modelId: string, slice: number): Failure | undefined {
    return this.#options.attempts.refusalOf(circuitTask(modelId, slice));
  }

  /** Whether the slice's tensors were checked, and what came of it was no. */
  isFalse(job: TracedJob, slice: number): boolean {
    return this.#options.attempts.failureOf(statementTask(job, slice)) !== undefined;
  }

  /** Whether the slice's circuit or its tensors are being fetched or checked right now. */
  isPending(job: TracedJob, slice: number): boolean {
    const { attempts } = this.#options;
    return [circuitTask(job.modelId, slice), statementTask(job, slice)].some(
      (name) => attempts.standingOf(name) === 'running',
    );
  }
}

function circuitTask(modelId: string, slice: number): string {
  return `circuit ${modelId} ${slice}`;
}

function statementTask(job: TracedJob, slice: number): string {
  return `statement ${job.id} ${slice} ${job.trace.hash}`;
}
