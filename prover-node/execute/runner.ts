import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import { hasKeys } from '../../protocol/manifest.ts';
import { TRUSTED_PROVIDER, type ProviderName } from '../../slicer/execute/provider-names.ts';
import { executeSlice, openSlice, type SliceSession } from '../../slicer/execute/session.ts';
import { ModelError } from '../../slicer/execute/process/errors.ts';
import type { ModelProcess } from '../../slicer/execute/process/model-process.ts';
import type { TensorValues } from '../../slicer/integer/program.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import type { Model } from '../model/catalog.ts';
import type { RefusedModels } from '../model/refused-models.ts';

/** A slice's ONNX model, as its publisher made it. */
export interface SliceModel {
  readonly onnx: Uint8Array;
  /** Whether it may have operators of others: no circuit of ours proves the slice. */
  readonly foreign: boolean;
  /** What its input tensors may hold, in the slice's order. */
  readonly inputs: readonly TensorSpec[];
}

/** @param onnx what the model's manifest names for it */
export function sliceModelOf(
  { manifest, registered }: Pick<Model, 'manifest' | 'registered'>,
  slice: number,
  onnx: Uint8Array,
): SliceModel {
  const { inputs } = registered.slices[slice];
  return {
    onnx,
    foreign: !hasKeys(manifest.slices[slice]),
    inputs: inputs.map((id) => registered.tensors[id]),
  };
}

/** Runs slices in ONNX Runtime, in a process of its own. */
export interface SliceRunner {
  /**
   * @param inputs its input tensors, in the slice's order
   * @param isRight what is known of its outputs: those of another provider than `cpu` that aren't right are made again on `cpu`
   * @returns its output tensors, in the slice's order: integers
   * @throws ExecuteError EXECUTE_FOREIGN and the like before anything is run, EXECUTE_LOAD, EXECUTE_RUN; ModelError or, of a
   * model that did it before, NodeError MODEL_CRASHED, MODEL_TOO_SLOW
   */
  run(
    model: SliceModel,
    inputs: readonly TensorValues[],
    isRight?: (outputs: readonly TensorValues[]) => boolean | Promise<boolean>,
  ): Promise<readonly TensorValues[]>;
  close(): Promise<void>;
}

/** Sessions that are kept loaded. */
const MOST_KEPT = 32;

export interface RunnerOptions {
  /** What isn't run any more; gets those that show on `cpu` that they mustn't be. */
  readonly refused: RefusedModels;
  /** The process that runs them. Default: the one that everything shares. */
  readonly models?: ModelProcess | undefined;
  /** Default: `cpu`. */
  readonly provider?: ProviderName;
}

/** Runs all on one provider. Keeps a session for each slice that was run lately. */
export function createRunner({ refused, models, provider = TRUSTED_PROVIDER }: RunnerOptions): SliceRunner {
  const sessions = new Map<string, Promise<SliceSession>>();
  const running = new Set<Promise<unknown>>();

  const sessionOf = ({ onnx, foreign }: SliceModel, sha256: string): Promise<SliceSession> => {
    const session =
      sessions.get(sha256) ?? openSlice(onnx, { provider, foreign, ...(models ? { models } : {}) });
    // A file that can't be loaded is tried anew when it is asked for again.
    session.catch(() => sessions.delete(sha256));
    sessions.delete(sha256);
    sessions.set(sha256, session);
    return session;
  };

  const runOnce = async (
    model: SliceModel,
    inputs: readonly TensorValues[],
  ): Promise<readonly TensorValues[]> => {
    const { sha256 } = artifactOf(model.onnx);
    refused.expectNot(sha256);
    try {
      return await executeSlice(await sessionOf(model, sha256), inputs);
    } catch (error) {
      // What the machine or its keeper did is no fault of the model's, and what a device's driver did need not be.
      if (provider === TRUSTED_PROVIDER && error instanceof ModelError && !error.retryable) {
        await refused.add({ sha256, code: error.code, message: error.message });
      }
      throw error;
    }
  };

  const letGo = async (): Promise<void> => {
    if (running.size > 0) return;
    for (const [sha256, session] of [...sessions].slice(0, Math.max(0, sessions.size - MOST_KEPT))) {
      sessions.delete(sha256);
      await (await session).close();
    }
  };

  return {
    async run(model, inputs) {
      const work = runOnce(model, inputs);
      running.add(work);
      try {
        return await work;
      } finally {
        running.delete(work);
        await letGo();
      }
    },
    async close() {
      await Promise.allSettled(running);
      await Promise.allSettled([...sessions.values()].map(async (session) => (await session).close()));
      sessions.clear();
      await models?.close();
    },
  };
}
