import type { TensorValues } from '../integer/program.ts';
import type { OnnxTensor } from '../onnx/graph.ts';
import { ExecuteError } from './errors.ts';
import { expectSliceOnnx } from './slice-check.ts';
import type { ModelPort } from './process/messages.ts';
import { runtimeName, TRUSTED_PROVIDER, type ProviderName } from './provider-names.ts';
import { sharedModelProcess, type LoadedModel, type ModelProcess } from './process/model-process.ts';

export interface SessionOptions {
  /** Threads inside one operator. Default 1: slices run side by side, and results do not depend on it. */
  readonly threads?: number;
  /** What ONNX Runtime runs it on. What one can't do of it `cpu` does. Default: `cpu`. */
  readonly provider?: ProviderName;
  /** Whether it may have operators that no circuit proves. Default: only what our own writer writes for programs. */
  readonly foreign?: boolean;
  /** The process that runs it. Default: the one that everything shares. */
  readonly models?: ModelProcess;
}

interface Port {
  readonly name: string;
  readonly type: 'float32' | 'float64';
  readonly shape: readonly number[];
  readonly size: number;
}

/** A slice's ONNX model, loaded in the process that runs models. */
export interface SliceSession {
  readonly inputs: readonly Port[];
  readonly model: LoadedModel;
  close(): Promise<void>;
}

/**
 * Loads a slice's ONNX model, once it is known to have nothing but what slices have.
 * @throws ExecuteError EXECUTE_FOREIGN and the like (see {@link expectSliceOnnx}), EXECUTE_LOAD: ONNX Runtime refuses the file,
 * or its inputs are not floats of fixed shape; ModelError MODEL_*
 */
export async function openSlice(onnx: Uint8Array, options: SessionOptions = {}): Promise<SliceSession> {
  const {
    threads = 1,
    provider = TRUSTED_PROVIDER,
    foreign = false,
    models = sharedModelProcess(),
  } = options;
  expectSliceOnnx(onnx, { foreign });
  const model = await models.load(onnx, { threads, providers: [runtimeName(provider)] });
  return { inputs: model.inputs.map(portOf), model, close: () => model.close() };
}

/**
 * Runs a slice.
 * @param inputs integers, one array for each input of the slice, in order
 * @returns integers, one array for each output, in order
 * @throws ExecuteError EXECUTE_INPUT, EXECUTE_RUN; ModelError MODEL_*
 */
export async function executeSlice(
  { inputs: ports, model }: SliceSession,
  inputs: readonly TensorValues[],
): Promise<TensorValues[]> {
  if (inputs.length !== ports.length) {
    throw new ExecuteError('EXECUTE_INPUT', `expected ${ports.length} input tensors, got ${inputs.length}`);
  }
  const results = await model.run(new Map(ports.map((port, i) => [port.name, toTensor(port, inputs[i])])));
  // Adding 0 turns −0, which a float has and an integer has not, into 0.
  return [...results.values()].map(({ data }) => Float64Array.from(data as Float32Array, (v) => v + 0));
}

function portOf({ name, type, shape }: ModelPort): Port {
  const fixed = shape.filter((size) => typeof size === 'number');
  if ((type !== 'float32' && type !== 'float64') || fixed.length !== shape.length) {
    throw new ExecuteError(
      'EXECUTE_LOAD',
      `input ${name}: expected floats of fixed shape, got ${type ?? 'something else'}`,
    );
  }
  return { name, type, shape: fixed, size: fixed.reduce((product, size) => product * size, 1) };
}

function toTensor({ name, type, shape, size }: Port, values: TensorValues): OnnxTensor {
  if (values.length !== size) {
    throw new ExecuteError('EXECUTE_INPUT', `input ${name}: expected ${size} values, got ${values.length}`);
  }
  return { type, shape, data: type === 'float32' ? Float32Array.from(values) : values };
}
