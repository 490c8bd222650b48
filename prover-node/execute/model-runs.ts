import { traceSalt } from '../../protocol/commitment/trace-salts.ts';
import { hasKeys, specOf } from '../../protocol/manifest.ts';
import { openingOf, type OutputOpening } from '../../protocol/output.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import { fieldToHex } from '../../protocol/tensor-bundle.ts';
import { openTensors, sealTensors } from '../../protocol/trace.ts';
import { firstDifference } from '../../slicer/audit/compare-runs.ts';
import type { TensorValues } from '../../slicer/integer/program.ts';
import type { JobView } from '../chain/state.ts';
import { NodeError } from '../errors.ts';
import type { Model } from '../model/catalog.ts';
import type { Workshop } from '../work/workshop.ts';
import type { Execution } from './executions.ts';
import { sliceModelOf, type SliceRunner } from './runner.ts';

/**
 * What runs models and computes witnesses, one after the other. What a stake hangs on has a lane of its own: anybody's job has
 * the other one busy with its model, for an hour if that takes so long.
 */
export interface Lane {
  readonly runner: SliceRunner;
  readonly workshop: Workshop;
}

export interface ModelRunsOptions extends Lane {
  readonly store: ArtifactStore;
  /** Milliseconds, any origin. */
  readonly clock: () => number;
}

/** All tensors of a model, by their number, and the seconds that it took to run it. */
export interface ModelRun {
  readonly values: readonly TensorValues[];
  readonly seconds: number;
}

/** The same on a job's input, with what opens the commitments of all tensors: the salts follow from the input's. */
export interface JobRun extends ModelRun {
  readonly salts: readonly bigint[];
}

/** Runs models, and puts what comes of it where others find it. */
export class ModelRuns {
  readonly #options: ModelRunsOptions;

  constructor(options: ModelRunsOptions) {
    this.#options = options;
  }

  /** @throws NodeError NODE_RUNTIME_DIFFERS; StoreError and BadInputError for an input that isn't there, or isn't the job's */
  async ofJob(job: JobView, model: Model): Promise<JobRun> {
    const wanted = job.inputs.map((commitment, id) => ({
      id,
      spec: model.registered.tensors[id],
      commitment: BigInt(commitment),
    }));
    const inputs = await openTensors(this.#options.store, job.inputDigest, wanted);
    const ran = await this.run(
      model,
      inputs.map(({ values }) => values),
    );
    const own = inputs.map(({ salt }) => salt);
    const salts = ran.values.map((_, id) => own[id] ?? traceSalt(own, job.id, id));
    return { salts, ...ran };
  }

  /** Puts the tensors of a run into the store. @throws StoreError */
  async seal({ id: jobId }: JobView, model: Model, { salts, values }: JobRun): Promise<Execution> {
    const { commitments, digest } = await sealTensors(
      this.#options.store,
      values.map((tensor, id) => ({
        id,
        spec: specOf(model.manifest.tensors[id]),
        values: tensor,
        salt: salts[id],
      })),
    );
    return {
      format: 'sliceproof-execution/1',
      jobId,
      trace: commitments.map(fieldToHex),
      traceDigest: digest,
    };
  }

  /** What opens the output's commitments: the salts are in the store, where the run left them. */
  async outputsOf(
    { registered: { outputs, tensors } }: Model,
    trace: readonly string[],
    traceDigest: string,
  ): Promise<OutputOpening[]> {
    const wanted = outputs.map((id) => ({ id, spec: tensors[id], commitment: BigInt(trace[id]) }));
    const opened = await openTensors(this.#options.store, traceDigest, wanted);
    return opened.map((tensor, i) => openingOf(wanted[i].spec, tensor));
  }

  /**
   * Every tensor of the model: each slice in ONNX Runtime, and compared with what its program gives.
   * @throws NodeError NODE_RUNTIME_DIFFERS
   */
  async run(model: Model, inputs: readonly TensorValues[]): Promise<ModelRun> {
    const { store, runner, workshop, clock } = this.#options;
    const values: TensorValues[] = [...inputs];
    const { modelId } = model.registered;
    const start = clock();
    for (const slice of model.manifest.slices) {
      const { id, artifacts, inputs: reads, outputs: writes } = slice;
      const [onnx, program] = await Promise.all([
        store.get(artifacts.onnx.sha256, { maxBytes: artifacts.onnx.bytes }),
        store.get(artifacts.program.sha256, { maxBytes: artifacts.program.bytes }),
      ]);
      const given = reads.map((tensor) => values[tensor]);
      // What no circuit of ours proves has no meaning but what ONNX Runtime makes of it.
      const meaning = hasKeys(slice) ? workshop.evaluate(program, given) : undefined;
      const isMeant = async (made: readonly TensorValues[]): Promise<boolean> => {
        const expected = await meaning;
        return !expected || firstDifference(expected, made) === undefined;
      };
      const [ran, meant] = await Promise.all([
        runner.run(sliceModelOf(model, id, onnx), given, isMeant),
        meaning,
      ]);
      for (const [place, tensor] of writes.entries()) {
        const differs = meant?.[place].findIndex((value, i) => value !== ran[place][i]) ?? -1;
        if (differs >= 0 || (meant && ran[place].length !== meant[place].length)) {
          throw new NodeError(
            'NODE_RUNTIME_DIFFERS',
            `slice ${id} of ${modelId}: ONNX Runtime gives another tensor ${tensor} than the program from value ${differs} on`,
            {
              hint: 'On cpu, too: its publisher’s ONNX file isn’t the program, or this machine computes wrongly. Nothing was committed.',
            },
          );
        }
        values[tensor] = ran[place];
      }
    }
    return { values, seconds: (clock() - start) / 1000 };
  }
}
