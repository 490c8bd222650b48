import { commitTensor } from '../../protocol/commitment/commit.ts';
import { BadInputError, isRetryable } from '../../protocol/errors.ts';
import { StoreError, type ArtifactStore } from '../../protocol/store/store.ts';
import type { OpenTensor } from '../../protocol/tensor-bundle.ts';
import { openTensors } from '../../protocol/trace.ts';
import type { TracedJob } from '../chain/state.ts';
import { NodeError } from '../errors.ts';
import { ModelRuns, type JobRun, type ModelRunsOptions } from '../execute/model-runs.ts';
import type { Model } from '../model/catalog.ts';

/** Runs of the model that are kept: several slices of a job ask one after the other. */
const MOST_KEPT = 2;

/**
 * The tensors of traces, opened: as their executor put them into the store, and where it didn't, rebuilt from the job's input,
 * whose salts all others follow from.
 */
export class TraceTensors {
  readonly #store: ArtifactStore;
  readonly #runs: ModelRuns;
  readonly #rebuilds = new Map<string, Promise<JobRun>>();

  constructor(options: ModelRunsOptions) {
    this.#store = options.store;
    this.#runs = new ModelRuns(options);
  }

  /**
   * Some tensors of the trace, each checked against its commitment.
   * @throws NodeError NODE_TRACE_FOREIGN when they are not in the store, and not what a run of the input gives either; retryable if
   * they may still come
   */
  async open(job: TracedJob, model: Model, ids: readonly number[]): Promise<readonly OpenTensor[]> {
    const wanted = ids.map((id) => ({
      id,
      spec: model.registered.tensors[id],
      commitment: BigInt(job.trace.commitments[id]),
    }));
    try {
      return await openTensors(this.#store, job.trace.digest, wanted);
    } catch (cause) {
      if (!(cause instanceof StoreError || cause instanceof BadInputError)) throw cause;
      // An input that can't be had, or run, is no reason to stop asking for the trace.
      const run = await this.#rebuilt(job, model).catch(() => undefined);
      if (!run) throw cause;
      const foreign = wanted.find(
        ({ id, spec, commitment }) => commitTensor(spec, run.values[id], run.salts[id]) !== commitment,
      );
      if (!foreign) {
        return ids.map((id) => ({ values: Float64Array.from(run.values[id]), salt: run.salts[id] }));
      }
      throw new NodeError(
        'NODE_TRACE_FOREIGN',
        `tensor ${foreign.id} of job ${job.id} can't be opened: the store doesn't have it (${cause.code}), and it is committed to with other values, or another salt, than the job's input gives`,
        {
          retryable: isRetryable(cause),
          hint: 'Its executor alone can prove what reads or writes it; requesters exclude who does so (--except).',
          cause,
        },
      );
    }
  }

  #rebuilt(job: TracedJob, model: Model): Promise<JobRun> {
    const known = this.#rebuilds.get(job.id);
    if (known) return known;
    const run = this.#runs.ofJob(job, model);
    this.#rebuilds.set(job.id, run);
    // What failed once may not the next time.
    run.catch(() => this.#rebuilds.delete(job.id));
    for (const id of [...this.#rebuilds.keys()].slice(0, -MOST_KEPT)) this.#rebuilds.delete(id);
    return run;
  }
}
