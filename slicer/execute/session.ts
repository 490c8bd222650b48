import ort from 'onnxruntime-node';
import type { TensorValues } from '../integer/program.ts';
import { ExecuteError } from './errors.ts';

export interface SessionOptions {
  /** Threads inside one operator. Default 1: slices run side by side, and results do not depend on it. */
  readonly threads?: number;
  /** ONNX Runtime's execution providers by name. Default `['cpu']`, the one whose integers tests compare. */
  readonly providers?: readonly string[];
}

interface Port {
  readonly name: string;
  readonly type: 'float32' | 'float64';
  readonly shape: readonly number[];
  readonly size: number;
}

/** A slice's ONNX model, loaded. */
export interface SliceSession {
  readonly inputs: readonly Port[];
  readonly session: ort.InferenceSession;
  close(): Promise<void>;
}

/**
 * Loads a slice's ONNX model.
 * @throws ExecuteError EXECUTE_LOAD: ONNX Runtime refuses the file, or its inputs are not floats of fixed shape
 */
export async function openSlice(onnx: Uint8Array, options: SessionOptions = {}): Promise<SliceSession> {
  const { threads = 1, providers = ['cpu'] } = options;
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(onnx, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionProviders: [...providers],
      logSeverityLevel: 3,
    });
  } catch (cause) {
    throw new ExecuteError('EXECUTE_LOAD', `ONNX Runtime refuses the slice: ${(cause as Error).message}`, {
      cause,
    });
  }
  return { inputs: session.inputMetadata.map(portOf), session, close: () => session.release() };
}

/**
 * Runs a slice.
 * @param inputs integers, one array for each input of the slice, in order
 * @returns integers, one array for each output, in order
 * @throws ExecuteError EXECUTE_INPUT, EXECUTE_RUN
 */
export async function executeSlice(
  { inputs: ports, session }: SliceSession,
  inputs: readonly TensorValues[],
): Promise<TensorValues[]> {
  if (inputs.length !== ports.length) {
    throw new ExecuteError('EXECUTE_INPUT', `expected ${ports.length} input tensors, got ${inputs.length}`);
  }
  const feeds = Object.fromEntries(ports.map((port, i) => [port.name, toTensor(port, inputs[i])]));
  let results: ort.InferenceSession.OnnxValueMapType;
  try {
    results = await session.run(feeds);
  } catch (cause) {
    throw new ExecuteError('EXECUTE_RUN', `ONNX Runtime failed: ${(cause as Error).message}`, { cause });
  }
  // Adding 0 turns −0, which a float has and an integer has not, into 0.
  return session.outputNames.map((name) =>
    Float64Array.from(results[name].data as Float32Array, (v) => v + 0),
  );
}

function portOf(metadata: ort.InferenceSession.ValueMetadata): Port {
  const type = metadata.isTensor ? metadata.type : 'string';
  const shape = metadata.isTensor ? metadata.shape : [];
  const fixed = shape.filter((size) => typeof size === 'number');
  if ((type !== 'float32' && type !== 'float64') || fixed.length !== shape.length) {
    throw new ExecuteError(
      'EXECUTE_LOAD',
      `input ${metadata.name}: expected floats of fixed shape, got ${type}`,
    );
  }
  return {
    name: metadata.name,
    type,
    shape: fixed,
    size: fixed.reduce((product, size) => product * size, 1),
  };
}

function toTensor({ name, type, shape, size }: Port, values: TensorValues): ort.Tensor {
  if (values.length !== size) {
    throw new ExecuteError('EXECUTE_INPUT', `input ${name}: expected ${size} values, got ${values.length}`);
  }
  return type === 'float32'
    ? new ort.Tensor('float32', Float32Array.from(values), shape)
    : new ort.Tensor('float64', values, shape);
}
