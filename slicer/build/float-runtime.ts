import ort from 'onnxruntime-node';
import { elementCount, formatShape, type OnnxGraph, type OnnxValue } from '../onnx/index.ts';
import { dataOf } from '../onnx/tensor-data.ts';
import { BuildError } from './errors.ts';

/** The float model in ONNX Runtime: the yardstick of the accuracy report. */
export interface FloatRuntime {
  /** Outputs for one sample, in the order of the graph's outputs. */
  run(sample: readonly ArrayLike<number>[]): Promise<readonly Float64Array[]>;
  close(): Promise<void>;
}

/**
 * Loads the float model.
 * @throws BuildError BUILD_FLOAT_MODEL: ONNX Runtime refuses the file, BUILD_SAMPLE_SHAPE (run)
 */
export async function openFloatRuntime(onnx: Uint8Array, graph: OnnxGraph): Promise<FloatRuntime> {
  const session = await ort.InferenceSession.create(onnx, { logSeverityLevel: 3 }).catch((cause: Error) => {
    throw new BuildError('BUILD_FLOAT_MODEL', `ONNX Runtime refuses the model: ${cause.message}`, { cause });
  });
  return {
    async run(sample) {
      const feeds = graph.inputs.map((input, i) => [input.name, tensorOf(input, sample[i] ?? [])] as const);
      const results = await session.run(Object.fromEntries(feeds));
      return graph.outputs.map(({ name }) =>
        Float64Array.from(results[name].data as ArrayLike<number | bigint>, Number),
      );
    },
    close: () => session.release(),
  };
}

/** Values as a tensor of an input's type and shape. */
function tensorOf({ name, type, shape }: OnnxValue, values: ArrayLike<number>): ort.Tensor {
  if (values.length !== elementCount(shape)) {
    throw new BuildError(
      'BUILD_SAMPLE_SHAPE',
      `input ${name} of shape ${formatShape(shape)} needs ${elementCount(shape)} values a sample, got ${values.length}`,
    );
  }
  return new ort.Tensor(type, dataOf(type, Array.from(values)) as Float32Array, [...shape]);
}
